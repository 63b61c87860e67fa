// SPDX-License-Identifier: Apache-2.0
// What a run must keep.  Before: trainer/trainer.cc leaves a step.  After: launch/run_train.cc starts again from it.
//   checkpoints/step-00000120/  model.safetensors  ema.safetensors  optimizer.safetensors  state.json  manifest.json
// Whole tensors by parameter name, so that any number of ranks resumes and others can use the files.  A thread of each
// rank writes while training goes on; the folder is a *.tmp until all ranks are done, its manifest (sizes and hashes)
// comes last.  A damaged newest checkpoint is named and the one before taken.
#pragma once

#include <future>
#include <memory>
#include <optional>

#include "models/model.h"
#include "trainer/checkpoint_writer.h"

namespace weft {

// A checkpoint stays where any of the three keeps it.
struct KeepSettings {
  int64_t last = 2;   // the newest
  int64_t every = 0;  // those of every so many steps (0: none)
  int64_t best = 0;   // those with the lowest score
};

// All ranks call everything but wait_snapshot() and state() together.
class Checkpoints {
 public:
  Checkpoints(Path folder, KeepSettings keep, Comm& comm) : folder_(std::move(folder)), keep_(keep), comm_(comm) {}
  ~Checkpoints();

  // The newest whole one, or an empty path; damaged ones are named in a warning.  The ranks share the reading.
  Path latest() const;
  // Nothing where there is no checkpoint; an Error where there are some, but none is whole.
  std::optional<TrainProgress> restore_latest(FlatParameters& flat);

  // Returns at once; where the one before is still being written, that one is finished first.  Of all `score`s the
  // lowest are the best; infinite where there is none.
  void begin(FlatParameters& flat, const TrainProgress& progress, double score);
  // Before weights or moments change: returns once this rank's are copied.  Gives the seconds that took.
  double wait_snapshot();
  // 0 idle, 1 writing, 2 written or failed.
  int state() const { return state_; }
  // With the least state() of all ranks.  Once every rank is done, the checkpoint becomes one; where a rank failed, it
  // is given up with a warning and training goes on.
  void advance(int least_state);
  // Waits for all that was begun.  An Error where the last one failed.
  void finish();

 private:
  struct Save {
    CheckpointWriter writer;
    PartWriter parts;
    TrainProgress progress;
    double score;
    Path final;
    std::vector<uint64_t> hashes{};
    std::string failure{};
  };
  void write(Save& save, FlatParameters& flat, std::promise<void> copied);
  void conclude();
  void remove_leftovers(const Path& but) const;
  void prune(int64_t step) const;

  Path folder_;
  KeepSettings keep_;
  Comm& comm_;
  std::vector<float> snapshot_;  // kept, because fresh memory costs more than the copy
  std::unique_ptr<Save> save_;   // begun and not concluded
  std::string last_failure_;
  std::atomic<int> state_ = 0;
  std::atomic<bool> given_up_ = false;
  std::future<void> copied_;
  std::future<void> reserved_, written_, published_;  // threads; last, so that they end before what they use
};

// Loads the weights to evaluate with (the moving average where there is one) into a model that has no flat buffers.
void load_for_evaluation(const Path& checkpoint, Model& model);

}  // namespace weft
