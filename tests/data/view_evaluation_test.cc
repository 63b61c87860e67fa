// SPDX-License-Identifier: Apache-2.0
// Golden values: tests/golden/make_evaluation_views.py, which is open_clip.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/data/pictures.h"
#include "tests/data/support.h"

namespace weft {
namespace {

constexpr Resize kModes[] = {Resize::shortest, Resize::squash, Resize::longest};

std::string crc_of(const Bytes& planes) {
  char text[16];
  std::snprintf(text, sizeof text, "%08x", crc32c(planes.data(), planes.size()));
  return text;
}

Image colour_of(const Image& grey) {
  Image image(grey.width, grey.height, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = grey.pixels[i / 3];
  return image;
}

Bytes from_hex(const std::string& digits) {
  Bytes bytes(digits.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
  return bytes;
}

TEST(EvaluationView, OddPicturesHaveEveryByteOfOpenClips) {
  std::ifstream golden(WEFT_SOURCE_DIR "/tests/golden/evaluation_views.txt");
  std::string kind, wanted;
  int cases = 0;
  for (; golden >> kind; ++cases) {
    Image image;
    Bytes file;
    if (kind == "jpeg") {
      std::string digits;
      golden >> digits;
      file = from_hex(digits);
    } else {
      int width, height;
      golden >> width >> height;
      image = noisy(width, height, kind == "grey" ? 1 : kind == "rgb" ? 3 : 4);
      if (kind == "grey") image = colour_of(image);
    }
    int size;
    golden >> size;
    for (const Resize mode : kModes) {
      golden >> wanted;
      const EvaluationShape shape(size, mode, Alpha::dropped);
      Bytes out(size_t{3} * size * size);
      Stream unused = stream_of(0);
      if (kind == "jpeg")
        evaluation_view(sample_info(file), file, shape, unused, out.data());
      else
        evaluation_view(image, shape, unused, out.data());
      EXPECT_EQ(crc_of(out), wanted) << "line " << cases + 1 << ": " << kind << ", mode " << static_cast<int>(mode);
    }
  }
  EXPECT_EQ(cases, 32);
}

// tests/golden/make_sam_views.py, which is segment-anything.
TEST(EvaluationView, OddPicturesHaveEveryByteOfSegmentAnythings) {
  std::ifstream golden(WEFT_SOURCE_DIR "/tests/golden/sam_views.txt");
  std::string wanted;
  int width, height, size, cases = 0;
  for (; golden >> width >> height >> size >> wanted; ++cases) {
    Bytes out(size_t{3} * size * size);
    Stream unused = stream_of(0);
    const ViewMap map = evaluation_view(noisy(width, height, 3), {size, Resize::corner}, unused, out.data());
    EXPECT_EQ(crc_of(out), wanted) << width << " x " << height;
    EXPECT_EQ(map.to_view.apply({0, 0}), (Point{0, 0}));
    EXPECT_EQ(map.to_view.apply({static_cast<float>(width), 0}).x,
              std::max(1, static_cast<int>(1.0 * size / std::max(width, height) * width + 0.5)));
  }
  EXPECT_EQ(cases, 22);
}

TEST(EvaluationView, MapsSayWhereThePictureLies) {
  const Image image = noisy(60, 30, 3);
  Bytes out(3 * 20 * 20);
  Stream unused = stream_of(0);
  const auto corner = [&](Resize mode) {
    return evaluation_view(image, {20, mode}, unused, out.data()).to_view.apply({0, 0});
  };
  EXPECT_EQ(corner(Resize::shortest), (Point{-10, 0}));
  EXPECT_EQ(corner(Resize::squash), (Point{0, 0}));
  EXPECT_EQ(corner(Resize::longest), (Point{0, 5}));
}

TEST(EvaluationView, ASideOfALongNarrowPictureKeepsAPixel) {
  const Image image = flat(300, 1, {200, 100, 50});
  Bytes out(3 * 32 * 32);
  Stream unused = stream_of(0);
  evaluation_view(image, {32, Resize::longest}, unused, out.data());
  EXPECT_EQ(std::count(out.begin(), out.begin() + 32 * 32, 200), 32);
  EXPECT_EQ(std::count(out.begin(), out.begin() + 32 * 32, 0), 31 * 32);
}

}  // namespace
}  // namespace weft
