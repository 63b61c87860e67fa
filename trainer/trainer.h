// SPDX-License-Identifier: Apache-2.0
// The step.  Before: losses/*.cc gives terms, sums and counts, an Objective asks for them.  After:
// trainer/checkpoint.cc keeps what the step left. Gradients of all ranks are summed, never averaged: the division by
// the world's label count happens once, before backward, so 1 x 64, 2 x 32 and 8 x 8 take the same step even where
// labels are uneven.  What a step computes belongs to V virtual ranks, spread over the ranks; with V fixed, 1, 2 and 4
// ranks give the same bits.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/comm.h"
#include "data/batch.h"
#include "trainer/learner.h"
#include "trainer/objective.h"
#include "trainer/reducer.h"
#include "trainer/schedule.h"
#include "trainer/weight_guard.h"

namespace weft {

struct StepSettings {
  int64_t steps = 0;                    // of the whole run, for the schedule
  int64_t micro_batch = 0;              // images of a virtual rank encoded at once (0: all of them)
  int64_t check_every = 0;              // steps between checks that no weight changed but by an update (0: never)
  bool halves_on_out_of_memory = true;  // all ranks halve their micro-batch and take the step again
  std::function<void()> before_update;  // called before weights and moments change
};

class Trainer {
 public:
  Trainer(Learner& learner, std::unique_ptr<Objective> objective, OptimizerSettings optimizer,
          ScheduleSettings schedule, StepSettings step, Comm& comm);

  // One update from the step's batch.
  StepReport take(Batch& batch, const StepInput& input);

  int64_t micro_batch() const { return step_.micro_batch; }
  const GradientReducer& reducer() const { return reducer_; }

 private:
  enum class Outcome { taken, out_of_memory };

  Outcome attempt(Batch& batch, const StepInput& input, StepReport& report);
  std::vector<Piece> pieces_of(const Batch& batch) const;
  bool forward(const Batch& batch, const std::vector<Piece>& pieces);
  bool agree(Batch& batch, const StepInput& input, bool encoded, StepReport& report);
  void halve_micro_batch(const Batch& batch);
  bool go_back(const Batch& batch, const std::vector<Piece>& pieces);
  bool agree_after(bool succeeded, double compute_seconds, const StepInput& input, StepReport& report);
  void update(int64_t updates, StepReport& report);
  bool checks_weights(int64_t step) const { return step_.check_every > 0 && step % step_.check_every == 0; }

  Learner& learner_;
  std::unique_ptr<Objective> objective_;
  OptimizerSettings optimizer_;
  ScheduleSettings schedule_;
  StepSettings step_;
  Comm& comm_;
  GradientReducer reducer_;
  WeightGuard guard_;
};

}  // namespace weft
