// SPDX-License-Identifier: Apache-2.0
#include "trainer/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/lerp.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {

void OptimizerSettings::fields(Fields& visit) {
  visit("lr", lr, positive, "peak learning rate");
  visit("beta1", beta1, between(0, 0.999999), "decay of the first moment");
  visit("beta2", beta2, between(0, 0.999999), "decay of the second moment");
  visit("epsilon", epsilon, positive, "added to the root of the second moment");
  visit("weight_decay", weight_decay, non_negative, "decoupled decay of matrices; vectors and scalars have none");
  visit("no_decay", no_decay, not_empty, "further parameters without decay, as globs over names");
  visit("clip_norm", clip_norm, non_negative, "largest global gradient norm (0: no clipping)");
  visit("ema", ema, between(0, 0.999999), "decay of a moving average of the weights, used for evaluation (0: none)");
}

void ScheduleSettings::fields(Fields& visit) {
  visit("shape", shape, one_of({"constant", "cosine"}), "the learning rate after warm-up");
  visit("warmup_steps", warmup_steps, non_negative, "steps of linear warm-up from 0");
  visit("final_share", final_share, unit, "share of the peak at which the cosine ends");
}

double learning_rate(const ScheduleSettings& schedule, double peak, int64_t step, int64_t steps) {
  if (step < schedule.warmup_steps)
    return peak * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  if (schedule.shape == "constant") return peak;
  const double span = static_cast<double>(std::max<int64_t>(1, steps - schedule.warmup_steps));
  const double done = std::min(1.0, static_cast<double>(step - schedule.warmup_steps) / span);
  const double share = 0.5 * (1 + std::cos(3.14159265358979323846 * done));
  return peak * (schedule.final_share + (1 - schedule.final_share) * share);
}

AdamW::AdamW(FlatParameters& flat, const OptimizerSettings& settings) : flat_(flat), settings_(settings) {
  if (settings.ema > 0) ema_ = flat.master().clone();
}

void AdamW::step(double lr, double gradient_norm, int64_t updates) {
  at::NoGradGuard no_grad;
  const bool clips = settings_.clip_norm > 0 && gradient_norm > settings_.clip_norm;
  const Tensor divisor = at::full({}, clips ? gradient_norm / settings_.clip_norm : 1.0, at::kFloat);
  const Tensor count = at::full({}, static_cast<double>(updates + 1), at::kFloat);
  for (const FlatParameters::Group& group : flat_.groups()) {
    const auto part = [&](const Tensor& whole) { return whole.narrow(0, group.begin, group.end - group.begin); };
    at::_fused_adamw_({part(flat_.master())}, {part(flat_.gradient())}, {part(flat_.moment1())},
                      {part(flat_.moment2())},
                      /*max_exp_avg_sqs=*/{}, {count}, lr, settings_.beta1, settings_.beta2, group.weight_decay,
                      settings_.epsilon, /*amsgrad=*/false, /*maximize=*/false,
                      clips ? std::optional<Tensor>(divisor) : std::nullopt, /*found_inf=*/std::nullopt);
  }
  // Young averages follow faster, so that the first weights are soon forgotten.
  const double decay =
      std::min(settings_.ema, (1.0 + static_cast<double>(updates)) / (10.0 + static_cast<double>(updates)));
  if (ema_.defined()) ema_.lerp_(flat_.master(), 1 - decay);
}

}  // namespace weft
