// SPDX-License-Identifier: Apache-2.0
// Small COCO-like sources in a scratch folder, and what a dataset says of a picture, as lines.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "data/importers/importers.h"
#include "tests/data/importers/record_text.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {

using Lines = std::multiset<std::string>;

inline std::string describe(const Record& record, const Vocabulary& vocabulary) {
  const std::string line = text_of(record, vocabulary);
  if (record.scope != Scope::mask) return line;
  const Rle mask = mask_of(record.geometry);
  return line + join(": ", area_of(mask), " of ", mask.width, " x ", mask.height);
}

// What a layer of the dataset says of the picture of this key.
inline Lines lines_of(const Path& dataset, const std::string& key, const std::string& layer) {
  const Store store(dataset);
  Lines lines;
  for (size_t i = 0; i < store.size(); ++i)
    if (store.info(i).key == key)
      for (const Record& record : store.records(i))
        if (store.layers().at(record.source) == layer) lines.insert(describe(record, store.vocabulary()));
  return lines;
}

struct LayerCounts {
  size_t images = 0, boxes = 0, masks = 0, points = 0, said = 0, negatives = 0, exhaustive = 0, classes = 0;
  uint64_t mask_area = 0, unknown_area = 0;
};

inline LayerCounts counts_of(const Path& dataset, const std::string& layer) {
  const Store store(dataset);
  LayerCounts counts;
  counts.images = store.size();
  for (size_t i = 0; i < store.size(); ++i)
    for (const Record& record : store.records(i)) {
      if (store.layers().at(record.source) != layer) continue;
      const bool is_positive = record.kind == Kind::pos;
      counts.boxes += record.scope == Scope::box;
      counts.points += record.scope == Scope::point;
      counts.masks += record.scope == Scope::mask && is_positive;
      counts.said += record.scope == Scope::image && is_positive;
      counts.negatives += record.kind == Kind::neg;
      counts.exhaustive += record.kind == Kind::exhaustive;
      if (record.scope == Scope::mask)
        (is_positive ? counts.mask_area : counts.unknown_area) += area_of(mask_of(record.geometry));
    }
  for (uint32_t row = 0; row < store.vocabulary().size(); ++row) counts.classes += store.vocabulary().about(row).closed;
  return counts;
}

// What tests/data/importers/counts_coco.py, which has no code of ours, counts in the files.
inline nlohmann::json independent_counts(const std::vector<Path>& files) {
  std::string command = join("python3 '", WEFT_SOURCE_DIR, "/tests/data/importers/counts_coco.py'");
  for (const Path& file : files) command += join(" '", file.string(), "'");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> part{};
  while (const size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) text.append(part.data(), size);
  return nlohmann::json::parse(text);
}

// coco/annotations/*.json and coco/images/*.png, and the dataset that is made of them.
class CocoFolderTest : public testing::Test {
 protected:
  CocoFolderTest() { add_picture("a.png", 1); }

  // Pictures are 8 x 6.
  void add_picture(const std::string& name, int shade) const {
    write_file(source() / "images" / name, tiny_png(shade, 8, 6));
  }
  void write(const std::string& name, const nlohmann::json& content) const {
    make_folder((source() / name).parent_path());
    write_atomically(source() / name, content.dump());
  }
  // An instances file of a.png (id 7) with the classes cat (3) and dog (5), both animals.
  static nlohmann::json with_annotations(nlohmann::json annotations) {
    return {{"images", {{{"id", 7}, {"file_name", "a.png"}, {"width", 8}, {"height", 6}}}},
            {"categories",
             {{{"id", 3}, {"name", "cat"}, {"supercategory", "animal"}},
              {{"id", 5}, {"name", "dog"}, {"supercategory", "animal"}}}},
            {"annotations", std::move(annotations)}};
  }
  template <class Settings>
  ImportReport import(Settings settings, const std::string& from = "") const {
    settings.held_back = 0;
    settings.tokenizer_merges = 0;
    return settings.run({.source = from.empty() ? source() : source() / from, .dataset = dataset(), .name = "tiny"});
  }
  Path source() const { return folder_ / "coco"; }
  Path dataset() const { return folder_ / "dataset"; }

  ScratchFolder folder_;
};

}  // namespace weft
