// SPDX-License-Identifier: Apache-2.0
// The exact Euclidean distance transform in O(pixels): columns first, then the lower envelope of parabolas along rows
// (Felzenszwalb & Huttenlocher, Theory of Computing 8, 2012).
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

enum class Border { outside, nothing };  // what lies beyond the picture: other pixels, or none

// Of each pixel that is not 0, the squared distance to the nearest pixel that is 0, between centres; 0 of those.  With
// Border::outside the picture is ringed by zeros; with Border::nothing and no 0 anywhere all are kNoDistance.
constexpr int64_t kNoDistance = INT64_MAX;
std::vector<int64_t> squared_distances(const uint8_t* inside, int width, int height, Border border);

// With pixels of another size along each axis, e.g. millimetres.
std::vector<double> squared_distances(const uint8_t* inside, int width, int height, Border border, double step_x,
                                      double step_y);

}  // namespace weft
