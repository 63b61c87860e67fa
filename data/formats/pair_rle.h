// SPDX-License-Identifier: Apache-2.0
// Masks as pairs of numbers in a table's field, column by column from the first pixel, as competitions have them. Three
// dialects look alike (COCO's is in rle.h), so that whoever reads them has to say which one it is.
#pragma once

#include <string_view>

#include "data/formats/rle.h"

namespace weft {

enum class RlePairs : uint8_t {
  starts,  // place of the first pixel, from 1, and length
  gaps,    // pixels since the run before (since the start), and length
};

// Error where a number is missing or none, runs overlap, are empty or reach beyond the picture.
Rle rle_from_pairs(std::string_view text, RlePairs dialect, uint32_t height, uint32_t width);

}  // namespace weft
