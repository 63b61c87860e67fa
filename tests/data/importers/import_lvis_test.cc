// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_lvis.h"

#include "tests/data/importers/coco_support.h"

namespace weft {
namespace {

using nlohmann::json;

// a.png has a traffic light and a dog, was searched for cats in vain, and may have more dogs.
class Lvis : public CocoFolderTest {
 protected:
  static json file() {
    const json lists = {{"id", 7},
                        {"coco_url", "http://somewhere/val2017/a.png"},
                        {"neg_category_ids", {1}},
                        {"not_exhaustive_category_ids", {2}}};
    json categories = {{{"id", 1}, {"name", "cat"}, {"synonyms", {"cat", "kitty", "pet"}}, {"frequency", "f"}},
                       {{"id", 2}, {"name", "dog"}, {"synonyms", {"dog", "pet"}}, {"frequency", "r"}},
                       {{"id", 4}, {"name", "traffic_light"}, {"def", "a device to control traffic"}}};
    return {{"images", {lists}},
            {"categories", std::move(categories)},
            {"annotations",
             {{{"id", 1}, {"image_id", 7}, {"category_id", 2}, {"bbox", {0, 0, 2, 2}}},
              {{"id", 2}, {"image_id", 7}, {"category_id", 4}, {"bbox", {1, 1, 2, 2}}}}}};
  }
};

TEST_F(Lvis, WhatWasSearchedForInVainIsNegativeAndTheRestUnknown) {
  write("lvis_v1_val.json", file());
  import(LvisImporter());
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "lvis"),
            (Lines{"box dog object #1: 0 0 2 2", "box traffic light object #2: 1 1 3 3", "image neg cat",
                   "image exhaustive traffic light"}));
  EXPECT_EQ(Store(dataset()).split("val").size(), 1u);
}

TEST_F(Lvis, DefinitionsArePromptsAndSynonymsOfOneClassAreKept) {
  write("lvis_v1_val.json", file());
  const ImportReport report = import(LvisImporter());
  const Store store(dataset());
  const Vocabulary& texts = store.vocabulary();
  const auto about = [&](const std::string& text) { return texts.about(static_cast<uint32_t>(texts.find(text))); };
  EXPECT_EQ(about("cat").synonyms, (std::vector<std::string>{"kitty"}));
  EXPECT_EQ(about("dog").synonyms, std::vector<std::string>{});
  EXPECT_EQ(about("traffic light").prompts, (std::vector<std::string>{"a device to control traffic"}));
  EXPECT_EQ(report.left_out.at("synonyms of several categories").size(), 2u);
  expect_says(report.text(), "f 1, r 1");
}

TEST_F(Lvis, ACategoryThatLostAnInstanceIsNotExhaustive) {
  json lost = file();
  lost["annotations"].push_back({{"id", 3}, {"image_id", 7}, {"category_id", 4}, {"bbox", {1, 1, 0, 0}}});
  write("lvis_v1_val.json", lost);
  import(LvisImporter());
  EXPECT_FALSE(lines_of(dataset(), "images/a.png", "lvis").contains("image exhaustive traffic light"));
}

TEST_F(Lvis, ListsOfUnknownCategoriesAreNamedWithTheirImage) {
  json unknown = file();
  unknown["images"][0]["neg_category_ids"] = {77};
  write("lvis_v1_val.json", unknown);
  expect_says(error_of([&] { import(LvisImporter()); }), "lvis_v1_val.json: images[0] (id 7): category_id 77");
}

TEST_F(Lvis, PlainCocoIsRefused) {
  write("instances_val.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", {1, 1, 1, 1}}}}));
  expect_says(error_of([&] { import(LvisImporter()); }), "no image has neg_category_ids");
}

}  // namespace
}  // namespace weft
