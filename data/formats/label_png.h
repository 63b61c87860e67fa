// SPDX-License-Identifier: Apache-2.0
// A PNG whose pixels are labels, not light: the numbers as they are stored.  Grey of 1 to 16 bits gives its value, a
// palette its index, colour 0xRRGGBB (of 16 bits the upper byte).  Alpha is kept apart.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/files.h"
#include "data/formats/rle.h"

namespace weft {

struct LabelPicture {
  uint32_t height = 0, width = 0;
  bool is_colour = false;
  bool has_alpha = false;
  std::vector<uint32_t> values;   // row by row
  std::vector<uint8_t> alpha;     // empty without
  std::vector<uint32_t> palette;  // 0xRRGGBB of each index; empty without
};

LabelPicture read_label_png(const Bytes& file);  // an Error says what is wrong, or what else it is

// The pixels of each value that is there.
std::map<uint32_t, Rle> masks_by_value(const LabelPicture& picture);
// Where a value is not 0, or, with alpha, where alpha is not.
Rle mask_of_nonzero(const LabelPicture& picture);

}  // namespace weft
