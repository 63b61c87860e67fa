// SPDX-License-Identifier: Apache-2.0
// The verb `data`: make a dataset, examine one, look at one.
#include "launch/run_data.h"

#include <cstdio>

#include "base/log.h"
#include "configs/recipe.h"
#include "data/importers/importers.h"
#include "data/importers/recognise.h"
#include "launch/show_data.h"

namespace weft {
namespace {

// Settings from key=value words alone.
void fill_from_words(Settings& settings, const std::vector<std::string>& options) {
  Recipe::parse("", "command line", options).fill(settings);
}

std::string as_words(const Recognised& found) {
  if (found.what.empty()) return "has no mark of a format that is known; name the importer";
  if (found.importer.empty())
    return "looks like " + found.what + ", which weft does not import; COCO, VOC and YOLO are what most tools export";
  return "looks like " + found.what + "; try weft data import " + found.importer;
}

Exit import(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  std::string kinds;
  for (const auto& kind : importers()) kinds += std::string("\n  ") + kind.name + ": " + kind.describe;
  check(words.size() >= 2 && words.size() <= 4,
        "wanted: weft data import KIND|auto [SOURCE] FOLDER [key=value ...], or, for ",
        "the keys of a kind, weft data import KIND; kinds:", kinds);
  const Path source = words.size() == 4 ? words[2] : "";
  std::string kind = words[1];
  if (kind == "auto") {
    const Recognised found = recognise(source);
    check(!found.importer.empty(), source.string(), ": ", as_words(found));
    kind = found.importer;
    log_info(source.string(), ": ", found.what, "; importer ", kind);
  }
  const std::unique_ptr<Importer> importer = make_importer(kind);
  if (words.size() == 2) {
    std::fputs(list_keys(*importer).c_str(), stdout);
    return Exit::done;
  }
  fill_from_words(*importer, options);
  ImportRequest request;
  request.source = source;
  request.dataset = words.back();
  const Path named = request.dataset.has_filename() ? request.dataset : request.dataset.parent_path();  // "folder/"
  request.name = named.filename().string();
  try {
    log_info(importer->run(request).text());
  } catch (const Error& error) {
    const Recognised found = std::filesystem::exists(source) ? recognise(source) : Recognised{};
    if (found.what.empty() || found.importer == kind) throw;
    throw Error(join(error.what(), "\n  hint: ", source.string(), " ", as_words(found)), error.exit());
  }
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
