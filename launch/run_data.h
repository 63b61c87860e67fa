// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace weft {

// `weft data import KIND SOURCE FOLDER`, `check FOLDER` and `show FOLDER`; options are key=value words.
Exit run_data(const std::vector<std::string>& words, const std::vector<std::string>& options);

}  // namespace weft
