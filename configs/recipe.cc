// SPDX-License-Identifier: Apache-2.0
// Reading and comparing recipes; configs/fill.cc gives them their meaning.
#include "configs/recipe.h"

#include <set>

#include "base/error.h"

namespace weft {
namespace {

// Every key with its value, and every section without keys, since its name alone chooses a kind.
std::map<std::string, std::string> values_of(const std::string& resolved, const std::string& name) {
  const Document document = parse_document(resolved, name);
  std::map<std::string, std::string> values;
  std::set<std::string> filled;
  for (const auto& [path, key] : document.keys) {
    values[path] = toml_text(key.value);
    filled.insert(key.section);
  }
  for (const auto& [path, section] : document.sections) filled.insert(section.parent);
  for (const auto& [path, section] : document.sections)
    if (!filled.contains(path)) values[path] = "{}";
  return values;
}

}  // namespace

Recipe Recipe::read(const Path& file, const std::vector<std::string>& overrides) {
  return parse(read_text(file), file.string(), overrides);
}

Recipe Recipe::parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides) {
  Recipe recipe;
  recipe.name_ = name;
  recipe.document_ = parse_document(text, name);
  for (const std::string& override_text : overrides) {
    Document document = parse_override(override_text);
    for (auto& [path, key] : document.keys) {
      const auto before = recipe.document_.keys.find(path);
      check(before == recipe.document_.keys.end() || !before->second.place.is_override, key.place.where,
            ": the key is given twice");
      recipe.document_.keys.insert_or_assign(path, std::move(key));
    }
    recipe.document_.sections.merge(document.sections);  // a section that the file has keeps its place there
  }
  return recipe;
}

std::vector<RecipeChange> compare_recipes(const std::string& before, const std::string& after) {
  const auto old_values = values_of(before, "the recipe before"), new_values = values_of(after, "the recipe after");
  std::map<std::string, RecipeChange> by_key;
  for (const auto& [key, value] : old_values) by_key[key] = {key, value, ""};
  for (const auto& [key, value] : new_values) {
    by_key[key].key = key;
    by_key[key].after = value;
  }
  std::vector<RecipeChange> changes;
  for (const auto& [key, change] : by_key)
    if (change.before != change.after) changes.push_back(change);
  return changes;
}

}  // namespace weft
