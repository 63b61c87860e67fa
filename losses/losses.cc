// SPDX-License-Identifier: Apache-2.0
// The table of losses.  To add one: its own .cc and a line here (docs/ADD_A_LOSS.md).
#include "losses/infonce.h"
#include "losses/loss.h"
#include "losses/mask.h"
#include "losses/sigmoid.h"

namespace weft {

const std::vector<LossKind> kLosses = {
    {"infonce", "every image picks its texts among the step's, and every text its images (CLIP, several positives)",
     []() -> std::unique_ptr<LossSettings> { return std::make_unique<InfoNceSettings>(); }},
    {"mask", "each predicted mask is compared with what is known of its object (SAM, SAM 2, boxes, scribbles)",
     []() -> std::unique_ptr<LossSettings> { return std::make_unique<MaskLossSettings>(); }},
    {"sigmoid", "every image and text of a step are asked whether they belong together (SigLIP)",
     []() -> std::unique_ptr<LossSettings> { return std::make_unique<SigmoidSettings>(); }},
};

}  // namespace weft
