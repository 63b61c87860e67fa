// SPDX-License-Identifier: Apache-2.0
#include "trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace weft {
namespace {

// How much of a phase of `length` steps is over.
double done(int64_t steps, int64_t length) {
  return std::clamp(static_cast<double>(steps) / static_cast<double>(std::max<int64_t>(1, length)), 0.0, 1.0);
}

double cosine(double from, double to, double done) {
  return to + (from - to) * (0.5 * (1 + std::cos(std::numbers::pi * done)));
}

bool anneals(const ScheduleSettings& schedule) {
  return schedule.shape == "rsqrt" || schedule.shape == "infinite";
}

}  // namespace

void ScheduleSettings::fields(Fields& visit) {
  visit("shape", shape, one_of({"constant", "cosine", "infinite", "rsqrt"}), "the learning rate after warm-up");
  visit("warmup_steps", warmup_steps, non_negative, "steps of linear warm-up from 0");
  visit("final_share", final_share, unit, "share of the peak at which cosine, or the anneal, ends");
  visit("timescale_steps", timescale_steps, positive, "rsqrt: steps T in sqrt(T / (T + steps since the warm-up))");
  visit("cooldown_steps", cooldown_steps, non_negative, "infinite: steps from the peak to constant_share");
  visit("constant_share", constant_share, unit, "infinite: share of the peak that is kept until the anneal");
  visit("anneal_steps", anneal_steps, non_negative, "rsqrt, infinite: last steps of the run, linear to final_share");
}

void check_schedule(const ScheduleSettings& s, int64_t steps) {
  check(anneals(s) || s.anneal_steps == 0, "schedule.anneal_steps = ", s.anneal_steps, ": the shape \"", s.shape,
        "\" has no anneal; rsqrt and infinite have");
  check(s.shape == "infinite" || s.cooldown_steps == 0, "schedule.cooldown_steps = ", s.cooldown_steps,
        ": the shape \"", s.shape, "\" has no cool-down; infinite has");
  check(s.shape == "infinite" || s.constant_share == 1, "schedule.constant_share = ", s.constant_share,
        ": the shape \"", s.shape, "\" has no constant part below the peak; infinite has");
  check(s.constant_share == 1 || s.cooldown_steps > 0, "schedule.constant_share = ", s.constant_share,
        " needs schedule.cooldown_steps > 0, the way down to it");
  // A run that ends within the warm-up is merely short.
  const int64_t later = s.cooldown_steps + s.anneal_steps;
  check(later == 0 || s.warmup_steps + later <= steps, "schedule: warm-up, cool-down and anneal take ", s.warmup_steps,
        " + ", s.cooldown_steps, " + ", s.anneal_steps, " = ", s.warmup_steps + later,
        " steps, more than run.steps = ", steps);
}

double learning_rate(const ScheduleSettings& s, double peak, int64_t step, int64_t steps) {
  if (step < s.warmup_steps) return peak * static_cast<double>(step + 1) / static_cast<double>(s.warmup_steps);
  const int64_t since = step - s.warmup_steps;
  if (s.shape == "constant") return peak;
  if (s.shape == "cosine") return peak * cosine(1, s.final_share, done(since, steps - s.warmup_steps));
  const auto timescale = static_cast<double>(s.timescale_steps);
  const double share = s.shape == "rsqrt" ? std::sqrt(timescale / (timescale + static_cast<double>(since)))
                                          : cosine(1, s.constant_share, done(since, s.cooldown_steps));
  const double annealed = s.anneal_steps == 0 ? 0 : done(step - (steps - s.anneal_steps), s.anneal_steps);
  return peak * (share * (1 - annealed) + s.final_share * annealed);
}

}  // namespace weft
