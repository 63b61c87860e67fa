// SPDX-License-Identifier: Apache-2.0
#include "data/geometry.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

Affine random_map(Stream& stream) {
  const auto number = [&] { return stream.uniform(-3, 3); };
  return {1 + number() / 8, number() / 8, number(), number() / 8, 1 + number() / 8, number()};
}

void expect_near(Point a, Point b) {
  EXPECT_NEAR(a.x, b.x, 1e-4);
  EXPECT_NEAR(a.y, b.y, 1e-4);
}

TEST(Geometry, AMapThenItsInverseIsNoneAndMapsComposeInTheOrderNamed) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < 100; ++round) {
    const Affine first = random_map(stream), second = random_map(stream);
    const Point at{float(stream.uniform(-9, 9)), float(stream.uniform(-9, 9))};
    expect_near(first.then(second).apply(at), second.apply(first.apply(at)));
    expect_near(first.then(first.inverse()).apply(at), at);
    expect_near(first.inverse().apply(first.apply(at)), at);
    EXPECT_NEAR(first.then(second).scale(), first.scale() * second.scale(), 1e-9);
  }
  EXPECT_EQ((Affine{0, 2, 0, -8, 0, 0}.scale()), 4);
  EXPECT_NE(error_of([] { Affine{1, 2, 0, 2, 4, 0}.inverse(); }), "");
  EXPECT_NE(error_of([] { Affine{NAN, 2, 0, 2, 4, 0}.inverse(); }), "");
}

// The EXIF standard names the side at which the stored picture's first row and first column are seen.
TEST(Geometry, AnOrientationPutsFirstRowAndColumnWhereExifSaysTheyAreSeen) {
  constexpr double kWidth = 5, kHeight = 3;
  const std::array<std::pair<const char*, const char*>, 8> seen{{{"top", "left"},
                                                                 {"top", "right"},
                                                                 {"bottom", "right"},
                                                                 {"bottom", "left"},
                                                                 {"left", "top"},
                                                                 {"right", "top"},
                                                                 {"right", "bottom"},
                                                                 {"left", "bottom"}}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Affine map = upright_map(orientation, kWidth, kHeight);
    const bool turned = orientation >= 5;
    const double width = turned ? kHeight : kWidth, height = turned ? kWidth : kHeight;
    const auto expect_side = [&](const std::string& side, Point a, Point b) {
      const bool is_beside = side == "left" || side == "right";
      const double at = side == "left" || side == "top" ? 0 : is_beside ? width : height;
      for (const Point stored : {a, b}) EXPECT_EQ(is_beside ? map.apply(stored).x : map.apply(stored).y, at);
    };
    expect_side(seen[orientation - 1].first, {0, 0}, {kWidth, 0});
    expect_side(seen[orientation - 1].second, {0, 0}, {0, kHeight});
    const Point last = map.apply({kWidth, kHeight}), first = map.apply({0, 0});
    EXPECT_EQ(std::abs(last.x - first.x), width);
    EXPECT_EQ(std::abs(last.y - first.y), height);
  }
  EXPECT_NE(error_of([] { upright_map(0, 5, 3); }), "");
  EXPECT_NE(error_of([] { upright_map(9, 5, 3); }), "");
}

TEST(Geometry, BytesAreThoseOfTheDocumentedFormat) {
  EXPECT_EQ(point_bytes({1, -2}), (Bytes{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
  EXPECT_EQ(mask_bytes({2, 150, {0, 300}}), (Bytes{2, 0, 0, 0, 150, 0, 0, 0, 0, 0xac, 0x02}));
  EXPECT_EQ(uid_bytes({1, 0x0203}), (Bytes{1, 0, 0, 0, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(scribble_bytes({2, {{1, -2}}}), (Bytes{0, 0, 0, 0x40, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
}

TEST(Geometry, WhatWasWrittenComesBack) {
  const Box box{1, 2, 3.5, 1e6};
  EXPECT_EQ(box_of(box_bytes(box)), box);
  EXPECT_EQ(point_of(point_bytes({-3, 4.5})), (Point{-3, 4.5}));
  const Scribble scribble{.width = 2.5, .points = {{1, 2}, {3, 4}, {-5, 6}}};
  EXPECT_EQ(scribble_of(scribble_bytes(scribble)).points, scribble.points);
  EXPECT_EQ(scribble_of(scribble_bytes(scribble)).width, 2.5f);
  EXPECT_EQ(uid_of(uid_bytes({7, ~uint64_t{0}})), (Uid{7, ~uint64_t{0}}));
  for (const Rle& mask : {Rle{2, 3, {6}}, Rle{2, 3, {0, 6}}, Rle{1000, 1000, {127, 128, 16383, 16384, 966978}}})
    EXPECT_EQ(mask_of(mask_bytes(mask)), mask);
}

TEST(Geometry, BytesThatAreNoGeometryAreRefused) {
  expect_says(error_of([] { box_of(Bytes(15)); }), "a box has 15 bytes of geometry, wanted 16");
  expect_says(error_of([] { box_of(box_bytes({0, 0, 0, 1})); }), "a box is 0 0 0 1, wanted x0 < x1 and y0 < y1");
  expect_says(error_of([] { box_of(box_bytes({0, 0, 1e300, 1})); }), "a box holds the number inf");
  expect_says(error_of([] { point_of(point_bytes({NAN, 0})); }), "a point holds the number nan");
  expect_says(error_of([] { point_of({}); }), "a point has 0 bytes");
  expect_says(error_of([] { scribble_of(scribble_bytes({.width = 1, .points = {}})); }), "a scribble has 4 bytes");
  expect_says(error_of([] { scribble_of(Bytes(16)); }), "a scribble has 16 bytes");
  expect_says(error_of([] { scribble_of(scribble_bytes({0, {{1, 2}}})); }), "a scribble has the width 0");
  expect_says(error_of([] { uid_of(Bytes(17)); }), "a pair has 17 bytes of geometry, wanted 16");
}

TEST(Geometry, AMaskOfAnyBytesFillsItsSizeOrIsRefused) {
  const auto error_after = [](std::initializer_list<uint8_t> runs) {
    Bytes bytes{2, 0, 0, 0, 3, 0, 0, 0};
    for (const uint8_t byte : runs) bytes.push_back(byte);
    return error_of([&] { mask_of(bytes); });
  };
  EXPECT_EQ(error_after({1, 5}), "");
  expect_says(error_of([] { mask_of(Bytes(7)); }), "a mask has 7 bytes");
  expect_says(error_after({}), "the runs of a mask add up to 0 pixels");
  expect_says(error_after({1, 0x85}), "a mask ends in the middle of run 1");
  expect_says(error_after({1, 6}), "the runs of a mask add up to 7 pixels");
  expect_says(error_after({1, 0, 5}), "run 1 of a mask is 0");
  expect_says(error_after({0x80, 0x80, 0x80, 0x80, 0x80, 0}), "run 0 of a mask has more than 5 bytes");
  expect_says(error_after({0xff, 0xff, 0xff, 0xff, 0x7f}), "run 0 of a mask is 34359738367");
  expect_says(error_of([] { mask_of(Bytes(8, 0xff)); }), "pixels is too large");
  Stream stream(2, Purpose::init, 0, 0);
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes{uint8_t(stream.below(4)), 0, 0, 0, uint8_t(stream.below(4)), 0, 0, 0};
    for (uint64_t i = stream.below(5); i > 0; --i) bytes.push_back(uint8_t(stream.below(stream.chance(.8) ? 6 : 256)));
    const std::string error = error_of([&] { check_rle(mask_of(bytes)); });
    EXPECT_TRUE(error.empty() || error.find("mask") != std::string::npos) << error;
  }
}

TEST(Geometry, BoxesThatDoNotMeetHaveAnEmptyIntersection) {
  EXPECT_EQ(intersection({0, 0, 4, 4}, {1, -1, 9, 3}), (Box{1, 0, 4, 3}));
  EXPECT_TRUE(intersection({0, 0, 1, 1}, {1, 0, 2, 1}).is_empty());
  EXPECT_TRUE(intersection({0, 0, 1, 1}, {5, 5, 6, 6}).is_empty());
}

}  // namespace
}  // namespace weft
