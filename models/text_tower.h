// SPDX-License-Identifier: Apache-2.0
// The text transformers of CLIP (causal, read out at the end token) and SigLIP (no mask, padded to the context, read
// out at the last position, a projection with a bias).  open_clip's names: CLIP's without a prefix, SigLIP's under
// `text.`.
#pragma once

#include <optional>

#include "models/layers.h"
#include "models/model.h"

namespace weft {

enum class TextFamily { clip, siglip };

struct TextShape {
  TextFamily family = TextFamily::clip;
  int64_t vocabulary = 0, context = 0, width = 0, layers = 0, heads = 0, embed = 0;
  Activation activation = Activation::gelu;
  double drop_path = 0;
  bool recompute = false;
};

class TextTower {
 public:
  TextTower(ParameterSet& set, const TextShape& shape);
  Tensor forward(const TextIds& texts, Attention attention, const Draws& draws) const;  // -> [T, embed], not normalised

 private:
  TextShape shape_;
  Parameter* positional_embedding_;
  Parameter* projection_WE_;          // CLIP's
  std::optional<Linear> projection_;  // SigLIP's
  Parameter* token_embedding_;
  Transformer transformer_;
  LayerNorm ln_final_;
};

}  // namespace weft
