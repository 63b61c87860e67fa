// SPDX-License-Identifier: Apache-2.0
// The verb `data`: make a dataset, examine one, look at one.
#include "launch/run_data.h"

#include <cstdio>

#include "base/log.h"
#include "configs/recipe.h"
#include "data/importers/importers.h"
#include "launch/show_data.h"

namespace weft {
namespace {

// Settings from key=value words alone.
void fill_from_words(Settings& settings, const std::vector<std::string>& options) {
  Recipe::parse("", "command line", options).fill(settings);
}

Exit import(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  std::string kinds;
  for (const auto& kind : importers()) kinds += std::string("\n  ") + kind.name + ": " + kind.describe;
  check(words.size() >= 2 && words.size() <= 4,
        "wanted: weft data import KIND [SOURCE] FOLDER [key=value ...], or, for ",
        "the keys of a kind, weft data import KIND; kinds:", kinds);
  const std::unique_ptr<Importer> importer = make_importer(words[1]);
  if (words.size() == 2) {
    std::fputs(list_keys(*importer).c_str(), stdout);
    return Exit::done;
  }
  fill_from_words(*importer, options);
  ImportRequest request;
  request.source = words.size() == 4 ? words[2] : "";
  request.dataset = words.back();
  const Path named = request.dataset.has_filename() ? request.dataset : request.dataset.parent_path();  // "folder/"
  request.name = named.filename().string();
  log_info(importer->run(request).text());
  return Exit::done;
}

}  // namespace

Exit run_data(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  const std::string what = words.empty() ? "" : words[0];
  if (what == "import") return import(words, options);
  if (what == "check") return examine_data(words, options);
  if (what == "show") return show_data(words, options);
  fail("weft data has no \"", what, "\"; wanted import, check or show");
}

}  // namespace weft
