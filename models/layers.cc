// SPDX-License-Identifier: Apache-2.0
#include "models/layers.h"

#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>

#include "models/recompute.h"

namespace weft {
namespace {

// torch's nn::Linear: uniform in +-1/sqrt(in) for weight and bias.
Init torch_linear(int64_t in) {
  return Init::uniform(1 / std::sqrt(static_cast<double>(in)));
}

Init in_proj_init(const TransformerShape& s) {
  const double w = static_cast<double>(s.width);
  return s.scaled_init ? Init::normal(1 / std::sqrt(w)) : Init::uniform(std::sqrt(6 / (w + 3 * w)));  // Xavier
}
Init to_residual_init(const TransformerShape& s, int64_t in) {
  const double w = static_cast<double>(s.width), depth = static_cast<double>(s.layers);
  return s.scaled_init ? Init::normal(1 / std::sqrt(w * 2 * depth)) : torch_linear(in);
}
Init c_fc_init(const TransformerShape& s) {
  return s.scaled_init ? Init::normal(1 / std::sqrt(2.0 * static_cast<double>(s.width))) : torch_linear(s.width);
}

}  // namespace

LayerNorm::LayerNorm(ParameterSet& set, const std::string& name, int64_t width)
    : weight(set.add(name + ".weight", {width}, Init::constant(1))),
      bias(set.add(name + ".bias", {width}, Init::constant(0))) {}

Tensor LayerNorm::forward(const Tensor& x) const {
  return at::layer_norm(x, weight->use().sizes(), weight->use(), bias->use(), 1e-5);
}

Linear::Linear(ParameterSet& set, const std::string& weight_name, const std::string& bias_name, int64_t in, int64_t out,
               Init weight_init, Init bias_init)
    : weight(set.add(weight_name, {out, in}, weight_init)), bias(set.add(bias_name, {out}, bias_init)) {}

Tensor Linear::forward(const Tensor& x) const {
  return at::linear(x, weight->use(), bias->use());
}

ResidualBlock::ResidualBlock(ParameterSet& set, const std::string& prefix, const TransformerShape& s)
    : heads(s.heads),
      causal(s.causal),
      ln_1(set, prefix + ".ln_1", s.width),
      in_proj(set, prefix + ".attn.in_proj_weight", prefix + ".attn.in_proj_bias", s.width, 3 * s.width,
              in_proj_init(s), Init::constant(0)),
      out_proj(set, prefix + ".attn.out_proj.weight", prefix + ".attn.out_proj.bias", s.width, s.width,
               to_residual_init(s, s.width), Init::constant(0)),
      ln_2(set, prefix + ".ln_2", s.width),
      c_fc(set, prefix + ".mlp.c_fc.weight", prefix + ".mlp.c_fc.bias", s.width, 4 * s.width, c_fc_init(s),
           torch_linear(s.width)),
      c_proj(set, prefix + ".mlp.c_proj.weight", prefix + ".mlp.c_proj.bias", 4 * s.width, s.width,
             to_residual_init(s, 4 * s.width), torch_linear(4 * s.width)) {}

Tensor ResidualBlock::attend(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const {
  const int64_t b = x_BNW.size(0), n = x_BNW.size(1), w = x_BNW.size(2), head_width = w / heads;
  const Tensor qkv = in_proj.forward(x_BNW).view({b, n, 3, heads, head_width}).permute({2, 0, 3, 1, 4});
  const Tensor q = qkv.select(0, 0), k = qkv.select(0, 1), v = qkv.select(0, 2);  // [B, H, N, W/H]
  Tensor mixed;
  if (attention == Attention::sdpa) {
    mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, causal);
  } else {
    Tensor logits = at::matmul(q * (1 / std::sqrt(static_cast<double>(head_width))), k.transpose(-2, -1));
    if (causal) logits = logits + mask_NN;
    mixed = at::matmul(at::softmax(logits, -1), v);
  }
  return out_proj.forward(mixed.transpose(1, 2).reshape({b, n, w}));
}

Tensor ResidualBlock::forward(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const {
  const Tensor attended = x_BNW + attend(ln_1.forward(x_BNW), mask_NN, attention);
  return attended + c_proj.forward(at::gelu(c_fc.forward(ln_2.forward(attended))));
}

std::vector<Parameter*> ResidualBlock::parameters() const {
  return {ln_1.weight, ln_1.bias, in_proj.weight, in_proj.bias, out_proj.weight, out_proj.bias,
          ln_2.weight, ln_2.bias, c_fc.weight,    c_fc.bias,    c_proj.weight,   c_proj.bias};
}

Transformer::Transformer(ParameterSet& set, const std::string& prefix, const TransformerShape& shape) : shape_(shape) {
  for (int64_t i = 0; i < shape.layers; ++i)
    blocks_.emplace_back(set, prefix + ".resblocks." + std::to_string(i), shape);
}

Tensor Transformer::forward(Tensor x_BNW, Attention attention) const {
  Tensor mask_NN;
  if (shape_.causal && attention == Attention::explicit_form) {
    const int64_t n = x_BNW.size(1);
    mask_NN = at::full({n, n}, -std::numeric_limits<double>::infinity(), x_BNW.options()).triu(1);
  }
  for (const ResidualBlock& block : blocks_) {
    const auto run = [&block, mask_NN, attention](const Tensor& x) { return block.forward(x, mask_NN, attention); };
    x_BNW = shape_.recompute ? recomputed(run, x_BNW, block.parameters()) : run(x_BNW);
  }
  return x_BNW;
}

}  // namespace weft
