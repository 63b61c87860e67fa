// SPDX-License-Identifier: Apache-2.0
// Connected components of a mask, in two passes with union by the smaller label.
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

enum class Neighbours { four, eight };

struct Components {
  std::vector<int32_t> label;  // of each pixel; 0: not inside.  1, 2, ... by the first pixel, row by row
  std::vector<int64_t> area;   // by label; area[0]: the pixels that are not inside
  int count() const { return static_cast<int>(area.size()) - 1; }
};
Components components_of(const uint8_t* inside, int width, int height, Neighbours neighbours);

}  // namespace weft
