// SPDX-License-Identifier: Apache-2.0
#include "data/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "tests/data/pictures.h"

namespace weft {
namespace {

Bytes evaluate(const Image& image, int size, uint64_t item = 0) {
  Stream stream = stream_of(item);
  Bytes out(size_t{3} * size * size);
  evaluation_view(image, size, stream, out.data());
  return out;
}

// The background that evaluate() draws, plane by plane.
Bytes background(int size, uint64_t item = 0) {
  Stream stream = stream_of(item);
  Bytes pixels(size_t{3} * size * size), planes;
  draw_background(size, stream, pixels.data());
  for (size_t c = 0; c < 3; ++c)
    for (size_t i = c; i < pixels.size(); i += 3) planes.push_back(pixels[i]);
  return planes;
}

TEST(View, AnOpaqueEvaluationViewIsPillowsToTheByte) {
  std::ifstream golden(WEFT_SOURCE_DIR "/tests/golden/views.txt");
  int width, height, size, cases = 0;
  uint32_t crc;
  for (; golden >> width >> height >> size >> std::hex >> crc >> std::dec; ++cases) {
    const Bytes view = evaluate(noisy(width, height, 3), size);
    EXPECT_EQ(crc32c(view.data(), view.size()), crc) << width << " x " << height << " to " << size;
  }
  EXPECT_EQ(cases, 11);
}

TEST(View, EqualStreamsGiveEqualBytesAndOthersDoNot) {
  for (const int channels : {3, 4}) {
    const Image image = noisy(61, 47, channels);
    const Bytes first = train(image, everything(), 32, 5);
    EXPECT_EQ(train(image, everything(), 32, 5), first);
    EXPECT_NE(train(image, everything(), 32, 6), first);
  }
}

TEST(View, AFlippedViewIsTheMirrorOfTheOther) {
  const Image image = noisy(61, 47, 3);
  AugmentSettings augment;
  const Bytes straight = train(image, augment, 24);
  augment.flip = 1;
  Bytes flipped = train(image, augment, 24);
  EXPECT_NE(flipped, straight);
  for (size_t row = 0; row < flipped.size(); row += 24)
    std::reverse(flipped.begin() + static_cast<long>(row), flipped.begin() + static_cast<long>(row) + 24);
  EXPECT_EQ(flipped, straight);
}

TEST(View, ATurnedPhotoHasNoForeignCorners) {
  AugmentSettings augment;
  augment.rotate_degrees = 180;
  for (uint64_t item = 0; item < 20; ++item)
    for (const uint8_t value : train(flat(50, 30, {77, 77, 77}), augment, 16, item)) ASSERT_EQ(value, 77);
}

TEST(View, AHardlyTurnedPhotoIsHardlyChanged) {
  AugmentSettings augment;
  augment.crop_scale_min = 0.25;
  const Image image = [] {  // smooth, so that a tenth of a pixel moves no value by more than 2
    Image slope(96, 64, 3);
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 96; ++x) std::fill_n(slope.row(y) + 3 * x, 3, static_cast<uint8_t>(2 * x + y));
    return slope;
  }();
  for (uint64_t item = 0; item < 20; ++item) {
    augment.rotate_degrees = 0;
    const Bytes straight = train(image, augment, 32, item);
    augment.rotate_degrees = 0.1;
    const Bytes turned = train(image, augment, 32, item);
    for (size_t i = 0; i < straight.size(); ++i) ASSERT_NEAR(turned[i], straight[i], 3) << "item " << item;
  }
}

TEST(View, WhatIsTransparentShowsTheBackgroundAndNotItsColour) {
  for (uint64_t item = 0; item < 8; ++item)
    EXPECT_EQ(evaluate(flat(40, 30, {255, 0, 255, 0}), 32, item), background(32, item));
}

TEST(View, AnEvaluationCutoutIsCentredAndNineTenthsOfTheView) {
  Image white = flat(60, 20, {255, 255, 255, 254});  // a picture that hides everything behind it is no cutout
  const Bytes view = evaluate(white, 100), ground = background(100);  // 90 x 30, from (5, 35)
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 100; ++x) {
      const bool inside = 5 <= x && x < 95 && 35 <= y && y < 65;
      const int seen = view[y * 100 + x];
      ASSERT_TRUE(inside ? seen >= 254 : seen == ground[y * 100 + x]) << x << ", " << y << ": " << seen;
    }
}

TEST(View, AWhiteDiskHasNoDarkHalo) {
  Image disk = flat(136, 128, {0, 0, 0, 0});  // black where it is transparent
  for (int y = 0; y < disk.height; ++y)
    for (int x = 0; x < disk.width; ++x)
      if (std::hypot(x - 68, y - 64) < 60) std::fill_n(disk.row(y) + 4 * x, 4, 255);
  for (uint64_t item = 0; item < 8; ++item) {
    const Bytes view = evaluate(disk, 64, item), ground = background(64, item);
    for (size_t i = 0; i < view.size(); ++i) ASSERT_GE(view[i], ground[i]) << "item " << item;
  }
}

TEST(View, ATurnedCutoutStaysInsideWhereItFits) {
  AugmentSettings augment;
  augment.rotate_degrees = 45;
  augment.zoom_min = augment.zoom_max = 0.5;  // a diagonal of 0.71
  for (uint64_t item = 0; item < 20; ++item) {
    const Bytes opaque = train(flat(90, 90, {255, 255, 255, 254}), augment, 64, item);
    const Bytes empty = train(flat(90, 90, {0, 0, 0, 0}), augment, 64, item);
    double area = 0;  // where white lies over the background, by how far it is from there to white
    for (size_t i = 0; i < 64 * 64; ++i) area += empty[i] < 255 ? (opaque[i] - empty[i]) / (255.0 - empty[i]) : 0;
    EXPECT_NEAR(area, 32 * 32, 12) << "item " << item;
  }
}

TEST(View, AGreyViewHasThreeEqualPlanes) {
  AugmentSettings augment;
  augment.grayscale = 1;
  const Bytes view = train(noisy(40, 40, 3), augment, 16);
  EXPECT_TRUE(std::equal(view.begin(), view.begin() + 256, view.begin() + 256));
  EXPECT_TRUE(std::equal(view.begin(), view.begin() + 256, view.begin() + 512));
}

TEST(View, JitterOfAFlatGreyImageIsItsBrightnessAlone) {
  AugmentSettings augment;
  augment.color_jitter = 0.2;
  std::set<int> seen;
  for (uint64_t item = 0; item < 40; ++item) {
    const Bytes view = train(flat(20, 20, {100, 100, 100}), augment, 8, item);
    EXPECT_EQ(std::set<int>(view.begin(), view.end()).size(), 1u);
    EXPECT_GE(view[0], 80);
    EXPECT_LE(view[0], 120);
    seen.insert(view[0]);
  }
  EXPECT_GT(seen.size(), 10u);
}

TEST(View, BackgroundsComeFlatAndPatterned) {
  int plain = 0;
  for (uint64_t item = 0; item < 100; ++item) {
    const Bytes ground = background(16, item);
    plain += std::all_of(ground.begin(), ground.begin() + 256, [&](uint8_t value) { return value == ground[0]; });
  }
  EXPECT_GT(plain, 10);  // a quarter, give or take five standard deviations
  EXPECT_LT(plain, 50);
}

TEST(View, ANeedleIsRefusedRatherThanEnlargedBeyondMemory) {
  EXPECT_THROW(evaluate(flat(1, 65000, {1, 2, 3}), 224), Error);
}

}  // namespace
}  // namespace weft
