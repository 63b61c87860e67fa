// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/hash.h"
#include "tests/data/pictures.h"

namespace weft {
namespace {

TEST(Resize, EveryBytePillowMakesIsMade) {
  std::ifstream golden(WEFT_SOURCE_DIR "/tests/golden/resize.txt");
  std::string line;
  ASSERT_TRUE(std::getline(golden, line)) << "the golden file has no head line";
  int cases = 0;
  for (; std::getline(golden, line); ++cases) {
    std::istringstream fields(line);
    int channels, width, height, to_width, to_height;
    Box box;
    uint32_t crc;
    fields >> channels >> width >> height >> box.x0 >> box.y0 >> box.x1 >> box.y1 >> to_width >> to_height;
    fields >> std::hex >> crc >> std::dec;
    const Image image = cases % 2 ? blocky(width, height, channels) : noisy(width, height, channels);
    const Image resized = resize_bicubic(image, box, to_width, to_height);
    ASSERT_EQ(resized.width, to_width);
    ASSERT_EQ(resized.height, to_height);
    ASSERT_EQ(resized.channels, channels);
    for (size_t i = 0; i < 4; ++i) {
      int byte;
      fields >> byte;
      EXPECT_EQ(resized.pixels[i * resized.pixels.size() / 4], byte) << "byte " << i << " of the picks of: " << line;
    }
    ASSERT_TRUE(fields) << line;
    EXPECT_EQ(crc32c(resized.pixels.data(), resized.pixels.size()), crc) << line;
  }
  EXPECT_EQ(cases, 75);
}

TEST(Resize, AFlatImageStaysFlat) {
  Image image(41, 23, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), 200);
  for (const uint8_t value : resize_bicubic(image, {0.3, 0.7, 40.1, 22.9}, 17, 31).pixels) ASSERT_EQ(value, 200);
}

}  // namespace
}  // namespace weft
