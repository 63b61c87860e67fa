// SPDX-License-Identifier: Apache-2.0
// `weft weights RUN_FOLDER FILE`: the weights of a run's newest checkpoint as other projects take them.
#pragma once

#include "base/error.h"
#include "base/files.h"
#include "configs/fields.h"

namespace weft {

struct WeightsSettings final : Settings {  // the words key=value of the command line
  std::string naming = "original";
  void fields(Fields& visit) override;
};

// The moving average where the run keeps one.
Exit run_weights(const Path& run_folder, const Path& file, const std::vector<std::string>& options);

}  // namespace weft
