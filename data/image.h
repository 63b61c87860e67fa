// SPDX-License-Identifier: Apache-2.0
// Encoded bytes to pixels.  Pixels are u8, or the stored values as a Raster (data/formats/raster.h); rows top to
// bottom, channels interleaved (HWC).  Which file has which outcome: docs/FORMATS.md, "Pictures".
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/files.h"
#include "data/formats/raster.h"
#include "data/geometry.h"
#include "data/store.h"

namespace weft {

struct Image {
  int width = 0, height = 0, channels = 0;  // channels: 1, 3 (colour) or 4 (colour and alpha)
  std::vector<uint8_t> pixels;              // height * width * channels
  Image() = default;
  Image(int width, int height, int channels)
      : width(width), height(height), channels(channels), pixels(static_cast<size_t>(width) * height * channels) {}
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * width * channels; }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * channels; }
};

// What a file says of itself: the sizes are those of the stored pixels, before a JPEG's EXIF orientation turns them.
struct ImageHeader {
  Codec codec = Codec::jpeg;
  uint32_t width = 0, height = 0;
  uint8_t channels = 0;  // as in SampleInfo; CMYK counts as 3
  // The rest as in SampleInfo.  Version 1 of the store did not keep it, so that headers are equal without it.
  uint8_t orientation = 1, bits = 8;
  uint32_t views = 1;
  std::array<float, 3> spacing{};
  bool operator==(const ImageHeader& other) const {
    return codec == other.codec && width == other.width && height == other.height && channels == other.channels;
  }
};

// Most pixels one image may have (a header that promises more is refused before anything is allocated).
constexpr uint64_t kMostPixels = uint64_t{1} << 28;

// JPEG, PNG or volume by content, whatever the file was called; an Error names what else was found.  A JPEG or PNG that
// breaks off is an Error already here where its end is missing altogether.
ImageHeader read_image_header(const uint8_t* data, size_t size);

constexpr uint32_t kMiddleSlice = 0xffffffff;

// Decodes to 3 channels, or to 4 where a PNG has a pixel that is not opaque (palettes are expanded, grey becomes
// colour, CMYK is converted).  A JPEG is turned upright by its EXIF orientation, so width and height may be swapped
// against the header.  `least_side` > 0 allows a JPEG to be decoded at 1/2, 1/4 or 1/8 as long as both sides stay at or
// above it. 16-bit PNGs and slices of volumes are shown in their default window (data/window.h).  Truncated or damaged
// content is an Error that says what the decoder said, and so is a file whose codec, size or channels are not those
// `expected` (what the store remembers of the sample).
Image decode_image(const uint8_t* data, size_t size, int least_side = 0, const ImageHeader* expected = nullptr,
                   uint32_t slice = kMiddleSlice);

// The values as they were stored: of a 16-bit PNG (grey stays grey), of one slice of a volume (after slope and
// intercept); what has eight bits otherwise comes as from decode_image.
Raster decode_raster(const uint8_t* data, size_t size, uint32_t slice = kMiddleSlice,
                     const ImageHeader* expected = nullptr);

// Label pictures: the one number that each pixel of a grey or palette PNG holds, unscaled (a palette's index; 0 or 1 of
// one bit).  A picture with colours or opacity of its own is an Error.
Raster decode_indices(const uint8_t* data, size_t size);

// Every pixel of it is seen: no opacity, or full everywhere.
bool is_opaque(const Image& image);
// Its colours, without the opacity.
Image colours_of(const Image& image);

Bytes encode_png(const Image& image);                // 1, 3 or 4 channels
Bytes encode_jpeg(const Image& image, int quality);  // 1 or 3 channels; quality 1 .. 100

// Pillow 13's bicubic resize of a box, bit for bit: a = -0.5, support scaled when shrinking, 22-bit weights, u8 after
// each pass (data/resize.cc says which comes first).  Same number of channels out as in, and each channel by itself: an
// image with alpha is to be premultiplied first (what Pillow does inside for RGBA), or transparent pixels bleed their
// colour.
Image resize_bicubic(const Image& image, const Box& box, int width, int height);
// The same through a triangle: Pillow's bilinear.
Image resize_bilinear(const Image& image, const Box& box, int width, int height);

}  // namespace weft
