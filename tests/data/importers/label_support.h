// SPDX-License-Identifier: Apache-2.0
// Sources of annotation files in a scratch folder, and what the dataset made of one says, as sorted lines.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/hash.h"
#include "data/importers/importers.h"
#include "tests/data/importers/record_text.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {

using Said = std::multiset<std::string>;

// "layer ..." with the geometry of what has one.
inline std::string line_of(const Record& record, const Store& store) {
  std::string line = store.layers().at(record.source) + " " + text_of(record, store.vocabulary());
  if (record.scope == Scope::mask) {
    const Rle mask = mask_of(record.geometry);
    const auto [x, y, width, height] = box_of_rle(mask);
    line += join(": ", area_of(mask), " in ", x, " ", y, " ", x + width, " ", y + height);
  } else if (record.scope == Scope::scribble) {
    const Scribble scribble = scribble_of(record.geometry);
    line += join(": width ", scribble.width);
    for (const Point at : scribble.points) line += join(" ", at.x, ",", at.y);
  } else if (record.scope == Scope::pair) {
    line += join(": ", store.info(static_cast<size_t>(store.find(uid_of(record.geometry)))).key);
  }
  return line;
}

inline int64_t sample_called(const Store& store, const std::string& key) {
  for (size_t i = 0; i < store.size(); ++i)
    if (store.info(i).key == key) return static_cast<int64_t>(i);
  return -1;
}

// A folder of the shared data, or "" where it is not on this machine.
inline Path shared_folder(const std::string& name) {
  const char* variable = std::getenv("WEFT_SHARED_DATA");
  const Path folder = (variable ? Path(variable) : Path(WEFT_SOURCE_DIR) / ".." / "shared" / "data") / name;
  return std::filesystem::exists(folder) ? folder : Path();
}

// One importer with its settings, a source folder to fill, and the dataset that comes of it.
template <class Settings>
class LabelTest : public testing::Test {
 protected:
  LabelTest() {
    settings_.held_back = 0;
    settings_.tokenizer_merges = 0;
  }
  // 8 x 6 pixels where nothing else is said; another shade is another picture.
  void picture(const std::string& name, int shade = 1, int width = 8, int height = 6) const {
    write_file(source() / name, tiny_png(shade, width, height));
  }
  void text(const std::string& name, const std::string& content) const {
    make_folder((source() / name).parent_path());
    write_atomically(source() / name, content);
  }
  // Grey pixels of one digit each, rows separated by blanks.
  void grey(const std::string& name, const std::string& rows) const {
    const auto width = static_cast<int>(std::min(rows.find(' '), rows.size()));
    Image image(width, static_cast<int>((rows.size() + 1) / (width + 1)), 1);
    size_t at = 0;
    for (const char digit : rows)
      if (digit != ' ') image.pixels[at++] = static_cast<uint8_t>(digit == 'x' ? 255 : digit - '0');
    write_file(source() / name, encode_png(image));
  }
  void on(Problem problem, const std::string& policy) { settings_.on.chosen[problem] = policy; }
  ImportReport import() { return import_from(source()); }
  ImportReport import_from(const Path& from) {
    return settings_.run({.source = from, .dataset = dataset(), .name = "tiny"});
  }
  std::string error() {
    return error_of([&] { import(); });
  }
  Said said(const std::string& key) const {
    const Store store(dataset());
    Said lines;
    const int64_t sample = sample_called(store, key);
    EXPECT_GE(sample, 0) << "no sample is called " << key;
    if (sample >= 0)
      for (const Record& record : store.records(static_cast<size_t>(sample))) lines.insert(line_of(record, store));
    return lines;
  }
  std::set<std::string> split(const std::string& name) const {
    const Store store(dataset());
    std::set<std::string> keys;
    for (const uint32_t sample : store.split(name)) keys.insert(store.info(sample).key);
    return keys;
  }
  Path source() const { return folder_ / "source"; }
  Path dataset() const { return folder_ / "dataset"; }

  ScratchFolder folder_;
  Settings settings_;
};

// "layer scope kind text" -> how many, with the sum of masks' areas as "layer area kind text": what counts_files.py
// says.
inline std::map<std::string, uint64_t> counts_in(const Path& dataset) {
  const Store store(dataset);
  std::map<std::string, uint64_t> counts = {{"images", store.size()}};
  for (size_t i = 0; i < store.size(); ++i)
    for (const Record& record : store.records(i)) {
      const std::string text = record.concept_row == kAnyConcept ? "*" : store.vocabulary().text(record.concept_row);
      const std::string about = join(" ", name_of(record.kind), " ", text), layer = store.layers().at(record.source);
      ++counts[join(layer, " ", name_of(record.scope), about)];
      if (record.scope == Scope::mask) counts[join(layer, " area", about)] += area_of(mask_of(record.geometry));
    }
  return counts;
}

// Lines of "name<TAB>number".
inline std::map<std::string, uint64_t> counts_said(const std::string& text) {
  std::map<std::string, uint64_t> counts;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin), tab = text.find('\t', begin);
    counts[text.substr(begin, tab - begin)] = std::stoull(text.substr(tab + 1, end - tab - 1));
    begin = end + 1;
  }
  return counts;
}

}  // namespace weft
