// SPDX-License-Identifier: Apache-2.0
// Thinning to lines of one pixel (Zhang & Suen, CACM 27, 1984).
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

// One byte a pixel; what lies beyond the view is outside.
std::vector<uint8_t> skeleton_of(const std::vector<uint8_t>& inside, int width, int height);

}  // namespace weft
