// SPDX-License-Identifier: Apache-2.0
// What a step asks of the model, between the control exchanges of trainer/trainer.cc: a forward, what all ranks have to
// know before the backward, and the backward of one piece after another.  pair_objective.h: images against texts, of
// the whole step at once.  mask_objective.h: prompts against pixels, image by image.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/batch.h"
#include "models/parameters.h"

namespace weft {

// What a rank brings to a step beside the batch.
struct StepInput {
  int64_t updates = 0;      // made before; skipped steps are none
  bool stop = false;        // this rank was asked to stop; where any was, the step is still taken and every rank knows
  bool save_due = false;    // this rank wants a checkpoint after the step
  int save_state = 0;       // of the checkpoint being written (Checkpoints::state)
  double data_seconds = 0;  // spent waiting for the batch
  std::string sample;       // a name for messages
};

struct StepReport {
  double loss = 0;
  std::vector<std::pair<std::string, double>> terms;  // each divided by its count
  std::vector<std::pair<std::string, double>> counts;
  double lr = 0, gradient_norm = 0, logit_scale = 0;
  double control_seconds = 0;  // exchanging features and control numbers, and waiting for the slowest
  double hidden_seconds = 0,
         exposed_seconds = 0;  // summing gradients and sharing weights, under the computation or not
  bool skipped = false;        // a number was not finite: no rank changed anything
  bool stop_agreed = false, save_agreed = false;
  int least_save_state = 0;
  int64_t damaged = 0;                                // images of the world's step that could not be read
  std::vector<double> compute_seconds, data_seconds;  // of every rank
};

// What is computed at once: some images of one virtual rank, and texts where the model reads some.
struct Piece {
  int virtual_rank = 0;  // of this rank, from 0
  Range images, texts;   // of the world's step
};

class Objective {
 public:
  virtual ~Objective() = default;

  // Each rank alone, before the ranks agree on the step; memory may run out in it.  keeps_graph: there is one piece for
  // each virtual rank, so that backward() can go back through what is computed here; else a piece is computed again
  // there, and the memory is that of one piece.
  virtual void forward(const Batch& batch, const std::vector<Piece>& pieces, bool keeps_graph) = 0;

  // All ranks together, on the batch as they agreed on it.  What they wait for goes to report.control_seconds.
  virtual void judge(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report) = 0;

  // Adds the gradients of a piece; memory may run out in it.  Calls `arm` before the last of its passes.
  virtual void backward(const Batch& batch, size_t piece, const std::function<void()>& arm) = 0;

  // Numbers whose gradient judge() knows without a backward, by virtual rank of this rank.
  struct Given {
    const Parameter* parameter;
    std::vector<double> gradient;
  };
  virtual std::vector<Given> given() const { return {}; }

  // What virtual rank j of this rank found in its backward; the trainer adds such sums over the world.
  virtual std::vector<double> sums([[maybe_unused]] int j) const { return {}; }
  virtual void tell([[maybe_unused]] const std::vector<double>& world_sums, [[maybe_unused]] StepReport& report) const {
  }

  // Numbers that an update keeps in a range.
  struct Limit {
    const Parameter* parameter;
    double low, high;
  };
  virtual std::vector<Limit> limits() const { return {}; }
};

}  // namespace weft
