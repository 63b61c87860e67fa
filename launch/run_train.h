// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/comm.h"
#include "base/error.h"
#include "configs/recipe.h"

namespace weft {

struct TrainRequest {
  Path recipe;
  std::vector<std::string> overrides;
  bool dry_run = false;   // everything is read, built and checked; no step is taken and nothing written
  int ranks_of_host = 1;  // for the threads of a rank
};

// SIGUSR1 and SIGTERM ask for a save and a stop; installed by main.
void stop_on_signals();
void forget_stop_request();  // for a process that trains more than once

Exit run_train(const TrainRequest& request, Comm& comm);

}  // namespace weft
