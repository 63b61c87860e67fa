// SPDX-License-Identifier: Apache-2.0
// AdamW, clipping, the moving average and the bf16 copy in one pass over memory (Loshchilov and Hutter,
// arXiv 1711.05101; bias corrections as torch's AdamW).  Every number goes through the same IEEE operations whatever
// the instruction set and wherever it lies, so slices, ranks and machines give the same bits.
#pragma once

#include <cstdint>

namespace weft {

// Numbers with the same factors.  Buffers do not overlap; count is a multiple of 64.
struct AdamWSpan {
  float* master = nullptr;
  const float* gradient = nullptr;
  float* moment1 = nullptr;
  float* moment2 = nullptr;
  float* ema = nullptr;           // none: nullptr
  uint16_t* leaf_bf16 = nullptr;  // the master rounded to nearest even; none: nullptr
  int64_t count = 0;
};

struct AdamWFactors {
  double lr = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  double gradient_factor = 1;  // multiplies the gradient (clipping)
  double ema_decay = 0;        // ema = decay * ema + (1 - decay) * new master
  int64_t updates = 0;         // made before this one
};

void adamw(const AdamWSpan& span, const AdamWFactors& factors);

// Sum of squares in double, in an order that depends on count alone; count is a multiple of 64.
double sum_of_squares(const float* values, int64_t count);

}  // namespace weft
