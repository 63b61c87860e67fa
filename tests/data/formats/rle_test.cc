// SPDX-License-Identifier: Apache-2.0
#include "data/formats/rle.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// tests/golden/make_rle.py: by pycocotools.
const Json& golden() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/rle.json"));
  return json;
}

Bytes golden_bitmap(uint32_t height, uint32_t width, uint64_t seed, uint64_t threshold, uint32_t block) {
  Bytes pixels;
  for (uint32_t y = 0; y < height; ++y)
    for (uint32_t x = 0; x < width; ++x) {
      const uint64_t i = uint64_t{y / block} * width + x / block;
      pixels.push_back(static_cast<uint32_t>(i * 2654435761 + seed * 40503) >> 24 < threshold);
    }
  return pixels;
}

Rle golden_mask(uint32_t height, uint32_t width, const Json& shape) {
  return rle_of_bitmap(golden_bitmap(height, width, shape[0], shape[1], shape[2]).data(), height, width);
}

void expect_described(const Rle& mask, const Json& wanted) {
  EXPECT_EQ(rle_to_string(mask), wanted.at("counts"));
  EXPECT_EQ(area_of(mask), wanted.at("area"));
  EXPECT_EQ(box_of_rle(mask), (wanted.at("box").get<std::array<double, 4>>()));
}

Bytes random_bitmap(Stream& stream, uint32_t height, uint32_t width) {
  Bytes pixels(size_t{height} * width);
  const double changes = stream.uniform(0.02, 0.7);
  uint8_t now = 0;
  for (uint8_t& pixel : pixels) pixel = now ^= stream.chance(changes);
  return pixels;
}

Bytes bitmap_of(const Rle& mask) {
  Bytes pixels(size_t{mask.height} * mask.width);
  paint_rle(mask, pixels.data(), 1);
  return pixels;
}

std::string error_in(std::string_view text, uint32_t height, uint32_t width) {
  return error_of([&] { rle_from_string(text, height, width); });
}

TEST(Rle, StringAreaAndBoxAreThoseOfPycocotools) {
  for (const Json& wanted : golden().at("bitmaps")) {
    const Json& shape = wanted.at("shape");
    const Bytes pixels = golden_bitmap(shape[0], shape[1], shape[2], shape[3], shape[4]);
    const Rle mask = rle_of_bitmap(pixels.data(), shape[0], shape[1]);
    SCOPED_TRACE(shape.dump());
    check_rle(mask);
    expect_described(mask, wanted);
    EXPECT_EQ(rle_from_string(wanted.at("counts").get<std::string>(), shape[0], shape[1]), mask);
    EXPECT_EQ(bitmap_of(mask), pixels);
  }
}

TEST(Rle, APolygonIsRasterisedPixelForPixelAsByPycocotools) {
  ASSERT_GE(golden().at("polygons").size(), 70u);
  for (const Json& wanted : golden().at("polygons")) {
    SCOPED_TRACE(wanted.dump());
    const Rle mask = rle_of_polygon(wanted.at("xy"), wanted.at("height"), wanted.at("width"));
    check_rle(mask);
    expect_described(mask, wanted);
  }
}

TEST(Rle, UnionIntersectionAndIouAreThoseOfPycocotools) {
  std::vector<Rle> masks;
  for (const Json& shape : golden().at("meet")) masks.push_back(golden_mask(40, 33, shape));
  for (size_t i = 0; i < masks.size(); ++i)
    for (size_t j = 0; j < masks.size(); ++j) {
      SCOPED_TRACE(join(i, " with ", j));
      EXPECT_EQ(rle_to_string(merge({masks[i], masks[j]}, false)), golden().at("union")[i][j]);
      EXPECT_EQ(rle_to_string(merge({masks[i], masks[j]}, true)), golden().at("intersection")[i][j]);
      EXPECT_EQ(iou(masks[i], masks[j]), golden().at("iou")[i][j].get<double>());
      EXPECT_EQ(iou(masks[i], masks[j], true), golden().at("iou_crowd")[i][j].get<double>());
    }
  masks.resize(3);
  EXPECT_EQ(rle_to_string(merge(masks, false)), golden().at("union_of_all"));
  EXPECT_EQ(rle_to_string(merge(masks, true)), golden().at("intersection_of_all"));
}

TEST(Rle, RealStringsComeBackAsTheyWere) {
  const char* variable = std::getenv("WEFT_SHARED_DATA");
  const Path folder = variable ? Path(variable) : Path(WEFT_SOURCE_DIR) / ".." / "shared" / "data";
  const Path file = folder / "formats/coco_results/instances_val2014_fakesegm100_results.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the shared data is not on this machine";
  const Json results = Json::parse(read_text(file));
  ASSERT_EQ(results.size(), 734u);
  for (const Json& result : results) {
    const Json& mask = result.at("segmentation");
    const std::string text = mask.at("counts");
    const Rle rle = rle_from_string(text, mask.at("size")[0], mask.at("size")[1]);
    EXPECT_EQ(rle_to_string(rle), text);
    const Bytes pixels = bitmap_of(rle);
    EXPECT_EQ(rle_of_bitmap(pixels.data(), rle.height, rle.width), rle);
  }
}

TEST(Rle, RunsThatDoNotFillTheMaskAreNamed) {
  EXPECT_EQ(error_of([] { check_rle({2, 3, {6}}); }), "");
  EXPECT_EQ(error_of([] { check_rle({2, 3, {0, 6}}); }), "");
  EXPECT_EQ(error_of([] { check_rle({0, 3, {}}); }), "");
  EXPECT_EQ(error_of([] { check_rle({2, 3, {5}}); }), "the runs of a mask add up to 5 pixels, but it has 3 x 2");
  EXPECT_EQ(error_of([] { check_rle({2, 3, {3, 0, 3}}); }), "run 1 of a mask is 0; only the first may be");
  EXPECT_EQ(error_of([] { check_rle({2, 3, {6, 0}}); }), "run 1 of a mask is 0; only the first may be");
  EXPECT_EQ(error_of([] { check_rle({65536, 65536, {}}); }), "a mask of 65536 x 65536 pixels is too large");
  EXPECT_EQ(error_of([] { rle_from_counts({2, 5}, 2, 3); }), "run 1 of the mask ends beyond its 3 x 2 pixels");
  EXPECT_EQ(error_of([] { rle_from_counts({2, ~uint64_t{0}}, 2, 3); }),
            "run 1 of the mask ends beyond its 3 x 2 pixels");
  EXPECT_EQ(error_of([] { rle_from_counts({2, 3}, 2, 3); }), "the runs of the mask end after 5 of its 3 x 2 pixels");
  EXPECT_NE(error_of([] { rle_from_counts({}, 65536, 65536); }), "");
}

TEST(Rle, CountsOfLengthZeroInTheMiddleAreTheSameMaskWithoutThem) {
  EXPECT_EQ(rle_from_counts({0, 0, 2, 3, 0, 1, 0, 0}, 2, 3), (Rle{2, 3, {2, 4}}));
  EXPECT_EQ(rle_from_counts({}, 0, 3), (Rle{0, 3, {0}}));
  EXPECT_EQ(rle_from_counts({0, 6}, 2, 3), (Rle{2, 3, {0, 6}}));
}

TEST(Rle, AStringThatIsCutOrOverflowsNamesTheCharacter) {
  EXPECT_EQ(error_in("6", 2, 3), "");
  EXPECT_EQ(error_in("", 2, 3), "the runs of the mask end after 0 of its 3 x 2 pixels");
  EXPECT_EQ(error_in("2P", 2, 3), "the run-length string ends at character 2 in the middle of a number");
  EXPECT_EQ(error_in("2\x1f", 2, 3), "character 1 of the run-length string is no part of one (code 31)");
  EXPECT_EQ(error_in("2p", 2, 3), "character 1 of the run-length string is no part of one (code 112)");
  EXPECT_EQ(error_in("2\xff", 2, 3), "character 1 of the run-length string is no part of one (code 255)");
  EXPECT_EQ(error_in("2PPPPPPP0", 2, 3), "the number at character 8 of the run-length string is too large");
  EXPECT_EQ(error_in("O", 2, 3), "the run that ends at character 0 of the run-length string is -1");
  EXPECT_EQ(error_in("oooooo3", 2, 3), "run 0 of the mask ends beyond its 3 x 2 pixels");
  EXPECT_EQ(error_in("oooooo7", 2, 3), "the run that ends at character 6 of the run-length string is 8589934591");
}

TEST(Rle, DifferencesOfAnySizeComeBack) {
  const std::vector<Rle> masks{{65535, 65537, {4294967295u}},
                               {65535, 65537, {0, 4294967295u}},
                               {65535, 65537, {1, 4294967291u, 1, 1, 1}},
                               {65535, 65537, {1, 1, 1, 1, 4294967291u}}};
  for (const Rle& mask : masks) EXPECT_EQ(rle_from_string(rle_to_string(mask), mask.height, mask.width), mask);
}

TEST(Rle, APolygonOfNoPictureOrNoNumberIsRefusedAndAHugeOneIsQuick) {
  EXPECT_EQ(error_of([] { rle_of_polygon({1, 2, 3}, 5, 5); }), "a polygon has 3 numbers, wanted pairs");
  EXPECT_NE(error_of([] { rle_of_polygon({1, 2, NAN, 4}, 5, 5); }), "");
  EXPECT_NE(error_of([] { rle_of_polygon({1, 2, -INFINITY, 4}, 5, 5); }), "");
  EXPECT_NE(error_of([] { rle_of_polygon({1, 2, 1e9, 4}, 5, 5); }), "");
  EXPECT_NE(error_of([] { rle_of_polygon({1, 2, 3, 4}, 70000, 70000); }), "");
  EXPECT_EQ(area_of(rle_of_polygon({}, 5, 5)), 0u);
  EXPECT_EQ(area_of(rle_of_polygon({-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8}, 5, 5)), 25u);
  std::vector<double> zigzag;  // more crossings than the mask has pixels
  for (int i = 0; i < 300000; ++i) zigzag.insert(zigzag.end(), {i % 2 ? 9. : -1., i % 7 + 0.3});
  check_rle(rle_of_polygon(zigzag, 8, 8));
}

TEST(Rle, CropAndMirrorAreThoseOfTheBitmap) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < 200; ++round) {
    const auto height = static_cast<uint32_t>(1 + stream.below(9)), width = static_cast<uint32_t>(1 + stream.below(9));
    const Bytes pixels = random_bitmap(stream, height, width);
    const Rle mask = rle_of_bitmap(pixels.data(), height, width);
    ASSERT_EQ(bitmap_of(mask), pixels);
    const auto x = static_cast<uint32_t>(stream.below(width + 1)), y = static_cast<uint32_t>(stream.below(height + 1));
    const auto w = static_cast<uint32_t>(stream.below(width - x + 1)),
               h = static_cast<uint32_t>(stream.below(height - y + 1));
    Bytes cut, mirror;
    for (uint32_t row = 0; row < h; ++row)
      for (uint32_t column = 0; column < w; ++column) cut.push_back(pixels[(y + row) * width + x + column]);
    for (uint32_t row = 0; row < height; ++row)
      for (uint32_t column = 0; column < width; ++column) mirror.push_back(pixels[row * width + width - 1 - column]);
    const Rle cropped = crop(mask, x, y, w, h);
    check_rle(cropped);
    EXPECT_EQ(bitmap_of(cropped), cut);
    EXPECT_EQ(cropped, rle_of_bitmap(cut.data(), h, w));
    EXPECT_EQ(mirrored(mask), rle_of_bitmap(mirror.data(), height, width));
  }
  EXPECT_NE(error_of([] { crop({2, 3, {6}}, 1, 0, 3, 2); }), "");
  EXPECT_NE(error_of([] { crop({2, 3, {6}}, 0xffffffff, 0, 2, 2); }), "");
}

TEST(Rle, MasksOfDifferentSizesDoNotMeet) {
  EXPECT_EQ(error_of([] { iou({2, 3, {6}}, {3, 2, {6}}); }),
            "a mask of 3 x 2 meets one of 2 x 3; wanted masks of one size");
  EXPECT_NE(error_of([] { merge({{2, 3, {6}}, {2, 2, {4}}}, false); }), "");
  EXPECT_EQ(error_of([] { merge({}, false); }), "no masks to merge, wanted at least one");
  EXPECT_EQ(merge({{2, 3, {1, 5}}}, true), (Rle{2, 3, {1, 5}}));
}

}  // namespace
}  // namespace weft
