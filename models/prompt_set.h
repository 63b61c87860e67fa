// SPDX-License-Identifier: Apache-2.0
// Prompts of many images for one call of a mask decoder.
#pragma once

#include "base/tensor.h"

namespace weft {

// P prompts over B images, ragged: padded to N points.
struct PromptSet {
  static constexpr int64_t kNotAPoint = -1;  // SAM's learned "not a point"
  static constexpr int64_t kNothing = -2;    // padding: no token at all (masked out)

  Tensor image_P;     // i64: which row of the features
  Tensor points_PN2;  // f32, x and y in pixels of the model's input; pixel centres lie at whole numbers
  Tensor labels_PN;   // i64: 0 negative, 1 positive, 2 and 3 a box's corners, kNotAPoint, kNothing
  Tensor mask_P1HW;   // f32 low-resolution logits; undefined: no prompt has one
  Tensor has_mask_P;  // bool; undefined: all have where mask is defined
};

}  // namespace weft
