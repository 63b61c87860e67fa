// SPDX-License-Identifier: Apache-2.0
// What data/image.cc asks of the two codecs; the rest of weft includes data/image.h.
#pragma once

#include "data/image.h"

namespace weft {

ImageHeader read_jpeg_header(const uint8_t* data, size_t size);
Image decode_jpeg(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected);

ImageHeader read_png_header(const uint8_t* data, size_t size);
Image decode_png(const uint8_t* data, size_t size, const ImageHeader* expected);
Raster decode_png_values(const uint8_t* data, size_t size, const ImageHeader* expected);  // of 16 bits
Raster decode_png_indices(const uint8_t* data, size_t size);

// Called by the codecs once the header is read and before pixels are allocated.
void check_header(const ImageHeader& found, const ImageHeader* expected);

}  // namespace weft
