// SPDX-License-Identifier: Apache-2.0
// What engine.* asks of the process before the first product is computed.
#pragma once

#include <map>

#include "base/comm.h"
#include "launch/run_config.h"

namespace weft {

// Sets threads and determinism; gives the threads of a rank.
int set_up_engine(const EngineSettings& engine, int ranks_of_host);

// Where this rank computes (trainer/device.h), of `visible` GPUs; asked by all ranks together.
int device_of(const EngineSettings& engine, Comm& comm, int visible);

// What the bits of an elastic run depend on beside the recipe.
std::map<std::string, std::string> pinned_by(const RunConfig& config, int threads, int device);

// Throws Error where an elastic run is resumed on something that would give other bits.
void check_pinned(const std::map<std::string, std::string>& saved, const std::map<std::string, std::string>& now);

}  // namespace weft
