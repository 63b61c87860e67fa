// SPDX-License-Identifier: Apache-2.0
// What a promptable segmenter says of P prompts, M masks each.
#pragma once

#include "base/tensor.h"

namespace weft {

struct MaskOutputs {
  Tensor logits_PMHW;    // f32 low resolution (a quarter of the input's side), M = 3 (multimask) or 1
  Tensor iou_PM;         // f32 predicted IoU, no sigmoid
  Tensor object_P;       // f32 logit: is what the prompt asks for there at all (extra.object_score_head)
  Tensor objectness_PM;  // f32 logit: is the mask an object (extra.objectness_head)
};

}  // namespace weft
