// SPDX-License-Identifier: Apache-2.0
// What a run must keep.  Before: trainer/trainer.cc leaves a step.  After: launch/run_train.cc starts again from it.
//   checkpoints/step-00000120/  model.safetensors  ema.safetensors  optimizer.safetensors  state.json  manifest.json
// Tensors are stored by parameter name, so that any number of ranks resumes.  A folder is written as *.tmp, synced and
// renamed, its manifest (sizes and XXH3 of every file) last.  A damaged newest checkpoint is named and the one before
// taken.
#pragma once

#include <optional>

#include "base/comm.h"
#include "base/files.h"
#include "trainer/trainer.h"

namespace weft {

// Everything of a run that is not a tensor.
struct TrainProgress {
  int64_t step = 0;     // the next step to take
  int64_t updates = 0;  // steps that changed the weights
  int64_t skipped_in_a_row = 0;
  int64_t damaged = 0;  // images left out so far
  double seconds = 0;   // spent training, over all starts
};

class Checkpoints {
 public:
  Checkpoints(Path folder, int64_t keep) : folder_(std::move(folder)), keep_(keep) {}

  // Written by rank 0; returns on every rank once it is on disk.
  void save(Learner& learner, const TrainProgress& progress, Comm& comm) const;
  // Rank 0 reads and checks, every rank gets the same bits.  Nothing where there is no checkpoint.
  std::optional<TrainProgress> restore_latest(Learner& learner, Comm& comm) const;
  // The newest whole one, or an empty path; damaged ones are named in a warning.
  Path latest() const;

 private:
  Path folder_;
  int64_t keep_;
};

// Loads the weights to evaluate with (the moving average where there is one) into a model that has no flat buffers.
void load_for_evaluation(const Path& checkpoint, Model& model);

}  // namespace weft
