// SPDX-License-Identifier: Apache-2.0
// Smooth numbers over a view, row by row.
#pragma once

#include <vector>

#include "base/random.h"

namespace weft {

// Gaussian blur with 2 radius + 1 taps that sum to 1; beyond the edge the picture is mirrored (d c b a | a b c d).
std::vector<float> blur(const std::vector<float>& plane, int width, int height, double sigma, int radius);

// Independent N(0, 1), blurred with `sigma` (to 3 of it), shifted and scaled to mean 0 and deviation 1.
std::vector<float> smooth_noise(int width, int height, double sigma, Stream& stream);

// N(0, 1) on a grid of max(2, side / sigma) points along each axis, interpolated linearly between them (corners lie on
// corners), shifted and scaled to mean 0 and this deviation, in pixels.
std::vector<float> displacement(int width, int height, double sigma, double deviation, Stream& stream);

}  // namespace weft
