// SPDX-License-Identifier: Apache-2.0
#include "data/mix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

constexpr int kSize = 20;
constexpr uint32_t kCat = 1, kDog = 2, kCar = 3;

Record image_says(uint32_t row, Kind kind = Kind::pos, float confidence = 1) {
  Record record;
  record.concept_row = row;
  record.kind = kind;
  record.confidence = confidence;
  return record;
}
Record region(Scope scope, uint32_t row, Bytes geometry, Kind kind = Kind::pos) {
  Record record = image_says(row, kind);
  record.scope = scope;
  record.geometry = std::move(geometry);
  return record;
}
PasteMask rectangle(int x0, int y0, int x1, int y1) {
  PasteMask mask(kSize * kSize);
  for (int y = y0; y < y1; ++y) std::fill(mask.begin() + y * kSize + x0, mask.begin() + y * kSize + x1, 1);
  return mask;
}
Record mask_says(uint32_t row, const PasteMask& mask, Kind kind = Kind::pos) {
  return region(Scope::mask, row, mask_bytes(rle_of_bitmap(mask.data(), kSize, kSize)), kind);
}
PasteMask bitmap(const Record& record) {
  PasteMask mask(kSize * kSize);
  paint_rle(mask_of(record.geometry), mask.data(), 1);
  return mask;
}

MixedView flat(uint8_t value, std::vector<Record> records = {}) {
  return {kSize, std::vector<uint8_t>(3 * kSize * kSize, value), PasteMask(kSize * kSize, 1), std::move(records)};
}

const Record* find(const MixedView& view, uint32_t row, Scope scope) {
  for (const Record& record : view.records)
    if (record.concept_row == row && record.scope == scope) return &record;
  return nullptr;
}

TEST(Mix, ACutShowsTheOtherPictureInsideAndThisOneOutside) {
  const MixedView mixed = cut_mix(flat(10), flat(200), {5, 6, 15, 12}, {});
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(mixed.pixels[(c * kSize + y) * kSize + x], 5 <= x && x < 15 && 6 <= y && y < 12 ? 200 : 10);
}

TEST(Mix, ALabelOfAPictureThatIsCoveredInPartHoldsSomewhere) {
  const MixedView mixed = cut_mix(flat(0, {image_says(kCat)}), flat(0, {image_says(kDog)}), {0, 0, 20, 10}, {});
  ASSERT_EQ(mixed.records.size(), 2u);
  EXPECT_EQ(find(mixed, kCat, Scope::image)->kind, Kind::exists);
  EXPECT_EQ(find(mixed, kDog, Scope::image)->kind, Kind::exists);
}

TEST(Mix, ByAreaLabelsAreWeightedByWhatIsSeenOfTheirPicture) {
  MixSettings settings;
  settings.global = "area";
  const MixedView a = flat(0, {image_says(kCat), image_says(kCar)});
  const MixedView b = flat(0, {image_says(kDog), image_says(kCar)});
  const MixedView mixed = cut_mix(a, b, {0, 0, 20, 5}, settings);
  ASSERT_EQ(mixed.records.size(), 3u);
  EXPECT_EQ(find(mixed, kCat, Scope::image)->kind, Kind::soft);
  EXPECT_FLOAT_EQ(find(mixed, kCat, Scope::image)->confidence, 0.75f);
  EXPECT_FLOAT_EQ(find(mixed, kDog, Scope::image)->confidence, 0.25f);
  EXPECT_FLOAT_EQ(find(mixed, kCar, Scope::image)->confidence, 1);  // both have it
}

TEST(Mix, ANegativeHoldsForThePixelsOfItsOwnPictureAlone) {
  const MixedView mixed =
      cut_mix(flat(0, {image_says(kCat, Kind::neg)}), flat(0, {image_says(kCat)}), {0, 0, 20, 5}, {});
  const Record* denied = find(mixed, kCat, Scope::mask);
  ASSERT_TRUE(denied);
  EXPECT_EQ(denied->kind, Kind::neg);
  EXPECT_EQ(bitmap(*denied), rectangle(0, 5, 20, 20));
  EXPECT_EQ(find(mixed, kCat, Scope::image)->kind, Kind::exists);
}

TEST(Mix, ACountBecomesAtMostAndCandidatesAreDropped) {
  Record count = image_says(kCat, Kind::count), candidates = image_says(kAnyConcept, Kind::candidates);
  count.operands = {3, 5};
  candidates.operands = {kCat, kDog};
  const MixedView mixed = cut_mix(flat(0, {count, candidates}), flat(0), {0, 0, 20, 5}, {});
  ASSERT_EQ(mixed.records.size(), 1u);
  EXPECT_EQ(mixed.records[0].operands, (std::vector<uint32_t>{0, 5}));
  EXPECT_EQ(mixed.records[0].scope, Scope::mask);
}

TEST(Mix, RegionsLoseWhatIsCoveredAndGoWithTooLittleLeft) {
  const MixedView onto = flat(
      0, {region(Scope::box, kCat, box_bytes({2, 2, 10, 10})), region(Scope::box, kDog, box_bytes({12, 0, 20, 20})),
          mask_says(kCar, rectangle(0, 0, 20, 4)), region(Scope::point, kCat, point_bytes({15.5, 3.5})),
          region(Scope::point, kCat, point_bytes({3.5, 3.5}))});
  const MixedView mixed = cut_mix(onto, flat(0), {6, 0, 20, 20}, {});
  EXPECT_EQ(box_of(find(mixed, kCat, Scope::box)->geometry), (Box{2, 2, 6, 10}));
  EXPECT_TRUE(find(mixed, kCat, Scope::box)->flags & kOccluded);
  EXPECT_FALSE(find(mixed, kDog, Scope::box));
  EXPECT_EQ(bitmap(*find(mixed, kCar, Scope::mask)), rectangle(0, 0, 6, 4));
  ASSERT_EQ(mixed.records.size(), 3u);
  EXPECT_EQ(point_of(find(mixed, kCat, Scope::point)->geometry), (Point{3.5, 3.5}));
}

TEST(Mix, ADenialOfABoxKeepsToThePixelsThatAreSeen) {
  const MixedView onto = flat(0, {region(Scope::box, kAnyConcept, box_bytes({0, 0, 10, 10}), Kind::neg)});
  const MixedView mixed = cut_mix(onto, flat(0), {5, 5, 20, 20}, {});
  ASSERT_EQ(mixed.records.size(), 1u);
  PasteMask wanted = rectangle(0, 0, 10, 10);
  for (int y = 5; y < 10; ++y)
    for (int x = 5; x < 10; ++x) wanted[y * kSize + x] = 0;
  EXPECT_EQ(bitmap(mixed.records[0]), wanted);
}

TEST(Mix, AScribbleIsCutWhereItIsCovered) {
  Scribble line{2, {}};
  for (int x = 0; x < 20; ++x) line.points.push_back({x + 0.5f, 10.5f});
  const MixedView mixed =
      cut_mix(flat(0, {region(Scope::scribble, kCat, scribble_bytes(line))}), flat(0), {8, 0, 12, 20}, {});
  ASSERT_EQ(mixed.records.size(), 2u);
  EXPECT_EQ(scribble_of(mixed.records[0].geometry).points.size(), 8u);
  EXPECT_EQ(scribble_of(mixed.records[1].geometry).points.front().x, 12.5f);
}

TEST(Mix, APastedObjectComesWithItsPartsAndCoversWhatIsBelow) {
  Record dog = mask_says(kDog, rectangle(4, 4, 12, 12)), ear = mask_says(kCar, rectangle(5, 5, 7, 7));
  dog.id = 1;
  ear.id = 2;
  ear.parent = 1;
  Record cat = mask_says(kCat, rectangle(0, 0, 12, 12));
  cat.id = 1;
  const MixedView from = flat(200, {image_says(kDog), mask_says(kCat, rectangle(14, 14, 20, 20)), dog, ear});
  const size_t objects[] = {2};
  MixSettings hard;
  hard.feather = 0;
  const MixedView mixed = copy_paste(flat(10, {cat}), from, objects, hard);
  EXPECT_EQ(mixed.pixels[5 * kSize + 5], 200);
  EXPECT_EQ(mixed.pixels[15 * kSize + 15], 10);
  ASSERT_EQ(mixed.records.size(), 3u);  // the other cat and the label of all of `from` stay behind
  EXPECT_EQ(bitmap(*find(mixed, kDog, Scope::mask)), rectangle(4, 4, 12, 12));
  EXPECT_EQ(find(mixed, kCar, Scope::mask)->parent, find(mixed, kDog, Scope::mask)->id);
  EXPECT_NE(find(mixed, kDog, Scope::mask)->id, find(mixed, kCat, Scope::mask)->id);
  const PasteMask below = bitmap(*find(mixed, kCat, Scope::mask));
  EXPECT_EQ(below[5 * kSize + 5], 0);
  EXPECT_EQ(below[1 * kSize + 1], 1);
}

TEST(Mix, AFeatheredEdgeLiesBetweenThePictures) {
  const MixedView from = flat(200, {mask_says(kDog, rectangle(5, 5, 15, 15))});
  const size_t objects[] = {0};
  MixSettings soft;
  soft.feather = 2;
  const MixedView mixed = copy_paste(flat(100), from, objects, soft);
  EXPECT_EQ(mixed.pixels[10 * kSize + 10], 200);
  EXPECT_EQ(mixed.pixels[10 * kSize + 1], 100);
  EXPECT_GT(mixed.pixels[10 * kSize + 4], 100);
  EXPECT_LT(mixed.pixels[10 * kSize + 5], 200);
}

TEST(Mix, HalfOfTheClassesArePastedWhole) {
  const MixedView from = flat(200, {mask_says(kCat, rectangle(0, 0, 5, 20)), mask_says(kDog, rectangle(5, 0, 10, 20)),
                                    mask_says(kDog, rectangle(15, 0, 20, 20))});
  bool cat_was = false, dog_was = false;
  for (uint64_t item = 0; item < 20; ++item) {
    Stream stream(1, Purpose::augment, 0, item);
    const MixedView mixed = class_mix(flat(10), from, stream, {});
    const bool cat = mixed.pixels[2] == 200, dog = mixed.pixels[7] == 200, dog_too = mixed.pixels[17] == 200;
    EXPECT_EQ(dog, dog_too);
    EXPECT_NE(cat, dog);
    EXPECT_EQ(mixed.records.size(), cat ? 1u : 2u);
    (cat ? cat_was : dog_was) = true;
  }
  EXPECT_TRUE(cat_was && dog_was);
}

TEST(Mix, MixUpBlendsPixelsAndLabels) {
  const MixedView a = flat(100, {image_says(kCat), image_says(kCar, Kind::neg), image_says(kDog, Kind::neg)});
  const MixedView b =
      flat(200, {image_says(kDog), image_says(kCar, Kind::neg), mask_says(kDog, rectangle(0, 0, 9, 9))});
  const MixedView mixed = mix_up(a, b, 0.75);
  for (const uint8_t value : mixed.pixels) ASSERT_EQ(value, 125);
  EXPECT_FLOAT_EQ(find(mixed, kCat, Scope::image)->confidence, 0.75f);
  EXPECT_FLOAT_EQ(find(mixed, kDog, Scope::image)->confidence, 0.25f);
  EXPECT_EQ(find(mixed, kDog, Scope::image)->kind, Kind::soft);
  EXPECT_EQ(find(mixed, kCar, Scope::image)->kind, Kind::neg);  // both say so
  EXPECT_FLOAT_EQ(find(mixed, kDog, Scope::mask)->confidence, 0.25f);
}

TEST(Mix, ADenialByOnePictureSaysNothingOfABlend) {
  EXPECT_TRUE(mix_up(flat(0, {image_says(kCat, Kind::neg, 0.8f)}), flat(0), 0.5).records.empty());
}

TEST(Mix, NothingCoveredLeavesEverythingAsItWas) {
  const std::vector<Record> records = {image_says(kCat), region(Scope::box, kDog, box_bytes({1, 2, 3, 4})),
                                       mask_says(kCar, rectangle(3, 3, 9, 9))};
  EXPECT_EQ(visible_records(records, PasteMask(kSize * kSize), kSize, {}).size(), 3u);
  EXPECT_EQ(visible_records(records, PasteMask(kSize * kSize), kSize, {})[0].kind, Kind::pos);
}

TEST(Mix, NoStatementIsMadeOfWhatWasUnknown) {  // whatever is mixed, concepts and their denials come from the inputs
  for (uint64_t item = 0; item < 50; ++item) {
    Stream stream(2, Purpose::augment, 0, item);
    const MixedView a = flat(1, {image_says(kCat), mask_says(kCat, rectangle(2, 2, 8, 8))});
    const MixedView b = flat(2, {image_says(kDog, Kind::neg), mask_says(kDog, rectangle(1, 9, 18, 18), Kind::neg)});
    const MixedView mixed = cut_mix(a, b, draw_cut(kSize, 0.02, 0.4, stream), {});
    for (const Record& record : mixed.records) {
      EXPECT_TRUE(record.concept_row == kCat || record.concept_row == kDog);
      EXPECT_EQ(record.kind == Kind::neg, record.concept_row == kDog);
    }
  }
}

TEST(Mix, SharesAreDrawnFromTheirDistributions) {
  double sum = 0, area = 0;
  for (uint64_t item = 0; item < 4000; ++item) {
    Stream stream(3, Purpose::augment, 0, item);
    const double share = draw_share(1, stream);  // the larger of two that are uniform together: mean 3/4
    ASSERT_GE(share, 0.5);
    ASSERT_LE(share, 1);
    sum += share;
    const Box cut = draw_cut(200, 0.02, 0.4, stream);
    ASSERT_TRUE(0 <= cut.x0 && cut.x1 <= 200 && 0 <= cut.y0 && cut.y1 <= 200);
    area += cut.area() / 40000;
  }
  EXPECT_NEAR(sum / 4000, 0.75, 0.01);
  EXPECT_NEAR(area / 4000, 0.21, 0.02);  // less where a long side is cut to the view
}

}  // namespace
}  // namespace weft
