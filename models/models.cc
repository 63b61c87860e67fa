// SPDX-License-Identifier: Apache-2.0
// The table of models.  To add one: its own .cc and a line here.
#include "models/two_tower.h"

namespace weft {

const std::vector<ModelKind> kModels = {
    {"two_tower", "an image tower and a text tower that meet in one space (CLIP)",
     []() -> std::unique_ptr<ModelSettings> { return std::make_unique<TwoTowerSettings>(); }},
};

}  // namespace weft
