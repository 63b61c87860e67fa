// SPDX-License-Identifier: Apache-2.0
// The step.  Before: losses/*.cc gives terms, sums and counts.  After: trainer/checkpoint.cc keeps what the step left.
// Gradients of all ranks are summed, never averaged: the division by the world's label count happens once, before
// backward, so 1 x 64, 2 x 32 and 8 x 8 take the same step even where labels are uneven.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/comm.h"
#include "data/batch.h"
#include "losses/loss.h"
#include "models/model.h"
#include "trainer/optimizer.h"

namespace weft {

struct StepReport {
  double loss = 0;
  std::vector<std::pair<std::string, double>> terms;  // each divided by its count
  std::vector<std::pair<std::string, double>> counts;
  double lr = 0, gradient_norm = 0, logit_scale = 0;
  double communication_seconds = 0;
  bool skipped = false;  // a number was not finite: no rank changed anything
  bool stop_agreed = false;
  int64_t damaged = 0;  // images of the world's step that could not be read
};

// One model with its flat buffers and optimizer.
struct Learner {
  Learner(std::unique_ptr<Model> model, Precision precision, const OptimizerSettings& settings);
  std::unique_ptr<Model> model;
  FlatParameters flat;
  AdamW optimizer;
};

struct StepSettings {
  int64_t steps = 0;              // of the whole run, for the schedule
  int64_t micro_batch = 0;        // images encoded at once by a rank (0: its whole share)
  double most_logit_scale = 100;  // the factor on cosines is kept in [1, this]
};

class Trainer {
 public:
  Trainer(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, OptimizerSettings optimizer,
          ScheduleSettings schedule, StepSettings step, Comm& comm);

  // One update from the step's batch.  `updates`: updates made before (skipped steps are none).  `stop`: this rank was
  // asked to stop; where any was, the step is still taken and every rank's report says so.
  StepReport take(Batch& batch, int64_t updates, bool stop);

 private:
  struct Exchanged;  // the world's features, and this rank's own with their graph
  void agree_before(Batch& batch, bool stop, StepReport& report);
  Tensor pixels_of(const Batch& batch, Range images) const;
  Exchanged exchange(const Batch& batch, StepReport& report);
  double judge(const Batch& batch, Exchanged& features, StepReport& report);
  void go_back(const Batch& batch, const Exchanged& features);
  void update(int64_t updates, StepReport& report);
  std::vector<std::pair<Range, Range>> micro_batches(const Batch& batch) const;

  Learner& learner_;
  std::vector<std::unique_ptr<Loss>> losses_;
  OptimizerSettings optimizer_;
  ScheduleSettings schedule_;
  StepSettings step_;
  Comm& comm_;
};

}  // namespace weft
