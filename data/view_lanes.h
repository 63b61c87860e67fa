// SPDX-License-Identifier: Apache-2.0
// Cubic sampling (Keys 1981, a = -1/2) of pixels widened to four floats, which fill a vector, through an affine map of
// about scale 1.
#pragma once

#include <cmath>
#include <vector>

#include "data/geometry.h"

namespace weft {

// Beyond a picture's edges there is the picture again, mirrored, or nothing (weight 0).
enum class Outside : uint8_t { mirrored, nothing };

struct Lanes {
  int width = 0, height = 0;
  std::vector<float> values;  // height * width * 4
};

// The four samples around a coordinate and their weights.
struct CubicTaps {
  int index[4];
  float weight[4];

  CubicTaps(double at, int size, Outside outside) {
    const double whole = std::floor(at);
    const float t = static_cast<float>(at - whole);
    weight[0] = t * (-0.5f + t * (1 - 0.5f * t));
    weight[1] = 1 + t * t * (-2.5f + 1.5f * t);
    weight[2] = t * (0.5f + t * (2 - 1.5f * t));
    weight[3] = t * t * (-0.5f + 0.5f * t);
    for (int i = 0; i < 4; ++i) {
      index[i] = static_cast<int>(whole) - 1 + i;
      if (0 <= index[i] && index[i] < size) continue;
      if (outside == Outside::nothing) weight[i] = 0;
      const int turn = ((index[i] % (2 * size)) + 2 * size) % (2 * size);
      index[i] = std::min(turn, 2 * size - 1 - turn);
    }
  }
};

// put(x, y, values of four lanes, x and y in the source's pixels) for every pixel of width x height; `back` maps their
// places to the source's.
template <class Put>
void sample_lanes(const Lanes& lanes, const Affine& back, Outside outside, int width, int height, const Put& put) {
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double u = x + 0.5, v = y + 0.5;
      const double at_x = back.a * u + back.b * v + back.c, at_y = back.d * u + back.e * v + back.f;
      const bool is_far = at_x < -2 || at_y < -2 || at_x > lanes.width + 2 || at_y > lanes.height + 2;
      if (is_far && outside == Outside::nothing) continue;
      const CubicTaps across(at_x - 0.5, lanes.width, outside), down(at_y - 0.5, lanes.height, outside);
      float sums[4] = {};
      for (int j = 0; j < 4; ++j) {
        const float* row = lanes.values.data() + size_t{4} * lanes.width * down.index[j];
        float line[4] = {};
        for (int i = 0; i < 4; ++i)
          for (int c = 0; c < 4; ++c) line[c] += across.weight[i] * row[4 * across.index[i] + c];
        for (int c = 0; c < 4; ++c) sums[c] += down.weight[j] * line[c];
      }
      put(x, y, sums, at_x, at_y);
    }
}

}  // namespace weft
