// SPDX-License-Identifier: Apache-2.0
#include "launch/objectives.h"

#include "base/error.h"
#include "trainer/pair_objective.h"

namespace weft {

std::unique_ptr<Objective> objective_of(const RunConfig& config, Learner& learner, Comm& comm) {
  std::vector<std::unique_ptr<Loss>> losses;
  for (const auto& settings : config.losses) losses.push_back(settings->build());
  return std::make_unique<PairObjective>(
      learner, std::move(losses),
      PairObjectiveSettings{static_cast<uint64_t>(config.run.seed), config.engine.most_logit_scale}, comm);
}

}  // namespace weft
