// SPDX-License-Identifier: Apache-2.0
// CLIP's vision transformer: patches, a class token, positions, blocks, projection.  open_clip's names under `visual.`.
#pragma once

#include "models/layers.h"
#include "models/model.h"

namespace weft {

struct VisionShape {
  int64_t image_size, patch, width, layers, heads, embed;
  bool recompute = false;
};

class VisionTower {
 public:
  VisionTower(ParameterSet& set, const VisionShape& shape);
  // u8 [B, 3, S, S] -> [B, embed], not normalised.
  Tensor forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention) const;

 private:
  VisionShape shape_;
  Parameter *class_embedding_, *positional_embedding_, *proj_, *conv1_;
  LayerNorm ln_pre_;
  Transformer transformer_;
  LayerNorm ln_post_;
};

}  // namespace weft
