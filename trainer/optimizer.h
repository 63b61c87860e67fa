// SPDX-License-Identifier: Apache-2.0
// AdamW (Loshchilov and Hutter, arXiv 1711.05101) as one fused call per group of the flat buffers, and the learning
// rate's schedule.  Clipping rides inside the kernel, which divides the gradient by max(1, norm / clip).
#pragma once

#include "configs/fields.h"
#include "trainer/flat.h"

namespace weft {

struct OptimizerSettings final : Settings {
  double lr = 5e-4;
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-6;
  double weight_decay = 0.2;
  std::vector<std::string> no_decay = {};
  double clip_norm = 0;
  double ema = 0;
  void fields(Fields& visit) override;
};

struct ScheduleSettings final : Settings {
  std::string shape = "cosine";
  int64_t warmup_steps = 0;
  double final_share = 0;
  void fields(Fields& visit) override;
};

// The learning rate of a step (0, 1, ...) of `steps`: linear warm-up lr * (step + 1) / warmup, then the shape.
double learning_rate(const ScheduleSettings& schedule, double peak, int64_t step, int64_t steps);

class AdamW {
 public:
  AdamW(FlatParameters& flat, const OptimizerSettings& settings);
  // One update with the gradients in the flat buffer, whose norm is given.  `updates`: how many went before.
  void step(double lr, double gradient_norm, int64_t updates);
  Tensor& ema() { return ema_; }  // f32 flat; undefined where settings.ema is 0

 private:
  FlatParameters& flat_;
  OptimizerSettings settings_;
  Tensor ema_;
};

}  // namespace weft
