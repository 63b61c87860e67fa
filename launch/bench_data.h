// SPDX-License-Identifier: Apache-2.0
// The loader of a recipe without its model: how many images a second it makes, how much memory it takes as it goes on,
// and a hash of every batch, by which other numbers of ranks and threads can be seen to make the same ones.
#pragma once

#include <string>
#include <vector>

#include "base/comm.h"
#include "base/files.h"
#include "configs/fields.h"

namespace weft {

struct DataBench final : Settings {
  int64_t steps = 100;
  int64_t first = 0;
  std::string json;
  void fields(Fields& visit) override;

  // overrides: of the recipe.
  void run(const Path& recipe, const std::vector<std::string>& overrides, Comm& comm) const;
};

}  // namespace weft
