// SPDX-License-Identifier: Apache-2.0
// The instruction sets for which trainer/adamw_kernel.cc holds the same loops.  For tests and benchmarks; the trainer
// calls adamw() and sum_of_squares(), which take the widest that this machine has.
#pragma once

#include <span>

#include "trainer/adamw_kernel.h"

namespace weft {

// What the loops multiply by: prepared in double, rounded to f32 once.
struct AdamWScalars {
  AdamWScalars() = default;
  explicit AdamWScalars(const AdamWFactors& factors);
  float gradient_factor;
  float blend1, blend2;  // 1 - beta
  float root_factor;     // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float step;       // lr / (1 - beta1^t)
  float decay;      // lr * weight_decay
  float ema_blend;  // 1 - ema_decay
};

struct AdamWPath {
  const char* name;
  void (*update)(const AdamWSpan& span, const AdamWScalars& scalars);
  double (*sum_of_squares)(const float* values, int64_t count);
};

std::span<const AdamWPath> adamw_paths();  // what this machine runs, the portable one first, the widest last

}  // namespace weft
