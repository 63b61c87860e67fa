// SPDX-License-Identifier: Apache-2.0
// The learning rate of each step.  After linear warm-up, as shares of the peak, with s steps since the warm-up:
//   constant  1
//   cosine    from 1 to final_share at the end of the run
//   rsqrt     sqrt(T / (T + s)), T = timescale_steps (Zhai et al., arXiv 2106.04560, as in big_vision); anneal
//   infinite  a cosine from 1 to constant_share over cooldown_steps, then constant; anneal (Ibrahim et al.,
//             arXiv 2403.08763; Hagele et al., arXiv 2405.18392)
// The anneal goes linearly to final_share over the last anneal_steps of the run.  Before it, rsqrt and infinite do not
// depend on the length of the run, so that a run may be resumed with more steps.
#pragma once

#include "configs/fields.h"

namespace weft {

struct ScheduleSettings final : Settings {
  std::string shape = "cosine";
  int64_t warmup_steps = 0;
  double final_share = 0;
  int64_t timescale_steps = 10'000;
  int64_t cooldown_steps = 0;
  double constant_share = 1;
  int64_t anneal_steps = 0;
  void fields(Fields& visit) override;
};

// Throws Error where the settings contradict each other or a run of `steps`.
void check_schedule(const ScheduleSettings& schedule, int64_t steps);

// Of step 0, 1, ... of `steps`.  Warm-up gives peak * (step + 1) / warmup_steps; every other phase starts at the value
// that the one before it ends with, and its own last value belongs to the step after it.
double learning_rate(const ScheduleSettings& schedule, double peak, int64_t step, int64_t steps);

}  // namespace weft
