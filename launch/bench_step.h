// SPDX-License-Identifier: Apache-2.0
// A recipe's step on made-up batches: its parts measured one by one, the whole predicted from them (trainer/predict.h)
// and measured beside it; and the same for other numbers of ranks and other links.
#pragma once

#include <string>
#include <vector>

#include "base/comm.h"
#include "base/files.h"
#include "configs/fields.h"
#include "trainer/predict.h"

namespace weft {

struct StepBench final : Settings {
  int64_t rounds = 15;
  int64_t text_tokens = 0;
  std::string json;
  // Elsewhere.
  int64_t ranks = 0;
  double compute_seconds = 0, bandwidth_gbs = 0, latency_us = 0, memory_gbs = 0, stolen = 0;
  void fields(Fields& visit) override;

  // overrides: of the recipe.
  void run(const Path& recipe, const std::vector<std::string>& overrides, Comm& comm, int ranks_of_host) const;

 private:
  predict::Step elsewhere(predict::Step here) const;
};

}  // namespace weft
