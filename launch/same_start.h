// SPDX-License-Identifier: Apache-2.0
// Before the first step: ranks that were started with another recipe, on another dataset, or, where bits matter, on
// another kind of machine would train something that nobody asked for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/comm.h"
#include "base/files.h"

namespace weft {

// On all ranks together; throws Error naming the first rank that differs from rank 0, and in what.  `recipe` is
// resolved; `pinned` must be the same as well.
void check_same_start(const std::string& recipe, const std::vector<Path>& datasets,
                      const std::map<std::string, std::string>& pinned, Comm& comm);

}  // namespace weft
