// SPDX-License-Identifier: Apache-2.0
// Skeletons against NumPy and scikit-image, blur against scipy (tests/golden/make_masks.py); scribbles by what must
// hold.
#include "data/prompts/scribbles.h"

#include <cmath>
#include <set>

#include "data/components.h"
#include "data/distance.h"
#include "data/prompts/skeleton.h"
#include "tests/data/planes.h"

namespace weft {
namespace {

constexpr ScribbleKind kKinds[] = {ScribbleKind::line, ScribbleKind::centerline, ScribbleKind::contour};

Stream stream_of(uint64_t item) {
  return {6, Purpose::prompts, 1, item};
}

TEST(Scribbles, SkeletonsAreZhangAndSuens) {
  for (const auto& test : mask_golden("skeletons")) {
    TestMask mask(test["mask"].get<std::vector<std::string>>());
    mask.inside = skeleton_of(mask.inside, mask.width, mask.height);
    EXPECT_EQ(mask.rows(), test["skeleton"].get<std::vector<std::string>>()) << test["mask"].dump();
  }
}

// The share of pixels of one mask that lie within two pixels of the other.
double share_near(const TestMask& of, const TestMask& other) {
  std::vector<uint8_t> elsewhere(other.inside.size());
  for (size_t i = 0; i < elsewhere.size(); ++i) elsewhere[i] = !other.inside[i];
  const auto square = squared_distances(elsewhere.data(), other.width, other.height, Border::nothing);
  int64_t near = 0;
  for (size_t i = 0; i < square.size(); ++i) near += of.inside[i] && square[i] <= 4;
  return double(near) / double(area_of(of.inside));
}

TEST(Scribbles, SkeletonsRunWhereScikitImagesRun) {
  for (const auto& test : mask_golden("skeletons")) {
    TestMask mask(test["mask"].get<std::vector<std::string>>());
    if (mask.width < 40) continue;
    mask.inside = skeleton_of(mask.inside, mask.width, mask.height);
    const TestMask theirs(test["scikit_image"].get<std::vector<std::string>>());
    EXPECT_GT(share_near(mask, theirs), 0.97);
    EXPECT_GT(share_near(theirs, mask), 0.8);  // theirs also run into corners
  }
}

TEST(Scribbles, TheBlurIsScipys) {
  const auto& test = mask_golden("blur");
  const auto found = blur(test["plane"], test["width"], test["height"], test["sigma"], test["radius"]);
  const auto wanted = test["blurred"].get<std::vector<double>>();
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-6);
}

TEST(Scribbles, SmoothNoiseAndDisplacementsHaveTheirMeanAndSpread) {
  Stream stream = stream_of(0);
  const auto noise = smooth_noise(64, 48, 6, stream), moves = displacement(64, 48, 6, 3.5, stream);
  for (const auto& [plane, deviation] : {std::pair{&noise, 1.0}, std::pair{&moves, 3.5}}) {
    double sum = 0, squares = 0, steps = 0;
    for (size_t i = 0; i < plane->size(); ++i) {
      const double v = (*plane)[i];
      sum += v, squares += v * v;
      if (i % 64) steps = std::max(steps, std::abs(v - (*plane)[i - 1]));
    }
    EXPECT_NEAR(sum / double(plane->size()), 0, 1e-4);
    EXPECT_NEAR(std::sqrt(squares / double(plane->size())), deviation, 1e-3);
    EXPECT_LT(steps, deviation);  // neighbours are alike
  }
}

TEST(Scribbles, AScribbleLiesInsideIsNeverEmptyAndIsThin) {
  for (uint64_t item = 0; item < 12; ++item) {
    TestMask mask = random_blob(96, 80, 9, 0.3, item);
    for (int x = 0; x < 96; ++x) mask.known[size_t(40) * 96 + x] = 0;
    for (const ScribbleKind kind : kKinds) {
      Stream stream = stream_of(item);
      const auto scribble = draw_scribble(mask.view(), kind, 2, stream);
      for (size_t i = 0; i < scribble.size(); ++i) ASSERT_TRUE(!scribble[i] || (mask.inside[i] && mask.known[i]));
      const int64_t drawn = area_of(scribble);
      EXPECT_GT(drawn, 0);
      EXPECT_LT(drawn, area_of(mask.inside) / 3) << static_cast<int>(kind);
      Stream again = stream_of(item);
      EXPECT_EQ(draw_scribble(mask.view(), kind, 2, again), scribble);
    }
  }
}

// By how deep a disc of radius 30 is where scribbles run: centerlines in the middle, contours within, lines between.
TEST(Scribbles, CenterlinesRunDeepAndContoursInside) {
  TestMask disc(96, 96);
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 96; ++x) disc.inside[size_t(y) * 96 + x] = (x - 48) * (x - 48) + (y - 48) * (y - 48) <= 900;
  TestMask bar(96, 96);
  bar.fill(8, 38, 88, 59);
  const auto mean_depth = [&](const TestMask& mask, ScribbleKind kind) {
    const auto depth = squared_distances(mask.inside.data(), 96, 96, Border::outside);
    double sum = 0, count = 0;
    for (uint64_t item = 0; item < 40; ++item) {
      Stream stream = stream_of(item);
      const auto scribble = draw_scribble(mask.view(), kind, 2, stream);
      for (size_t i = 0; i < scribble.size(); ++i)
        if (scribble[i]) sum += std::sqrt(double(depth[i])), ++count;
    }
    return sum / count;
  };
  // Half the bar's height is 11; its pixels lie 5.4 deep on average.
  EXPECT_GT(mean_depth(bar, ScribbleKind::centerline), 7);
  EXPECT_LT(mean_depth(bar, ScribbleKind::line), mean_depth(bar, ScribbleKind::centerline));
  EXPECT_GT(mean_depth(disc, ScribbleKind::contour), 3);
  EXPECT_LT(mean_depth(disc, ScribbleKind::contour), 20);
}

TEST(Scribbles, ScribblesDifferAndBreak) {
  TestMask bar(96, 96);
  bar.fill(4, 40, 92, 56);
  std::set<std::vector<uint8_t>> drawn;
  int broken = 0;
  for (uint64_t item = 0; item < 30; ++item) {
    Stream stream = stream_of(item);
    const auto scribble = draw_scribble(bar.view(), ScribbleKind::centerline, 1, stream);
    drawn.insert(scribble);
    broken += components_of(scribble.data(), 96, 96, Neighbours::eight).count() > 1;
  }
  EXPECT_EQ(drawn.size(), 30u);
  EXPECT_GT(broken, 10);
}

TEST(Scribbles, OnePixelFullAndEmptyMasksAreScribbledOnAsFarAsTheyCanBe) {
  TestMask one(20, 16), full(20, 16, 1), column(1, 9, 1);
  one.inside[5 * 20 + 3] = 1;
  TestMask corner(20, 16);
  corner.inside[0] = 1;
  for (const ScribbleKind kind : kKinds)
    for (uint64_t item = 0; item < 10; ++item) {
      Stream stream = stream_of(item);
      EXPECT_EQ(draw_scribble(one.view(), kind, 1, stream), one.inside);
      EXPECT_EQ(draw_scribble(corner.view(), kind, 1, stream), corner.inside);
      EXPECT_GT(area_of(draw_scribble(full.view(), kind, 1, stream)), 0);
      EXPECT_GT(area_of(draw_scribble(column.view(), kind, 1, stream)), 0);
      EXPECT_EQ(area_of(draw_scribble(TestMask(20, 16).view(), kind, 1, stream)), 0);
    }
}

TEST(Scribbles, OutsideIsWhatIsKnownAndNotInside) {
  const TestMask mask({"#?.", "..#"});
  EXPECT_EQ(outside_of(mask.view()), (std::vector<uint8_t>{0, 0, 1, 1, 1, 0}));
}

TEST(Scribbles, PointsOfAScribbleAreSomeOfItsPixelsEachAlikeOften) {
  const TestMask scribble({"#.#.#", ".#.#."});
  std::vector<int> counts(10, 0);
  for (uint64_t item = 0; item < 5000; ++item) {
    Stream stream = stream_of(item);
    const auto points = points_of(scribble.inside, 5, 2, PointLabel::negative, stream);
    ASSERT_EQ(points.size(), 2u);
    EXPECT_FALSE(points[0] == points[1]);
    for (const PromptPoint& point : points) {
      EXPECT_EQ(point.label, PointLabel::negative);
      ++counts[size_t(point.y) * 5 + size_t(point.x)];
    }
  }
  for (size_t i = 0; i < counts.size(); ++i) EXPECT_NEAR(counts[i], scribble.inside[i] ? 2000 : 0, 150);
  Stream stream = stream_of(0);
  EXPECT_EQ(points_of(scribble.inside, 5, 99, PointLabel::positive, stream).size(), 5u);
  EXPECT_TRUE(points_of(TestMask(4, 4).inside, 4, 3, PointLabel::positive, stream).empty());
}

}  // namespace
}  // namespace weft
