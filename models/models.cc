// SPDX-License-Identifier: Apache-2.0
// The table of models.  To add one: its own .cc and a line here.
#include "base/error.h"
#include "models/segmenter.h"
#include "models/two_tower.h"

namespace weft {

const std::vector<ModelKind> kModels = {
    {"segmenter", "an image, encoded once, and prompts that become masks (Segment Anything)",
     []() -> std::unique_ptr<ModelSettings> { return std::make_unique<SegmenterSettings>(); }},
    {"two_tower", "an image tower and a text tower that meet in one space (CLIP)",
     []() -> std::unique_ptr<ModelSettings> { return std::make_unique<TwoTowerSettings>(); }},
};

Tensor Model::embed(const TextIds&, const Draws&) const {
  fail("this model reads no texts; model.two_tower does");
}

MaskOutputs Model::decode(const Tensor&, const PromptSet&, bool, const Draws&) const {
  fail("this model draws no masks; model.segmenter does");
}

Parameter& Model::logit_scale() const {
  check(logit_scale_ != nullptr, "this model compares no images with texts; model.two_tower does");
  return *logit_scale_;
}

}  // namespace weft
