// SPDX-License-Identifier: Apache-2.0
#include "models/layers.h"

#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>

#include "models/recompute.h"

namespace weft {
namespace {

constexpr double kNarrow = 0.02;

Init in_proj_init(const TransformerShape& s) {
  const double w = static_cast<double>(s.width);
  if (s.start == Start::narrow) return Init::normal(kNarrow);
  return s.start == Start::scaled ? Init::normal(1 / std::sqrt(w))
                                  : Init::uniform(std::sqrt(6 / (w + 3 * w)));  // Xavier
}
Init to_residual_init(const TransformerShape& s, int64_t in) {
  const double w = static_cast<double>(s.width), depth = static_cast<double>(s.layers);
  if (s.start == Start::narrow) return Init::normal(kNarrow);
  return s.start == Start::scaled ? Init::normal(1 / std::sqrt(w * 2 * depth)) : torch_linear(in);
}
Init fc_init(const TransformerShape& s) {
  if (s.start == Start::narrow) return Init::normal(kNarrow);
  return s.start == Start::scaled ? Init::normal(1 / std::sqrt(2.0 * static_cast<double>(s.width)))
                                  : torch_linear(s.width);
}
Init mlp_bias_init(const TransformerShape& s, int64_t in) {
  return s.start == Start::narrow ? Init::constant(0) : torch_linear(in);
}

Tensor scaled(const Tensor& branch_BNW, const Tensor& factor_2B, int64_t which) {
  if (!factor_2B.defined()) return branch_BNW;
  return branch_BNW * factor_2B.select(0, which).view({-1, 1, 1});
}

}  // namespace

LayerNorm::LayerNorm(ParameterSet& set, const std::string& name, int64_t width, double e)
    : weight(set.add(name + ".weight", {width}, Init::constant(1))),
      bias(set.add(name + ".bias", {width}, Init::constant(0))),
      epsilon(e) {}

Tensor LayerNorm::forward(const Tensor& x) const {
  return at::layer_norm(x, weight->use().sizes(), weight->use(), bias->use(), epsilon);
}

Linear::Linear(ParameterSet& set, const std::string& weight_name, const std::string& bias_name, int64_t in, int64_t out,
               Init weight_init, Init bias_init)
    : weight(set.add(weight_name, {out, in}, weight_init)),
      bias(set.add(bias_name, {out}, bias_init)),
      low_rank(set.add_low_rank(weight)) {}

Tensor Linear::forward(const Tensor& x) const {
  const Tensor matrix = weight->use();
  Tensor y = at::linear(x, matrix, bias->use().to(matrix.scalar_type()));  // a bias of one number is kept as f32
  if (low_rank == nullptr) return y;
  return y + at::linear(at::linear(x, low_rank->down->use()), low_rank->up->use()) * low_rank->factor;
}

Tensor Linear::matrix() const {
  if (low_rank == nullptr) return weight->use();
  return weight->use() + at::matmul(low_rank->up->use(), low_rank->down->use()) * low_rank->factor;
}

void Linear::collect(std::vector<Parameter*>& into) const {
  into.insert(into.end(), {weight, bias});
  if (low_rank != nullptr) into.insert(into.end(), {low_rank->down, low_rank->up});
}

Init torch_linear(int64_t in) {
  return Init::uniform(1 / std::sqrt(static_cast<double>(in)));
}

Tensor activated(const Tensor& x, Activation activation) {
  return activation == Activation::gelu ? at::gelu(x) : x * at::sigmoid(x * 1.702);
}

Tensor attended(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask_NN, bool causal,
                Attention attention) {
  Tensor mixed;
  if (attention == Attention::sdpa) {
    mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, causal);
  } else {
    Tensor logits = at::matmul(q * (1 / std::sqrt(static_cast<double>(q.size(3)))), k.transpose(-2, -1));
    if (mask_NN.defined()) logits = logits + mask_NN;
    mixed = at::matmul(at::softmax(logits, -1), v);
  }
  return mixed.transpose(1, 2).reshape({q.size(0), q.size(2), q.size(1) * q.size(3)});
}

ResidualBlock::ResidualBlock(ParameterSet& set, const std::string& prefix, const TransformerShape& s)
    : heads(s.heads),
      causal(s.causal),
      activation(s.activation),
      ln_1(set, prefix + s.names.ln_1, s.width, s.epsilon),
      in_proj(set, prefix + s.names.in_weight, prefix + s.names.in_bias, s.width, 3 * s.width, in_proj_init(s),
              Init::constant(0)),
      out_proj(set, prefix + s.names.out, s.width, s.width, to_residual_init(s, s.width), Init::constant(0)),
      ln_2(set, prefix + s.names.ln_2, s.width, s.epsilon),
      c_fc(set, prefix + s.names.fc, s.width, 4 * s.width, fc_init(s), mlp_bias_init(s, s.width)),
      c_proj(set, prefix + s.names.proj, 4 * s.width, s.width, to_residual_init(s, 4 * s.width),
             mlp_bias_init(s, 4 * s.width)) {}

Tensor ResidualBlock::attend(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const {
  const int64_t b = x_BNW.size(0), n = x_BNW.size(1), w = x_BNW.size(2);
  const Tensor qkv = in_proj.forward(x_BNW).view({b, n, 3, heads, w / heads}).permute({2, 0, 3, 1, 4});
  return out_proj.forward(attended(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2), mask_NN, causal, attention));
}

Tensor ResidualBlock::forward(const Tensor& x_BNW, const Tensor& mask_NN, const Tensor& factor_2B,
                              Attention attention) const {
  const Tensor mixed = x_BNW + scaled(attend(ln_1.forward(x_BNW), mask_NN, attention), factor_2B, 0);
  return mixed + scaled(c_proj.forward(activated(c_fc.forward(ln_2.forward(mixed)), activation)), factor_2B, 1);
}

std::vector<Parameter*> ResidualBlock::parameters() const {
  std::vector<Parameter*> all = {ln_1.weight, ln_1.bias, ln_2.weight, ln_2.bias};
  for (const Linear* linear : {&in_proj, &out_proj, &c_fc, &c_proj}) linear->collect(all);
  return all;
}

Transformer::Transformer(ParameterSet& set, const std::string& prefix, const TransformerShape& shape) : shape_(shape) {
  for (int64_t i = 0; i < shape.layers; ++i)
    blocks_.emplace_back(set, prefix + shape.names.blocks + std::to_string(i), shape);
}

Tensor Transformer::forward(Tensor x_BNW, Attention attention, const Draws& draws) const {
  Tensor mask_NN, factor_L2B;
  if (shape_.causal && attention == Attention::explicit_form) {
    const int64_t n = x_BNW.size(1);
    mask_NN = at::full({n, n}, -std::numeric_limits<double>::infinity(), x_BNW.options()).triu(1);
  }
  if (draws.training && shape_.drop_path > 0)
    factor_L2B =
        branch_factors(draws, shape_.drop_purpose, shape_.layers, x_BNW.size(0), shape_.drop_path).to(x_BNW.options());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const ResidualBlock& block = blocks_[i];
    const Tensor factor_2B = factor_L2B.defined() ? factor_L2B.select(0, static_cast<int64_t>(i)) : Tensor();
    const auto run = [&block, mask_NN, factor_2B, attention](const Tensor& x) {
      return block.forward(x, mask_NN, factor_2B, attention);
    };
    x_BNW = shape_.recompute ? recomputed(run, x_BNW, block.parameters()) : run(x_BNW);
  }
  return x_BNW;
}

}  // namespace weft
