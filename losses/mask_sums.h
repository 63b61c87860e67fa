// SPDX-License-Identifier: Apache-2.0
// What every mask cost is made of: sums over the known pixels of a mask, whose logits z are stretched to the truth's
// size (bilinear, align_corners = false).  p = sigmoid(z), t the truth, k in {0, 1} what is known:
//   focal   sum k a c u^gamma    a = alpha t + (1 - alpha) (1 - t), c = softplus(z) - t z, u = p (1 - t) + (1 - p) t
//   weight  sum k u^gamma
//   inside  sum k p  (squared: k p^2)       hard          number of known pixels with z > 0
//   overlap sum k p t                       hard_overlap  of those, the pixels with t > 1/2
// Focal, inside and overlap have gradients.  On the CPU one pass makes the sums and another, of the masks that have a
// slope, the gradient of the small logits; no stretched mask is kept.  Sums do not depend on threads.
#pragma once

#include "base/tensor.h"
#include "losses/mask_paths.h"

namespace weft {

// f64.
struct MaskSums {
  Tensor focal_PM, weight_PM, inside_PM, overlap_PM, hard_PM, hard_overlap_PM;
};
// logits f32; truth and known u8 or f32, known undefined where all is.
MaskSums mask_sums(const Tensor& logits_PMhw, const Tensor& truth_PHW, const Tensor& known_PHW, const PixelCost& cost);
// The same from dense tensors, for any device and type of logits.
MaskSums dense_mask_sums(const Tensor& logits_PMhw, const Tensor& truth_PHW, const Tensor& known_PHW,
                         const PixelCost& cost);

// f64: sum k, sum k t (squared: k t^2), number of known pixels with t > 1/2.
struct TruthSums {
  Tensor known_P, inside_P, hard_P;
};
TruthSums truth_sums(const Tensor& truth_PHW, const Tensor& known_PHW, const PixelCost& cost);

// u8: where the stretched logits are above 0.
Tensor inside_of(const Tensor& logits_Phw, int64_t height, int64_t width);

}  // namespace weft
