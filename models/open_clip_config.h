// SPDX-License-Identifier: Apache-2.0
// Sizes of a two-tower model, as open_clip's model configs and the open_clip_config.json beside released weights state
// them.
#pragma once

#include "base/files.h"
#include "models/text_tower.h"

namespace weft {

struct TowerSizes {
  int64_t image_size = 0, patch = 0, image_width = 0, image_layers = 0, head_width = 0, text_context = 0,
          text_width = 0, text_layers = 0, text_heads = 0, embed = 0;
  TextFamily family = TextFamily::clip;
  int64_t vocabulary = 0;  // 0: as many as the tokenizer has ids
  bool quick_gelu = false;
};

// An Error names a key that asks for what these towers cannot be.
TowerSizes read_open_clip_config(const Path& file);

}  // namespace weft
