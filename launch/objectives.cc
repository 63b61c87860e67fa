// SPDX-License-Identifier: Apache-2.0
#include "launch/objectives.h"

#include "base/error.h"
#include "trainer/mask_objective.h"
#include "trainer/pair_objective.h"

namespace weft {

std::unique_ptr<Objective> objective_of(const RunConfig& config, Learner& learner, Comm& comm) {
  std::vector<std::unique_ptr<Loss>> losses;
  for (const auto& settings : config.losses) losses.push_back(settings->build());
  const auto seed = static_cast<uint64_t>(config.run.seed);
  if (learner.model->has_masks()) {
    check(config.data.objects.per_image > 0,
          "data.objects.per_image is 0, so that nothing is asked of the segmenter; "
          "wanted at least 1");
    return std::make_unique<MaskObjective>(learner, std::move(losses), MaskObjectiveSettings{seed, config.prompts},
                                           comm);
  }
  return std::make_unique<PairObjective>(learner, std::move(losses),
                                         PairObjectiveSettings{seed, config.engine.most_logit_scale}, comm);
}

}  // namespace weft
