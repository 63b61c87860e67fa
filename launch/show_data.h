// SPDX-License-Identifier: Apache-2.0
// `weft data check` and `weft data show`.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace weft {

Exit examine_data(const std::vector<std::string>& words, const std::vector<std::string>& options);
Exit show_data(const std::vector<std::string>& words, const std::vector<std::string>& options);

}  // namespace weft
