// SPDX-License-Identifier: Apache-2.0
#include "data/draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "data/contact_sheet.h"
#include "data/draw_evidence.h"
#include "data/letters.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

Colour at(const Image& image, int x, int y) {
  const uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}
constexpr Colour kBlack{0, 0, 0}, kRed{255, 0, 0};

std::vector<std::string> drawn(char letter, int scale) {
  std::vector<std::string> rows;
  for (int y = 0; y < 9 * scale; ++y) {
    rows.emplace_back();
    for (int x = 0; x < 5 * scale; ++x) rows.back() += letter_has_ink(letter, x, y, scale) ? '#' : '.';
  }
  return rows;
}

TEST(Letters, AreReadFromTheirOwnPlaceInTheArt) {
  EXPECT_EQ(drawn('L', 1), (std::vector<std::string>{"#....", "#....", "#....", "#....", "#....", "#....", "#####",
                                                     ".....", "....."}));
  EXPECT_EQ(drawn('g', 1), (std::vector<std::string>{".....", ".....", ".####", "#...#", "#...#", "#...#", ".####",
                                                     "....#", ".###."}));
  EXPECT_EQ(drawn('~', 1)[3], "#.#.#");
  std::set<std::vector<std::string>> all;
  for (char letter = ' '; letter < 0x7f; ++letter) all.insert(drawn(letter, 1));
  EXPECT_EQ(all.size(), 95u) << "two letters look the same";
}

TEST(Letters, OfTwiceTheSizeKeepStraightLinesAndSmoothDiagonals) {
  EXPECT_EQ(drawn('L', 2)[2], "##........");
  EXPECT_EQ(drawn('L', 2)[12], "##########");
  size_t ink = 0;
  for (const std::string& row : drawn('X', 2)) ink += static_cast<size_t>(std::count(row.begin(), row.end(), '#'));
  EXPECT_NE(ink, 4 * 13u);  // 13 pixels, none of them just made larger
}

TEST(Letters, AccentsAreDroppedAndWhatHasNoLetterIsABox) {
  EXPECT_EQ(as_letters("Bär élan"), "Bar elan");
  EXPECT_EQ(as_letters("猫x"), "\x7fx");
  EXPECT_EQ(as_letters("\xff\xfe"), "\x7f\x7f");
}

TEST(Draw, TextIsBrokenBetweenWordsAndShortened) {
  EXPECT_EQ(wrapped("one two three", 7 * kLetterWidth, 3), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("one two three", 5 * kLetterWidth, 2), (std::vector<std::string>{"one", "two.."}));
  EXPECT_EQ(shortened("abcdef", 4 * kLetterWidth), "ab..");
}

TEST(Draw, ALineCoversItsPixelsAndNoOthers) {
  Image image(20, 10, 3);
  draw_line(image, {{2, 5}, {18, 5}}, {kRed, 2, {}, 1});
  EXPECT_EQ(at(image, 10, 4), kRed);
  EXPECT_EQ(at(image, 10, 5), kRed);
  EXPECT_EQ(at(image, 10, 2), kBlack);
  EXPECT_EQ(at(image, 10, 7), kBlack);
  EXPECT_EQ(at(image, 0, 5), kBlack);
}

TEST(Draw, DashesLeaveGaps) {
  Image image(40, 6, 3);
  draw_line(image, {{0, 3}, {40, 3}}, {kRed, 2, {6, 10}, 1});
  EXPECT_EQ(at(image, 3, 3), kRed);
  EXPECT_EQ(at(image, 11, 3), kBlack);
  EXPECT_EQ(at(image, 19, 3), kRed);
}

TEST(Draw, NoCoordinateIsTooFarOut) {
  Image image(8, 8, 3);
  draw_line(image, {{-1e30f, 4}, {1e30f, 4}}, {kRed, 2, {3, 2}, 1});
  draw_disc(image, {1e9f, -1e9f}, 5, kRed);
  draw_rectangle(image, {-1e300, -5, 1e300, 0.2}, kRed);
  draw_text(image, -1000, 3, "text", kRed, 2);
  EXPECT_EQ(at(image, 0, 7), kBlack);
}

TEST(Looks, DifferInColourAndInLineOrHatching) {
  for (const Look& a : looks())
    for (const Look& b : looks()) {
      if (&a == &b) continue;
      EXPECT_FALSE(a.colour == b.colour) << a.name << ", " << b.name;
      EXPECT_TRUE(a.dashes != b.dashes || a.hatch != b.hatch) << a.name << ", " << b.name;
    }
}

// A black picture of 40 x 20, shown four times as large.
class Shown : public testing::Test {
 protected:
  Image shown() {
    writer_.finish();
    const Store store(folder_.path());
    Image picture(160, 80, 3);
    draw_statements(picture, 4, statements_of(store, 0, 0), 1);
    return picture;
  }
  void say(Scope scope, const Bytes& geometry, Kind kind = Kind::pos, const std::string& text = "cell", uint32_t id = 0,
           uint32_t parent = 0) {
    EvidenceWriter& layer = writer_.layer("tags");
    const uint32_t row = text == "*" ? kAnyConcept : layer.vocabulary().row_of(text);
    layer.add({.item = uid_,
               .scope = scope,
               .concept_row = row,
               .kind = kind,
               .id = id,
               .parent = parent,
               .geometry = geometry});
  }
  ScratchFolder folder_;
  StoreWriter writer_{folder_.path(), {.name = "shown", .licence = "CC0"}};
  Uid uid_ = writer_.add(tiny_png(0, 40, 20), "a", "a");
};

TEST_F(Shown, ABoxIsDrawnOnItsEdges) {
  say(Scope::box, box_bytes({10, 5, 30, 15}));
  const Image image = shown();
  for (const auto& [x, y] : {std::pair(40, 40), {119, 40}, {80, 20}, {80, 60}})
    EXPECT_GT(at(image, x, y).green, 150) << x << " " << y;
  EXPECT_EQ(at(image, 80, 50), kBlack);
  EXPECT_EQ(at(image, 130, 70), kBlack);
}

TEST_F(Shown, AMaskIsTintedInsideAndNowhereElse) {
  std::vector<uint8_t> pixels(40 * 20);
  for (int y = 10; y < 16; ++y)
    for (int x = 4; x < 24; ++x) pixels[static_cast<size_t>(40 * y + x)] = 1;
  say(Scope::mask, mask_bytes(rle_of_bitmap(pixels.data(), 20, 40)));
  const Image image = shown();
  for (const auto& [x, y] : {std::pair(16, 50), {95, 50}, {60, 40}, {60, 63}})
    EXPECT_GT(at(image, x, y).green, 150) << x;
  EXPECT_EQ(at(image, 15, 55), kBlack);
  EXPECT_EQ(at(image, 96, 55), kBlack);
  EXPECT_EQ(at(image, 50, 64), kBlack);
  const Colour inside = at(image, 60, 59);
  EXPECT_GT(inside.green, 10);
  EXPECT_LT(inside.green, 100);
}

TEST_F(Shown, AKeypointIsAtItsPlaceAndTiedToItsParent) {
  say(Scope::box, box_bytes({20, 2, 40, 18}), Kind::pos, "dog", 1);
  say(Scope::point, point_bytes({5, 10}), Kind::pos, "nose", 0, 1);
  const Image image = shown();
  EXPECT_GT(at(image, 17, 40).green, 100);
  size_t inked = 0;
  for (int x = 30; x < 75; ++x) inked += at(image, x, 40).green > 60;
  EXPECT_GT(inked, 12u);  // a dashed line to the middle of the dog
}

TEST_F(Shown, StatementsOfOneRegionAreOneAndNothingOfInterestHasALookOfItsOwn) {
  say(Scope::box, box_bytes({1, 1, 9, 9}), Kind::pos, "cell", 7);
  say(Scope::box, box_bytes({1, 1, 9, 9}), Kind::pos, "red cell", 7);
  say(Scope::box, box_bytes({20, 1, 30, 9}), Kind::neg, "*");
  writer_.layer("tags").add(uid_, "stained", Kind::neg);
  writer_.finish();
  const std::vector<ShownStatement> all = statements_of(Store(folder_.path()), 0, 0);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_STREQ(all[0].look->name, "negative");  // what is said of the whole comes first
  std::set<std::string> names;
  for (const ShownStatement& one : all) names.insert(join(one.look->name, ": ", one.text));
  EXPECT_TRUE(names.contains("nothing of interest: nothing of interest"));
  EXPECT_TRUE(names.contains("positive: cell, red cell"));
}

TEST_F(Shown, WhatIsSaidOfABagIsOnTheCardsOfItsSamples) {
  const Uid other = writer_.add(tiny_png(90, 10, 30), "b", "b");
  writer_.add(tiny_png(91, 10, 30), "c", "c");
  EvidenceWriter& layer = writer_.layer("tags");
  const uint32_t polyp = layer.vocabulary().row_of("polyp");
  const Uid bag = layer.add_bag({"patient 7", {std::min(uid_, other), std::max(uid_, other)}});
  layer.add({.item = bag, .scope = Scope::bag, .concept_row = polyp, .kind = Kind::count, .operands = {1, 3}});
  writer_.finish();
  const Store store(folder_.path());
  for (const size_t sample : {0, 1}) {
    const std::vector<ShownStatement> said = bag_statements_of(store, sample);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].text, "polyp 1..3 (in the bag \"patient 7\" of 2)");
    EXPECT_STREQ(said[0].look->name, "count");
  }
  EXPECT_TRUE(bag_statements_of(store, 2).empty());
  const CardSettings settings{.side = 300};
  EXPECT_GT(contact_sheet(store, {1}, 1, settings).height, contact_sheet(store, {2}, 1, settings).height)
      << "the legend of its look";
}

TEST_F(Shown, ASheetHasACardForEverySample) {
  writer_.add(tiny_png(90, 10, 30), "b", "b");
  writer_.layer("tags").add(uid_, "cell");
  writer_.finish();
  const Store store(folder_.path());
  const Image two = contact_sheet(store, {0, 1}, 2, {.side = 64}), one = contact_sheet(store, {0}, 2, {.side = 64});
  EXPECT_EQ(two.width, 2 * (64 + 16 + 8) + 8);
  EXPECT_EQ(one.width, 64 + 16 + 16);
  EXPECT_GT(two.height, one.height);  // the tall picture
}

}  // namespace
}  // namespace weft
