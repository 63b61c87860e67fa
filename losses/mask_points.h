// SPDX-License-Identifier: Apache-2.0
// Points of a mask instead of all its pixels (PointRend, Kirillov et al., arXiv 1912.08193): of oversample x count
// points drawn at random, the important share of count whose logits are nearest 0; the rest of count at random.
#pragma once

#include "base/tensor.h"
#include "models/draws.h"

namespace weft {

struct PointSettings {
  int64_t count = 0;
  double oversample = 3, important = 0.75;
};

// Bilinear samples, every mask of every prompt as a row of N pixels: logits [P M, 1, 1, N], truth and known [P M, 1,
// N], f32.  `known` is the known share of the four pixels around a point, `truth` the mean of these.
struct PointSample {
  Tensor logits, truth, known;
};
PointSample sample_points(const Tensor& logits_PMhw, const Tensor& truth_PHW, const Tensor& known_PHW,
                          const PointSettings& settings, const Draws& draws, int64_t round);

}  // namespace weft
