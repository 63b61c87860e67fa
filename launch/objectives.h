// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "launch/run_config.h"
#include "trainer/learner.h"
#include "trainer/objective.h"

namespace weft {

// What the recipe's losses ask of its model.  Error where they ask for what it does not offer.
std::unique_ptr<Objective> objective_of(const RunConfig& config, Learner& learner, Comm& comm);

}  // namespace weft
