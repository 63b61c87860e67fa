// SPDX-License-Identifier: Apache-2.0
// What engine.* asks of the process before the first product is computed.
#pragma once

#include <map>

#include "launch/run_config.h"

namespace weft {

// Sets threads and determinism; gives the threads of a rank.
int set_up_engine(const EngineSettings& engine, int ranks_of_host);

// What the bits of an elastic run depend on beside the recipe.
std::map<std::string, std::string> pinned_by(const RunConfig& config, int threads);

// Throws Error where an elastic run is resumed on something that would give other bits.
void check_pinned(const std::map<std::string, std::string>& saved, const std::map<std::string, std::string>& now);

}  // namespace weft
