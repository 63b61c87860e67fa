// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "data/algebra.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr int kSize = 30;

Bytes bitmap_of(const Rle& mask) {
  Bytes pixels(size_t{mask.height} * mask.width);
  paint_rle(mask, pixels.data(), 1);
  return pixels;
}

// objects.md: q = 1 within r of the point, w = 0 out to 3 r, q = 0 elsewhere inside the parent, w = 0 outside it.
TEST(Keypoint, IsSureWithinItsRadiusAndDeniedInTheRestOfItsParent) {
  Bytes body(kSize * kSize);
  for (int y = 4; y < 26; ++y)
    for (int x = 6; x < 24; ++x) body[y * kSize + x] = 1;
  const Point at{9.25f, 12.5f};
  const KeypointTargets targets = keypoint_targets(at, 2, rle_of_bitmap(body.data(), kSize, kSize));
  const Bytes positive = bitmap_of(targets.positive), known = bitmap_of(targets.known);
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      const double distance = std::hypot(x + .5 - at.x, y + .5 - at.y);
      const int pixel = y * kSize + x;
      EXPECT_EQ(positive[pixel], distance <= 2) << x << " " << y;
      EXPECT_EQ(known[pixel], distance <= 2 || (distance > 6 && body[pixel])) << x << " " << y;
    }
}

TEST(Keypoint, ThePixelThatHoldsItIsSureHoweverSmallItsRadius) {
  const KeypointTargets targets = keypoint_targets({7.9f, 3.1f}, 1e-3, {kSize, kSize, {kSize * kSize}});
  EXPECT_EQ(area_of(targets.positive), 1u);
  EXPECT_EQ(bitmap_of(targets.positive)[3 * kSize + 7], 1);
  EXPECT_EQ(targets.known, targets.positive);
  EXPECT_EQ(area_of(keypoint_targets({-50, 3}, 2, {kSize, kSize, {0, kSize * kSize}}).positive), 0u);
  expect_says(error_of([] { keypoint_targets({1, 1}, 0, {1, 1, {1}}); }), "wanted more than 0");
  expect_says(error_of([] { keypoint_targets({1, 1}, NAN, {1, 1, {1}}); }), "wanted more than 0");
}

TEST(Keypoint, ItsRadiusIsCocosSigmaOfTheParentsSize) {
  EXPECT_DOUBLE_EQ(keypoint_radius("left wrist", 10000), 6.2);
  EXPECT_DOUBLE_EQ(keypoint_radius("nose", 10000), 2.6);
  EXPECT_DOUBLE_EQ(keypoint_radius("right_hip", 400), 2.14);
  EXPECT_DOUBLE_EQ(keypoint_radius("beak", 10000), 5);
  EXPECT_DOUBLE_EQ(keypoint_radius("left bear", 10000), 5);
}

}  // namespace
}  // namespace weft
