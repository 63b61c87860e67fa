// SPDX-License-Identifier: Apache-2.0
// What a run leaves behind, the same for every verb:
//   recipe.toml  env.json  metrics.jsonl  events.out.tfevents.*  checkpoints/  log.rank*.txt  evaluation.json
//   report.html
#pragma once

#include <memory>

#include "base/comm.h"
#include "base/files.h"
#include "base/tfevents.h"
#include "configs/recipe.h"
#include "launch/run_config.h"
#include "trainer/checkpoint.h"
#include "trainer/trainer.h"

namespace weft {

class RunFolder {
 public:
  // Makes the folder (rank 0) and opens the rank's log.  An Error that names the folder where it cannot be written.
  RunFolder(const Path& folder, Comm& comm);
  ~RunFolder();

  const Path& path() const { return folder_; }
  Path checkpoints() const { return folder_ / "checkpoints"; }
  // The resolved recipe.  Where the folder holds one already, every key but those in `allow` must have the same value.
  void write_recipe(const std::string& resolved, const std::vector<std::string>& allow);
  void write_environment(int threads_per_rank);
  // One line of metrics.jsonl and the TensorBoard scalars.
  struct Line {
    TrainProgress progress;
    StepReport report;
    double samples_per_second = 0;
    // Shares of the time: waiting for data; exchanging features and control numbers; gradients and weights on their way
    // while the rank waited, and while it computed.
    double data_wait = 0, control = 0, exposed = 0, hidden = 0;
    double stalled = 0;     // seconds that saving held the step up
    std::string straggler;  // which rank was slow in what; empty where none was
  };
  void log(const Line& line);

 private:
  Path folder_;
  Comm& comm_;
  std::unique_ptr<EventWriter> events_;
};

}  // namespace weft
