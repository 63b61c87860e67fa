// SPDX-License-Identifier: Apache-2.0
#include "models/siglip_vision.h"

#include <ATen/ops/linear.h>

#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kEpsilon = 1e-6, kNarrow = 0.02;

}  // namespace

AttentionPool::AttentionPool(ParameterSet& set, const std::string& name, const VisionShape& s)
    : heads(s.heads),
      activation(s.activation),
      latent(set.add(name + ".latent", {1, 1, s.width}, Init::truncated_normal(1 / std::sqrt(double(s.width))))),
      q(set, name + ".q", s.width, s.width, Init::normal(kNarrow), Init::constant(0)),
      kv(set, name + ".kv", s.width, 2 * s.width, Init::normal(kNarrow), Init::constant(0)),
      proj(set, name + ".proj", s.width, s.width, Init::normal(kNarrow), Init::constant(0)),
      norm(set, name + ".norm", s.width, kEpsilon),
      fc1(set, name + ".mlp.fc1", s.width, 4 * s.width, Init::normal(kNarrow), Init::constant(0)),
      fc2(set, name + ".mlp.fc2", 4 * s.width, s.width, Init::normal(kNarrow), Init::constant(0)) {}

Tensor AttentionPool::forward(const Tensor& x_BNW, Attention attention) const {
  const int64_t b = x_BNW.size(0), n = x_BNW.size(1), w = x_BNW.size(2);
  const Tensor query = q.forward(latent->use()).view({1, 1, heads, w / heads}).transpose(1, 2);
  const Tensor keys_values = kv.forward(x_BNW).view({b, n, 2, heads, w / heads}).permute({2, 0, 3, 1, 4});
  const Tensor mixed_B1W = attended(query.expand({b, heads, 1, w / heads}), keys_values.select(0, 0),
                                    keys_values.select(0, 1), {}, /*causal=*/false, attention);
  const Tensor x = proj.forward(mixed_B1W);
  return (x + fc2.forward(activated(fc1.forward(norm.forward(x)), activation))).select(1, 0);
}

SigLipVision::SigLipVision(ParameterSet& set, const VisionShape& s)
    : shape_(s),
      pos_embed_(set.add("visual.trunk.pos_embed", {1, (s.image_size / s.patch) * (s.image_size / s.patch), s.width},
                         Init::normal(kNarrow))),
      patch_weight_(set.add("visual.trunk.patch_embed.proj.weight", {s.width, 3, s.patch, s.patch},
                            torch_linear(3 * s.patch * s.patch))),
      patch_bias_(set.add("visual.trunk.patch_embed.proj.bias", {s.width}, torch_linear(3 * s.patch * s.patch))),
      transformer_(set, "visual.trunk",
                   {.width = s.width,
                    .layers = s.layers,
                    .heads = s.heads,
                    .start = Start::narrow,
                    .names = kTimmBlock,
                    .epsilon = kEpsilon,
                    .activation = s.activation,
                    .drop_path = s.drop_path,
                    .recompute = s.recompute}),
      norm_(set, "visual.trunk.norm", s.width, kEpsilon),
      pool_(set, "visual.trunk.attn_pool", s) {
  WEFT_ASSERT(s.embed == s.width);
}

Tensor SigLipVision::forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                             const Draws& draws) const {
  const Tensor& weight = patch_weight_->use();
  const Tensor patches = patch_rows(pixels_BCHW, shape_.patch, preprocess, weight.scalar_type());
  const Tensor x = at::linear(patches, weight.view({shape_.width, -1}), patch_bias_->use()) + pos_embed_->use();
  return pool_.forward(norm_.forward(transformer_.forward(without_dropped(x, 0, shape_, draws), attention, draws)),
                       attention);
}

}  // namespace weft
