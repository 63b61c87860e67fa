// SPDX-License-Identifier: Apache-2.0
#include "models/text_tower.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/matmul.h>

#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

std::string prefix_of(const TextShape& s) {
  return s.family == TextFamily::siglip ? "text." : "";
}
double epsilon_of(const TextShape& s) {
  return s.family == TextFamily::siglip ? 1e-6 : 1e-5;
}

Init projection_init(const TextShape& s) {
  return Init::normal(1 / std::sqrt(double(s.width)));
}

}  // namespace

TextTower::TextTower(ParameterSet& set, const TextShape& s)
    : shape_(s),
      positional_embedding_(set.add(prefix_of(s) + "positional_embedding", {s.context, s.width}, Init::normal(0.01))),
      projection_WE_(s.family == TextFamily::clip ? set.add("text_projection", {s.width, s.embed}, projection_init(s))
                                                  : nullptr),
      token_embedding_(set.add(prefix_of(s) + "token_embedding.weight", {s.vocabulary, s.width}, Init::normal(0.02))),
      transformer_(set, prefix_of(s) + "transformer",
                   {.width = s.width,
                    .layers = s.layers,
                    .heads = s.heads,
                    .causal = s.family == TextFamily::clip,
                    .start = Start::scaled,
                    .epsilon = epsilon_of(s),
                    .activation = s.activation,
                    .drop_path = s.drop_path,
                    .drop_purpose = Purpose::text_drop_path,
                    .recompute = s.recompute}),
      ln_final_(set, prefix_of(s) + "ln_final", s.width, epsilon_of(s)) {
  if (s.family == TextFamily::siglip)
    projection_.emplace(set, "text.text_projection", s.width, s.embed, projection_init(s), Init::constant(0));
}

Tensor TextTower::forward(const TextIds& texts, Attention attention, const Draws& draws) const {
  const int64_t t = texts.ids_TL.size(0), length = texts.ids_TL.size(1);
  WEFT_ASSERT(length == shape_.context || (length < shape_.context && shape_.family == TextFamily::clip));
  Tensor x = at::embedding(token_embedding_->use(), texts.ids_TL) + positional_embedding_->use().narrow(0, 0, length);
  x = transformer_.forward(x, attention, draws);
  // Read out by index_select: the backward of a general index is not repeatable with several threads.
  const Tensor row_T = at::arange(t, texts.last_T.options()) * length + texts.last_T;
  const Tensor read_TW = ln_final_.forward(x.reshape({t * length, shape_.width}).index_select(0, row_T));
  return projection_ ? projection_->forward(read_TW) : at::matmul(read_TW, projection_WE_->use());
}

}  // namespace weft
