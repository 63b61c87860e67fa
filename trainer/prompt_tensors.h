// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "data/prompts/prompt.h"
#include "models/prompt_set.h"

namespace weft {

struct PromptRow {
  int64_t image;  // row of the features
  const PromptPoints* points;
};

// As SAM reads them: a prompt without a box ends with "not a point"; shorter ones are filled up with nothing.
PromptSet prompt_tensors(const std::vector<PromptRow>& prompts, const at::Device& device);

}  // namespace weft
