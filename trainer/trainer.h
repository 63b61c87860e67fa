// SPDX-License-Identifier: Apache-2.0
// The step.  Before: losses/*.cc gives terms, sums and counts.  After: trainer/checkpoint.cc keeps what the step left.
// Gradients of all ranks are summed, never averaged: the division by the world's label count happens once, before
// backward, so 1 x 64, 2 x 32 and 8 x 8 take the same step even where labels are uneven.  What a step computes belongs
// to V virtual ranks, spread over the ranks; with V fixed, 1, 2 and 4 ranks give the same bits.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/comm.h"
#include "data/batch.h"
#include "losses/loss.h"
#include "models/model.h"
#include "trainer/optimizer.h"
#include "trainer/reducer.h"
#include "trainer/schedule.h"
#include "trainer/weight_guard.h"

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

// One model with its flat buffers and optimizer.
struct Learner {
  Learner(std::unique_ptr<Model> model, const FlatSettings& flat, const OptimizerSettings& settings, Comm& comm);
  std::unique_ptr<Model> model;
  std::vector<ParameterGroup> groups;
  FlatParameters flat;
  AdamW optimizer;
};

struct StepSettings {
  int64_t steps = 0;                    // of the whole run, for the schedule
  uint64_t seed = 0;                    // of what the model draws
  int64_t micro_batch = 0;              // images of a virtual rank encoded at once (0: all of them)
  double most_logit_scale = 100;        // the factor on cosines is kept in [1, this]
  int64_t check_every = 0;              // steps between checks that no weight changed but by an update (0: never)
  bool halves_on_out_of_memory = true;  // all ranks halve their micro-batch and take the step again
  std::function<void()> before_update;  // called before weights and moments change
};

class Trainer {
 public:
  Trainer(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, OptimizerSettings optimizer,
          ScheduleSettings schedule, StepSettings step, Comm& comm);

  // One update from the step's batch.
  StepReport take(Batch& batch, const StepInput& input);

  int64_t micro_batch() const { return step_.micro_batch; }
  const GradientReducer& reducer() const { return reducer_; }

 private:
  // What is encoded at once, with its features and, where they are kept, their graph.
  struct Piece {
    int virtual_rank;  // of this rank, from 0
    Range images, texts;
    Tensor image_features, text_features;
  };
  enum class Outcome { taken, out_of_memory };

  Outcome attempt(Batch& batch, const StepInput& input, StepReport& report);
  std::vector<Piece> pieces_of(const Batch& batch) const;
  void encode_piece(const Batch& batch, Range images, Range texts, Tensor& image_features, Tensor& text_features) const;
  bool encode(const Batch& batch, std::vector<Piece>& pieces) const;
  bool agree(Batch& batch, const StepInput& input, bool encoded, StepReport& report);
  void halve_micro_batch(const Batch& batch);
  PairBlocks blocks() const;
  PairFeatures gather(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report);
  Judgement judge(const Batch& batch, const PairFeatures& features, StepReport& report);
  bool go_back(const Batch& batch, const std::vector<Piece>& pieces, const Judgement& judgement);
  void go_back_through(const Batch& batch, const Piece& piece, const Judgement& judgement);
  bool agree_after(bool succeeded, double compute_seconds, const StepInput& input, StepReport& report);
  void update(int64_t updates, StepReport& report);
  bool checks_weights(int64_t step) const { return step_.check_every > 0 && step % step_.check_every == 0; }

  Learner& learner_;
  std::vector<std::unique_ptr<Loss>> losses_;
  OptimizerSettings optimizer_;
  ScheduleSettings schedule_;
  StepSettings step_;
  Comm& comm_;
  GradientReducer reducer_;
  WeightGuard guard_;
  bool image_tower_trains_ = true, text_tower_trains_ = true;  // as far as is known
};

}  // namespace weft
