// SPDX-License-Identifier: Apache-2.0
#include "data/objects.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace weft {
namespace {

constexpr int kSide = 40;

Record region(Scope scope, Bytes geometry, uint32_t concept_row = 0, Kind kind = Kind::pos) {
  Record record;
  record.scope = scope;
  record.geometry = std::move(geometry);
  record.concept_row = concept_row;
  record.kind = kind;
  return record;
}

Bytes rectangle(int x0, int y0, int x1, int y1) {
  std::vector<uint8_t> pixels(kSide * kSide);
  for (int y = y0; y < y1; ++y)
    for (int x = x0; x < x1; ++x) pixels[static_cast<size_t>(y * kSide + x)] = 1;
  return mask_bytes(rle_of_bitmap(pixels.data(), kSide, kSide));
}

Record mask(int x0, int y0, int x1, int y1, uint32_t concept_row = 0, Kind kind = Kind::pos) {
  return region(Scope::mask, rectangle(x0, y0, x1, y1), concept_row, kind);
}
Record box(double x0, double y0, double x1, double y1) {
  return region(Scope::box, box_bytes({x0, y0, x1, y1}));
}

int64_t pixels_of(const std::vector<uint8_t>& plane) {
  return std::accumulate(plane.begin(), plane.end(), int64_t{0});
}

ObjectSettings asking(int64_t per_image) {
  ObjectSettings settings;
  settings.per_image = per_image;
  return settings;
}

TEST(Objects, AMaskAndABoxAreEachAnObjectWithItsPixelsAndItsBox) {
  const ViewObjects found = all_objects({mask(2, 3, 12, 9), box(20, 20, 30, 25)}, kSide, {});
  ASSERT_EQ(found.asked.size(), 2u);
  EXPECT_EQ(found.asked[0].label, ObjectLabel::mask);
  EXPECT_EQ(pixels_of(found.asked[0].inside), 60);
  EXPECT_EQ(found.asked[0].box, (Box{2, 3, 12, 9}));
  EXPECT_TRUE(found.asked[0].known.empty());
  EXPECT_EQ(found.asked[1].label, ObjectLabel::box);
  EXPECT_EQ(pixels_of(found.asked[1].inside), 50);
  EXPECT_EQ(found.asked[1].box, (Box{20, 20, 30, 25}));
}

TEST(Objects, ARegionWithAnIdCountsOnceByItsMask) {
  Record whole = box(2, 3, 12, 9), exact = mask(2, 3, 12, 8);
  whole.id = exact.id = 7;
  for (const auto& records : {std::vector{whole, exact}, std::vector{exact, whole}}) {
    const ViewObjects found = all_objects(records, kSide, {});
    ASSERT_EQ(found.asked.size(), 1u);
    EXPECT_EQ(found.asked[0].label, ObjectLabel::mask);
    EXPECT_EQ(pixels_of(found.asked[0].inside), 50);
  }
}

TEST(Objects, PointsAndScribblesOfAConceptAreOneObjectOfWhichTheTouchedPixelsAloneAreKnown) {
  const Record in = region(Scope::point, point_bytes({10, 10}));
  const Record out = region(Scope::point, point_bytes({30, 10}), 0, Kind::neg);
  const Record other = region(Scope::scribble, scribble_bytes({4, {{5, 30}, {20, 30}}}), 1);
  const ViewObjects found = all_objects({in, out, other}, kSide, {});
  ASSERT_EQ(found.asked.size(), 2u);
  const ViewObject& first = found.asked[0];
  EXPECT_EQ(first.label, ObjectLabel::points);
  const auto at = [&](const std::vector<uint8_t>& plane, int x, int y) {
    return plane[static_cast<size_t>(y * kSide + x)];
  };
  EXPECT_TRUE(at(first.inside, 10, 10) && at(first.known, 10, 10));
  EXPECT_TRUE(!at(first.inside, 30, 10) && at(first.known, 30, 10)) << "NEG of it";
  EXPECT_TRUE(!at(first.inside, 12, 30) && at(first.known, 12, 30)) << "another concept";
  EXPECT_FALSE(at(first.known, 20, 20)) << "nobody said";
  EXPECT_TRUE(at(found.asked[1].inside, 12, 30));
  EXPECT_FALSE(at(found.asked[1].known, 30, 10)) << "NEG of a concept says nothing of another one";
}

TEST(Objects, UnknownPixelsOfTheConceptOrOfAnyAreNotKnown) {
  Record anything = mask(0, 0, 5, kSide, kAnyConcept, Kind::unknown);
  const Record its_own = mask(30, 0, 40, kSide, 0, Kind::unknown), foreign = mask(20, 0, 25, kSide, 1, Kind::unknown);
  const ViewObjects found = all_objects({mask(2, 3, 12, 9), anything, its_own, foreign}, kSide, {});
  ASSERT_EQ(found.asked.size(), 1u);
  EXPECT_EQ(pixels_of(found.asked[0].known), (kSide - 15) * kSide);
}

TEST(Objects, CrowdsAndWhatIsTooSmallOrFillsTheViewAreNotAskedFor) {
  Record crowd = mask(0, 0, 20, 20);
  crowd.flags = kCrowd;
  const ViewObjects found =
      all_objects({crowd, mask(0, 0, 1, 3), mask(0, 0, kSide, kSide), mask(5, 5, 5, 5), mask(0, 0, 2, 2)}, kSide, {});
  ASSERT_EQ(found.asked.size(), 1u);
  EXPECT_EQ(found.asked[0].number, 4);
}

TEST(Objects, AnObjectOfOnePixelCanBeAskedForWhereTheRecipeSaysSo) {
  ObjectSettings settings;
  settings.least_pixels = 1;
  const ViewObjects found = all_objects({mask(39, 39, 40, 40)}, kSide, settings);
  ASSERT_EQ(found.asked.size(), 1u);
  EXPECT_EQ(pixels_of(found.asked[0].inside), 1);
}

TEST(Objects, OfNoneNothingIsDrawnAndOf500AsManyAsAreAskedFor) {
  EXPECT_TRUE(draw_objects({}, kSide, asking(4), Stream(1, Purpose::objects, 0, 0)).asked.empty());
  std::vector<Record> many;
  for (int i = 0; i < 500; ++i) many.push_back(box(i % 30, i / 30, i % 30 + 5, i / 30 + 5));
  std::set<int64_t> seen;
  for (uint64_t step = 0; step < 300; ++step) {
    const ViewObjects drawn = draw_objects(many, kSide, asking(8), Stream(1, Purpose::objects, step, 0));
    ASSERT_EQ(drawn.asked.size(), 8u);
    for (size_t i = 0; i < 8; ++i) {
      if (i > 0) {
        EXPECT_LT(drawn.asked[i - 1].number, drawn.asked[i].number) << "each once, in order";
      }
      seen.insert(drawn.asked[i].number);
    }
  }
  EXPECT_GT(seen.size(), 480u) << "every one has its turn";
}

TEST(Objects, NothingIsElsewhereUnlessSomebodySaidThatAllIsSaid) {
  const std::vector<Record> records = {mask(2, 3, 12, 9)};
  EXPECT_TRUE(all_objects(records, kSide, {}).elsewhere.empty());
  std::vector<Record> all = records;
  all.push_back(region(Scope::image, {}, kAnyConcept, Kind::exhaustive));
  all.push_back(mask(30, 30, 40, 40, kAnyConcept, Kind::unknown));
  EXPECT_EQ(pixels_of(all_objects(all, kSide, {}).elsewhere), kSide * kSide - 60 - 100);
}

}  // namespace
}  // namespace weft
