// SPDX-License-Identifier: Apache-2.0
// From a recipe's text to typed settings and back.  Recipe::read parses, fill() gives every Settings its values and
// reports all that is wrong at once, and returns the resolved recipe: every key, its value and where that came from.
//   const std::string resolved = Recipe::read("a.toml", {"optimizer.lr=1e-4"}).fill(config);
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "configs/document.h"
#include "configs/fields.h"

namespace weft {

class Recipe {
 public:
  // An override is "section.key=value"; it replaces what the file says.
  static Recipe read(const Path& file, const std::vector<std::string>& overrides = {});
  static Recipe parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides = {});

  // One Error for everything that is wrong, a line each.  What it returns is again a recipe, with the same values.
  std::string fill(Settings& root) const;

 private:
  std::string name_;
  Document document_;
};

// A key whose value differs; "" where one side lacks it.
struct RecipeChange {
  std::string key, before, after;
};
// Two resolved recipes (what fill() returned), as an automatic resume compares them.
std::vector<RecipeChange> compare_recipes(const std::string& before, const std::string& after);

// Both visit every kind, so that `root` is afterwards good for nothing else.
std::string list_keys(Settings& root);                            // a line per key: type, default, check, help
std::string explain_key(Settings& root, const std::string& key);  // Error with a suggestion on an unknown key

}  // namespace weft
