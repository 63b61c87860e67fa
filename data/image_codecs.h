// SPDX-License-Identifier: Apache-2.0
// What data/image.cc asks of the two codecs; the rest of weft includes data/image.h.
#pragma once

#include <memory>
#include <optional>

#include "base/range.h"
#include "data/box_resize.h"
#include "data/image.h"

namespace weft {

ImageHeader read_jpeg_header(const uint8_t* data, size_t size);
Image decode_jpeg(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected);
// Of a CMYK JPEG its four inks (255: full), upright; nothing of any other.
std::optional<Image> decode_inks(const uint8_t* data, size_t size, const ImageHeader* expected);
void inks_to_rgb(const uint8_t* inks, int width, uint8_t* rgb);

// Part of a JPEG at a reduced scale, row by row.  Columns beside and rows above the part cost entropy decoding alone,
// rows below it nothing.  Coordinates are those of the stored picture (EXIF orientation not applied) at 1 /
// denominator. A decoder is used again for any number of files, also after an Error; one for each thread.
class JpegDecoder final : public RowSource {
 public:
  JpegDecoder();
  ~JpegDecoder() override;

  // The bytes must stay until the last row was read.
  ImageHeader open(const uint8_t* data, size_t size, const ImageHeader* expected);
  bool has_inks() const;  // of the file that is open: CMYK
  // channels: 3, or 1 for a grey file, or 4 for inks.  row(y) gives columns.begin onwards, and `kept` rows stay as they
  // are.
  void start(int denominator, int channels, Range columns, Range rows, int kept);
  const uint8_t* row(int y) override;
  void finish();  // reads on to the file's end, where damage may be

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The picture's length at 1 / denominator.
inline int scaled_length(uint32_t length, int denominator) {
  return static_cast<int>((length + denominator - 1) / denominator);
}

ImageHeader read_png_header(const uint8_t* data, size_t size);
Image decode_png(const uint8_t* data, size_t size, const ImageHeader* expected);
Raster decode_png_values(const uint8_t* data, size_t size, const ImageHeader* expected);  // of 16 bits
Raster decode_png_indices(const uint8_t* data, size_t size);

// Called by the codecs once the header is read and before pixels are allocated.
void check_header(const ImageHeader& found, const ImageHeader* expected);

}  // namespace weft
