// SPDX-License-Identifier: Apache-2.0
// CLIP's text transformer: causal, read out at the end token.  open_clip's names, without a prefix.
#pragma once

#include "models/layers.h"
#include "models/model.h"

namespace weft {

struct TextShape {
  int64_t vocabulary, context, width, layers, heads, embed;
  bool recompute = false;
};

class TextTower {
 public:
  TextTower(ParameterSet& set, const TextShape& shape);
  Tensor forward(const TextIds& texts, Attention attention) const;  // -> [T, embed], not normalised

 private:
  TextShape shape_;
  Parameter *positional_embedding_, *text_projection_, *token_embedding_;
  Transformer transformer_;
  LayerNorm ln_final_;
};

}  // namespace weft
