// SPDX-License-Identifier: Apache-2.0
#include "data/box_resize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/random.h"
#include "tests/data/pictures.h"

namespace weft {
namespace {

class ImageRows final : public RowSource {
 public:
  ImageRows(const Image& image, int64_t column) : image_(image), column_(column) {}
  const uint8_t* row(int y) override {
    EXPECT_GE(y, last_);
    last_ = y;
    return image_.row(y) + column_ * image_.channels;
  }

 private:
  const Image& image_;
  int64_t column_;
  int last_ = 0;
};

struct Flips {
  bool x = false, y = false;
};

Bytes resized(const Image& image, const Box& box, int width, int height, Filter filter, Flips flips = {},
              const ResizePath& path = resize_paths().back()) {
  BoxResizer resizer(path);
  resizer.plan.fill(image.width, image.height, box, width, height, image.channels, filter, flips.x, flips.y);
  ImageRows rows(image, resizer.plan.along.source.begin);
  Bytes out(size_t{3} * width * height);
  resizer.run(rows, image.channels, out.data());
  return out;
}

Box draw_box(Stream& stream, int width, int height, bool whole) {
  const double x0 = stream.uniform(0, width - 1.0), y0 = stream.uniform(0, height - 1.0);
  Box box = {x0, y0, stream.uniform(x0 + 0.5, width), stream.uniform(y0 + 0.5, height)};
  if (whole) box = {std::floor(box.x0), std::floor(box.y0), std::ceil(box.x1), std::ceil(box.y1)};
  return box;
}

TEST(BoxResize, BilinearIsPillowsWithinOneOfEveryByte) {
  std::ifstream golden(WEFT_SOURCE_DIR "/tests/golden/box_resize.txt");
  std::string line;
  ASSERT_TRUE(std::getline(golden, line)) << "the golden file has no head line";
  int cases = 0;
  for (; std::getline(golden, line); ++cases) {
    std::istringstream fields(line);
    int channels, width, height, to_width, to_height;
    Box box;
    std::string hex;
    fields >> channels >> width >> height >> box.x0 >> box.y0 >> box.x1 >> box.y1 >> to_width >> to_height >> hex;
    const Image image = cases % 2 ? blocky(width, height, channels) : noisy(width, height, channels);
    const Bytes planes = resized(image, box, to_width, to_height, Filter::bilinear);
    const size_t area = static_cast<size_t>(to_width) * to_height;
    ASSERT_EQ(hex.size(), 2 * area * channels);
    for (size_t i = 0; i < area * channels; ++i)
      ASSERT_NEAR(planes[i % channels * area + i / channels], std::stoi(hex.substr(2 * i, 2), nullptr, 16), 1)
          << "case " << cases << ", byte " << i;
  }
  EXPECT_EQ(cases, 20);
}

// resize_bicubic is Pillow's to the byte.  Between its passes it clamps what a cubic overshoots; we clamp at the end,
// so that the two agree where no value lies so near to black or white.
TEST(BoxResize, BicubicIsPillowsWithinOneOfEveryByteWhereNothingIsClamped) {
  Stream stream(1, Purpose::augment, 0, 0);
  for (int trial = 0; trial < 200; ++trial) {
    const int width = 1 + static_cast<int>(stream.below(150)), height = 1 + static_cast<int>(stream.below(150));
    const int to_width = 1 + static_cast<int>(stream.below(70)), to_height = 1 + static_cast<int>(stream.below(70));
    Image image = (trial % 2 ? blocky : noisy)(width, height, trial % 3 ? 3 : 1);
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(80 + value * 3 / 8);
    const Box box = draw_box(stream, width, height, /*whole=*/true);
    const Image pillow = resize_bicubic(image, box, to_width, to_height);
    const Bytes planes = resized(image, box, to_width, to_height, Filter::bicubic);
    const size_t area = static_cast<size_t>(to_width) * to_height;
    for (size_t i = 0; i < pillow.pixels.size(); ++i)
      ASSERT_NEAR(planes[i % image.channels * area + i / image.channels], pillow.pixels[i], 1)
          << "trial " << trial << ", byte " << i;
  }
}

TEST(BoxResize, EveryInstructionSetGivesTheSameBytes) {
  Stream stream(2, Purpose::augment, 0, 0);
  for (int trial = 0; trial < 300; ++trial) {
    const int width = 1 + static_cast<int>(stream.below(300)), height = 1 + static_cast<int>(stream.below(80));
    const int to_width = 1 + static_cast<int>(stream.below(90)), to_height = 1 + static_cast<int>(stream.below(40));
    const Image image = (trial % 2 ? blocky : noisy)(width, height, trial % 3 ? 3 : 1);
    const Box box = draw_box(stream, width, height, /*whole=*/false);
    const Filter filter = trial % 5 ? Filter::bilinear : Filter::bicubic;
    const Bytes first = resized(image, box, to_width, to_height, filter, {}, resize_paths().front());
    for (const ResizePath& path : resize_paths().subspan(1))
      ASSERT_EQ(resized(image, box, to_width, to_height, filter, {}, path), first) << path.name << ", trial " << trial;
  }
}

TEST(BoxResize, AFlatPictureStaysFlat) {
  Image image(41, 23, 3);
  for (const int value : {0, 1, 127, 200, 255}) {
    std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(value));
    for (const Filter filter : {Filter::bilinear, Filter::bicubic})
      for (const uint8_t found : resized(image, {0.3, 0.7, 40.1, 22.9}, 17, 31, filter)) ASSERT_EQ(found, value);
  }
}

TEST(BoxResize, AMirroredResultIsTheMirrorOfTheOther) {
  const Image image = noisy(57, 31, 3);
  const int width = 19, height = 23;
  const Bytes straight = resized(image, {2.5, 1, 50, 30.5}, width, height, Filter::bilinear);
  const Bytes turned = resized(image, {2.5, 1, 50, 30.5}, width, height, Filter::bilinear, {true, true});
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < width * height; ++i)
      ASSERT_EQ(turned[c * width * height + i], straight[(c + 1) * width * height - 1 - i]);
}

}  // namespace
}  // namespace weft
