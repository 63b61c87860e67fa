// SPDX-License-Identifier: Apache-2.0
#include "models/text_tower.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/matmul.h>

#include <cmath>

#include "base/error.h"

namespace weft {

TextTower::TextTower(ParameterSet& set, const TextShape& s)
    : shape_(s),
      positional_embedding_(set.add("positional_embedding", {s.context, s.width}, Init::normal(0.01))),
      text_projection_(set.add("text_projection", {s.width, s.embed}, Init::normal(1 / std::sqrt(double(s.width))))),
      token_embedding_(set.add("token_embedding.weight", {s.vocabulary, s.width}, Init::normal(0.02))),
      transformer_(set, "transformer",
                   {s.width, s.layers, s.heads, /*causal=*/true, /*scaled_init=*/true, s.recompute}),
      ln_final_(set, "ln_final", s.width) {}

Tensor TextTower::forward(const TextIds& texts, Attention attention) const {
  const int64_t t = texts.ids_TL.size(0), length = texts.ids_TL.size(1);
  WEFT_ASSERT(length <= shape_.context);
  Tensor x = at::embedding(token_embedding_->use(), texts.ids_TL) + positional_embedding_->use().narrow(0, 0, length);
  x = transformer_.forward(x, attention);
  // Read out by index_select: the backward of a general index is not repeatable with several threads.
  const Tensor row_T = at::arange(t, texts.last_T.options()) * length + texts.last_T;
  const Tensor read_TW = x.reshape({t * length, shape_.width}).index_select(0, row_T);
  return at::matmul(ln_final_.forward(read_TW), text_projection_->use());
}

}  // namespace weft
