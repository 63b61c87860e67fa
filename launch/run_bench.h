// SPDX-License-Identifier: Apache-2.0
// weft bench comm: what every collective takes, over sizes, as a line latency + bytes / bandwidth.
// weft bench data RECIPE.toml: images a second of the recipe's loader, its memory, and a hash of its batches.
// weft bench predict RECIPE.toml: what a step takes on these ranks, predicted from its parts and measured.
// All print a table on rank 0 and write the figures with json=FILE.
#pragma once

#include <string>
#include <vector>

#include "base/comm.h"
#include "base/error.h"

namespace weft {

struct BenchRequest {
  std::vector<std::string> words;      // after the verb
  std::vector<std::string> overrides;  // key=value; a key with a dot belongs to the recipe
  int ranks_of_host = 1;
};

Exit run_bench(const BenchRequest& request, Comm& comm);

}  // namespace weft
