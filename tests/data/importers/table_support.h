// SPDX-License-Identifier: Apache-2.0
// Importing in a scratch folder, and what the dataset then says, in the lines of counts_tables.py and picture by
// picture.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

#include "data/geometry.h"
#include "data/importers/importers.h"
#include "data/store.h"
#include "tests/data/run_python.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {

inline Path shared_formats() {
  const char* variable = std::getenv("WEFT_SHARED_DATA");
  return (variable ? Path(variable) : Path(WEFT_SOURCE_DIR) / ".." / "shared" / "data") / "formats";
}

// Counts per layer, scope, kind and text; boxes and masks with their area.
inline std::string counted(const Path& dataset) {
  const Store store(dataset);
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::pair<size_t, double>> counts;
  for (size_t i = 0; i < store.size(); ++i)
    for (const Record& record : store.records(i)) {
      const std::string text = record.concept_row == kAnyConcept ? "*" : store.vocabulary().text(record.concept_row);
      auto& [count, area] =
          counts[{store.layers().at(record.source), name_of(record.scope), name_of(record.kind), text}];
      ++count;
      if (record.scope == Scope::box) area += box_of(record.geometry).area();
      if (record.scope == Scope::mask) area += static_cast<double>(area_of(mask_of(record.geometry)));
    }
  std::string lines = join("images ", store.size(), "\n");
  for (const auto& [what, sums] : counts) {
    const auto& [layer, scope, kind, text] = what;
    lines += join(layer, " ", scope, " ", kind, " ", text, " ", sums.first);
    char area[40] = "";
    if (scope == "box" || scope == "mask") std::snprintf(area, sizeof area, " %.3f", sums.second);
    lines += join(area, "\n");
  }
  return lines;
}

using Said = std::multiset<std::string>;

// One run of an importer over files that the test wrote.
template <class ImporterUnderTest>
class TableImport : public testing::Test {
 protected:
  TableImport() {
    settings_.held_back = 0;
    settings_.tokenizer_merges = 0;
  }

  void write(const std::string& name, const std::string& text) {
    write_file(folder_ / name, Bytes(text.begin(), text.end()));
  }
  // SOURCE in the scratch folder, or any absolute one.
  ImportReport run(const Path& source) {
    std::filesystem::remove_all(dataset());
    return settings_.run({.source = folder_.path() / source, .dataset = dataset(), .name = "tiny"});
  }
  std::string error_on(const Path& source) {
    return error_of([&] { run(source); });
  }
  Path dataset() const { return folder_ / "dataset"; }
  std::string python_counts(const std::vector<std::string>& arguments) {
    return run_python("data/importers/counts_tables.py", arguments);
  }

  // "layer: [scope] [kind] text [at confidence] [x0 y0 x1 y1]" of each statement about the picture of this key.
  Said said_of(const std::string& key) const {
    const Store store(dataset());
    Said said;
    for (size_t i = 0; i < store.size(); ++i)
      if (store.info(i).key == key)
        for (const Record& record : store.records(i)) said.insert(line_of(store, record));
    return said;
  }
  std::string group_of(const std::string& key) const {
    const Store store(dataset());
    for (size_t i = 0; i < store.size(); ++i)
      if (store.info(i).key == key) return store.info(i).group;
    return "there is no picture " + key;
  }
  std::set<std::string> keys_of_split(const std::string& split) const {
    const Store store(dataset());
    std::set<std::string> keys;
    for (const uint32_t sample : store.split(split)) keys.insert(store.info(sample).key);
    return keys;
  }

  ScratchFolder folder_;
  ImporterUnderTest settings_;

 private:
  static std::string line_of(const Store& store, const Record& record) {
    std::string line = store.layers().at(record.source) + ":";
    if (record.scope != Scope::image) line += join(" ", name_of(record.scope));
    if (record.kind != Kind::pos) line += join(" ", name_of(record.kind));
    line += " " + (record.concept_row == kAnyConcept ? "*" : store.vocabulary().text(record.concept_row));
    if (record.confidence != 1) line += join(" at ", record.confidence);
    if (record.scope == Scope::box) {
      const Box box = box_of(record.geometry);
      line += join(" ", box.x0, " ", box.y0, " ", box.x1, " ", box.y1);
    }
    if (record.scope == Scope::mask) line += join(" of ", area_of(mask_of(record.geometry)), " pixels");
    return line;
  }
};

}  // namespace weft
