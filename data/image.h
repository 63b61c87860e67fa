// SPDX-License-Identifier: Apache-2.0
// Encoded bytes to pixels.  Pixels are u8, rows top to bottom, channels interleaved (HWC).
#pragma once

#include <cstdint>
#include <vector>

#include "base/files.h"
#include "data/store.h"

namespace weft {

struct Image {
  int width = 0, height = 0, channels = 0;  // channels: 1, 3 (colour) or 4 (colour and alpha)
  std::vector<uint8_t> pixels;              // height * width * channels
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * width * channels; }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * channels; }
};

struct ImageHeader {
  Codec codec = Codec::jpeg;
  uint32_t width = 0, height = 0;
  uint8_t channels = 0;
};

ImageHeader read_image_header(const uint8_t* data, size_t size);

// Most pixels one image may have (a header that promises more is refused before anything is allocated).
constexpr uint64_t kMostPixels = uint64_t{1} << 28;

// Decodes to 3 channels, or to 4 where the file has alpha (16-bit is scaled to 8, palettes are expanded, grey becomes
// colour, CMYK is converted).  `least_side` > 0 allows a JPEG to be decoded at 1/2, 1/4 or 1/8 as long as both sides stay
// at or above it.  Truncated or damaged content is an Error that says what the decoder said; `expected` is the header
// stored beside the sample, and a file that decodes to another size is refused.
Image decode_image(const uint8_t* data, size_t size, int least_side = 0);

Bytes encode_png(const Image& image);
Bytes encode_jpeg(const Image& image, int quality);

// A box in source pixels, x to the right, edges included as real numbers.
struct Box {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// Pillow's bicubic resize of a box, bit for bit: a = -0.5, support scaled when shrinking, 22-bit weights, the horizontal
// pass first, u8 after each pass.  Same number of channels out as in.
Image resize_bicubic(const Image& image, const Box& box, int width, int height);

}  // namespace weft
