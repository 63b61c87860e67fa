// SPDX-License-Identifier: Apache-2.0
// Ranks as threads of one process: for exact tests without mpirun, and to try a recipe for many ranks on one machine.
#pragma once

#include <functional>
#include <vector>

#include "base/comm.h"

namespace weft {

struct ThreadRanks {
  int ranks = 1;
  // Ranks of each pretended host, which then share no memory with the others'; empty: all on one.
  std::vector<int> hosts = {};
  double deadline_seconds = 300;
};

// Runs body once per rank, each on a thread of its own with a Comm among them.  An exception of one rank releases the
// others from any collective they wait in, and the first one is rethrown.
void run_thread_ranks(const ThreadRanks& settings, const std::function<void(Comm&)>& body);
void run_thread_ranks(int ranks, const std::function<void(Comm&)>& body);

}  // namespace weft
