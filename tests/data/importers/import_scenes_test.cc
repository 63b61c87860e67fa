// SPDX-License-Identifier: Apache-2.0
// Pixels: tests/golden/make_scene.py.  The font and CLDR are Debian's packages.
#include "data/importers/import_scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "data/emoji_groups.h"
#include "data/emoji_names.h"
#include "data/formats/rle.h"
#include "data/geometry.h"
#include "data/importers/scene.h"
#include "tests/support.h"

namespace weft {
namespace {

Image by_formula(int width, int height, int seed, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        image.row(y)[channels * x + c] =
            static_cast<uint8_t>((x * 37 + y * 59 + c * 83 + seed * 101 + x * y * 13) % 256);
  return image;
}

TEST(Scene, PixelsAndMasksAreThoseOfAnotherProgram) {
  const auto golden = nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/scene.json"));
  const int width = golden["width"], height = golden["height"];
  Scene scene(by_formula(width, height, 0, 3));
  int number = 0;
  for (const auto& [piece_width, piece_height, x, y] :
       golden["pieces"].get<std::vector<std::tuple<int, int, int, int>>>())
    ASSERT_TRUE(scene.lay({{by_formula(piece_width, piece_height, ++number, 4), x, y}}, 0));
  EXPECT_EQ(scene.picture().pixels, golden["picture"].get<std::vector<uint8_t>>());
  const auto owner = golden["owner"].get<std::vector<int>>();
  for (int piece = 0; piece < 3; ++piece) {
    std::vector<uint8_t> found(owner.size());
    paint_rle(scene.visible(piece), found.data(), 1);
    for (size_t i = 0; i < owner.size(); ++i) EXPECT_EQ(found[i] == 1, owner[i] == piece + 1) << piece << " at " << i;
  }
}

TEST(Scene, WhatWouldHideTooMuchIsNotLaid) {
  const auto square = [](int side) {
    Image image(side, side, 4);
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{255});
    return image;
  };
  Scene scene(Image(20, 20, 3));
  ASSERT_TRUE(scene.lay({{square(10), 0, 0}}, 0.5));
  const Image before = scene.picture();
  EXPECT_FALSE(scene.lay({{square(10), 2, 2}}, 0.5));   // hides 64 of 100
  EXPECT_FALSE(scene.lay({{square(10), 16, 0}}, 0.5));  // 60 of 100 lie outside
  EXPECT_EQ(scene.picture().pixels, before.pixels);
  EXPECT_EQ(scene.pieces(), 1u);
  EXPECT_TRUE(scene.lay({{square(10), 5, 5}}, 0.5));
  EXPECT_DOUBLE_EQ(scene.visible_share(0), 0.75);
}

class Scenes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    settings_ = new ScenesImporter;
    settings_->scenes = 60, settings_->width = 160, settings_->height = 120, settings_->tokenizer_merges = 10;
    settings_->run({.source = "-", .dataset = *folder_ / "scenes", .name = "scenes"});
    store_ = new Store(*folder_ / "scenes");
  }
  static void TearDownTestSuite() { delete store_, delete settings_, delete folder_; }

  struct Region {
    Record record;
    std::vector<uint8_t> pixels;
    std::set<std::string> texts;
  };
  static std::map<uint32_t, Region> regions_of(size_t sample) {
    std::map<uint32_t, Region> regions;
    for (const Record& record : store_->records(sample)) {
      if (record.scope != Scope::mask) continue;
      EXPECT_NE(record.concept_row, kAnyConcept);
      Region& region = regions[record.id];
      region.texts.insert(store_->vocabulary().text(record.concept_row));
      if (!region.pixels.empty()) {
        EXPECT_EQ(region.record.geometry, record.geometry);
        EXPECT_EQ(region.record.parent, record.parent);
        continue;
      }
      region.record = record;
      region.pixels.resize(160 * 120);
      paint_rle(mask_of(record.geometry), region.pixels.data(), 1);
    }
    return regions;
  }

  static inline ScratchFolder* folder_ = nullptr;
  static inline ScenesImporter* settings_ = nullptr;
  static inline Store* store_ = nullptr;
};

TEST_F(Scenes, MasksAreDisjointAndPartsTogetherAreTheirWhole) {
  size_t wholes = 0;
  for (size_t sample = 0; sample < store_->size(); ++sample) {
    std::vector<int> covered(160 * 120);
    const auto regions = regions_of(sample);
    EXPECT_GE(regions.size(), 2u);
    std::map<uint32_t, std::vector<uint8_t>> of_parts;
    for (const auto& [id, region] : regions) {
      const bool is_part = region.record.region == RegionIs::part;
      EXPECT_EQ(is_part, region.record.parent != 0);
      if (is_part) of_parts[region.record.parent].resize(160 * 120);
      for (size_t i = 0; i < covered.size(); ++i) {
        if (is_part && region.pixels[i]) of_parts[region.record.parent][i] = 1;
        if (!is_part) covered[i] += region.pixels[i];
      }
    }
    EXPECT_LE(*std::max_element(covered.begin(), covered.end()), 1) << sample;
    for (const auto& [parent, pixels] : of_parts) {
      EXPECT_EQ(pixels, regions.at(parent).pixels) << sample;
      EXPECT_EQ(regions.at(parent).record.region, RegionIs::object);
      EXPECT_TRUE(regions.at(parent).texts.begin()->find(" with ") != std::string::npos);
      ++wholes;
    }
  }
  EXPECT_GT(wholes, 10u);
}

TEST_F(Scenes, SplitsAndGroupsShareNoName) {
  std::map<std::string, std::set<std::string>> groups_of_name;
  for (size_t sample = 0; sample < store_->size(); ++sample)
    for (const auto& [id, region] : regions_of(sample))
      for (const std::string& text : region.texts) {
        const uint32_t row = static_cast<uint32_t>(store_->vocabulary().find(text));
        if (store_->vocabulary().about(row).closed && !text.starts_with("texture: "))
          groups_of_name[text].insert(store_->info(sample).group);
      }
  EXPECT_GT(groups_of_name.size(), 60u);
  for (const auto& [name, groups] : groups_of_name) EXPECT_EQ(groups.size(), 1u) << name;
}

// What the importer "emoji" holds back is held back here, so that a model trained on scenes can be judged on it.
TEST_F(Scenes, HeldBackEmojiAreThoseOfTheFrozenList) {
  std::set<std::string> bases, held_back;
  std::istringstream list(read_text(Path(WEFT_SOURCE_DIR) / "docs/protocols/emoji_held_back_groups.txt"));
  for (std::string base; std::getline(list, base);) bases.insert(base);
  for (const EmojiTexts& emoji : read_emoji_texts(settings_->cldr, settings_->language))
    if (bases.contains(emoji_key(emoji.sequence))) held_back.insert(emoji.name);
  EXPECT_GT(held_back.size(), 300u);
  for (const uint32_t sample : store_->split("train"))
    for (const auto& [id, region] : regions_of(sample))
      for (const std::string& text : region.texts) EXPECT_FALSE(held_back.contains(text)) << text;
  size_t shown = 0;
  for (const uint32_t sample : store_->split("held_back"))
    for (const auto& [id, region] : regions_of(sample))
      for (const std::string& text : region.texts) shown += held_back.contains(text);
  EXPECT_GT(shown, 20u);
}

TEST_F(Scenes, NegativesAreTrueOfNothingAndEverySceneIsExhaustive) {
  for (size_t sample = 0; sample < store_->size(); ++sample) {
    std::set<std::string> present;
    for (const auto& [id, region] : regions_of(sample)) present.insert(region.texts.begin(), region.texts.end());
    size_t denied = 0, exhaustive = 0;
    for (const Record& record : store_->records(sample)) {
      if (record.kind == Kind::exhaustive) ++exhaustive;
      if (record.kind != Kind::neg) continue;
      ++denied;
      EXPECT_FALSE(present.contains(store_->vocabulary().text(record.concept_row)));
    }
    EXPECT_EQ(denied, 5u);
    EXPECT_EQ(exhaustive, 1u);
  }
}

TEST_F(Scenes, AreTheSameAgainAndOtherwiseWithAnotherSeed) {
  EXPECT_TRUE(settings_->run({.source = "-", .dataset = *folder_ / "scenes", .name = "scenes"}).already_there);
  ScenesImporter other = *settings_;
  other.seed = 1, other.scenes = 12;
  other.run({.source = "-", .dataset = *folder_ / "other", .name = "other"});
  EXPECT_EQ(store_->find(Store(*folder_ / "other").info(0).uid), -1);
}

TEST(ScenesImporter, WhatCannotBeIsNamed) {
  ScratchFolder folder;
  ScenesImporter settings;
  settings.least_objects = 5, settings.most_objects = 2;
  EXPECT_NE(
      error_of([&] { settings.run({.source = "-", .dataset = folder / "a", .name = "a"}); }).find("least_objects 5"),
      std::string::npos);
  EXPECT_NE(error_of([&] {
              ScenesImporter().run({.source = "x", .dataset = folder / "a", .name = "a"});
            }).find("SOURCE is \"x\""),
            std::string::npos);
}

}  // namespace
}  // namespace weft
