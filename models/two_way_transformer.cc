// SPDX-License-Identifier: Apache-2.0
#include "models/two_way_transformer.h"

#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>

#include <cmath>

namespace weft {
namespace {

// [P, T, I] x [I, C] -> [P, H T, C], each head's part of a row with its rows of the matrix.
Tensor by_head(const Tensor& x_PTI, const Tensor& matrix_IC, int64_t heads) {
  const int64_t p = x_PTI.size(0), t = x_PTI.size(1), d = x_PTI.size(2) / heads, c = matrix_IC.size(1);
  const Tensor x = x_PTI.view({p * t, heads, d}).transpose(0, 1);
  return at::bmm(x, matrix_IC.view({heads, d, c})).view({heads, p, t, c}).transpose(0, 1).reshape({p, heads * t, c});
}

// [P, H T, C] x [C, I] -> [P, T, I], each head's rows with its columns of the matrix.
Tensor to_heads(const Tensor& x_PSC, const Tensor& matrix_CI, int64_t heads) {
  const int64_t p = x_PSC.size(0), t = x_PSC.size(1) / heads, c = x_PSC.size(2), i = matrix_CI.size(1);
  const Tensor x = x_PSC.view({p, heads, t, c}).transpose(0, 1).reshape({heads, p * t, c});
  const Tensor matrix = matrix_CI.view({c, heads, i / heads}).transpose(0, 1);
  return at::bmm(x, matrix).view({heads, p, t, i / heads}).permute({1, 2, 0, 3}).reshape({p, t, i});
}

}  // namespace

TwoWayAttention::TwoWayAttention(ParameterSet& set, const std::string& name, int64_t c, int64_t i, int64_t h)
    : heads(h),
      inner(i),
      q_proj(set, name + ".q_proj", c, i),
      k_proj(set, name + ".k_proj", c, i),
      v_proj(set, name + ".v_proj", c, i),
      out_proj(set, name + ".out_proj", i, c) {}

Tensor TwoWayAttention::forward(const Tensor& q_PQC, const Tensor& k_PKC, const Tensor& v_PKC,
                                const Tensor& bias_P11K) const {
  const auto apart = [&](const Linear& linear, const Tensor& x) {
    return linear.forward(x).view({x.size(0), x.size(1), heads, inner / heads}).transpose(1, 2);
  };
  return out_proj.forward(attended(apart(q_proj, q_PQC), apart(k_proj, k_PKC), apart(v_proj, v_PKC), bias_P11K,
                                   /*causal=*/false, Attention::explicit_form));
}

// The bias of k_proj adds the same to all logits of a query, which the softmax does not see; that of v_proj comes out
// as it is, since the weights of a query sum to 1.
Tensor TwoWayAttention::tokens_over_image(const Tensor& q_PTC, const Tensor& k_PNC, const Tensor& v_PNC) const {
  if (!folds(q_PTC.size(1))) return forward(q_PTC, k_PNC, v_PNC, {});
  const int64_t head = inner / heads;
  const double scale = 1 / std::sqrt(static_cast<double>(head));
  const Tensor q_PSC = by_head(q_proj.forward(q_PTC) * scale, k_proj.matrix(), heads);
  const Tensor share_PSN = at::softmax(at::bmm(q_PSC, k_PNC.transpose(1, 2)), 2);
  const Tensor mixed_PTI = to_heads(at::bmm(share_PSN, v_PNC), v_proj.matrix().t(), heads) + v_proj.bias->use();
  return out_proj.forward(mixed_PTI);
}

Tensor TwoWayAttention::image_over_tokens(const Tensor& image_PNC, const Tensor& q_PNC, const Tensor& k_PTC,
                                          const Tensor& v_PTC, const Tensor& bias_P11T) const {
  const int64_t p = k_PTC.size(0), t = k_PTC.size(1), n = q_PNC.size(1);
  if (!folds(t)) return image_PNC + forward(q_PNC, k_PTC, v_PTC, bias_P11T);
  const int64_t head = inner / heads;
  const double scale = 1 / std::sqrt(static_cast<double>(head));
  const Tensor k_PTI = k_proj.forward(k_PTC) * scale;
  const Tensor k_PSC = by_head(k_PTI, q_proj.matrix(), heads);
  const Tensor of_bias_PHT = (k_PTI * q_proj.bias->use()).view({p, t, heads, -1}).sum(3).transpose(1, 2);
  const Tensor bias_PS1 = (of_bias_PHT + bias_P11T.squeeze(1)).reshape({p, heads * t, 1});
  const Tensor logits_PSN = at::baddbmm(bias_PS1, k_PSC, q_PNC.transpose(1, 2));
  const Tensor share_PSN = at::softmax(logits_PSN.view({p, heads, t, n}), 2).view({p, heads * t, n});
  // Shares sum to 1 in each head, so a heads-th of the output's bias in every value gives it once.
  const Tensor v_PSC = by_head(v_proj.forward(v_PTC), out_proj.matrix().t(), heads) +
                       out_proj.bias->use() * (1 / static_cast<double>(heads));
  return at::baddbmm(image_PNC, share_PSN.transpose(1, 2), v_PSC);
}

TwoWayBlock::TwoWayBlock(ParameterSet& set, const std::string& name, const TwoWayShape& s)
    : self_attn(set, name + ".self_attn", s.channels, s.channels, s.heads),
      token_to_image(set, name + ".cross_attn_token_to_image", s.channels, s.channels / 2, s.heads),
      norm1(set, name + ".norm1", s.channels, 1e-5),
      norm2(set, name + ".norm2", s.channels, 1e-5),
      norm3(set, name + ".norm3", s.channels, 1e-5),
      norm4(set, name + ".norm4", s.channels, 1e-5),
      lin1(set, name + ".mlp.lin1", s.channels, s.mlp),
      lin2(set, name + ".mlp.lin2", s.mlp, s.channels),
      image_to_token(set, name + ".cross_attn_image_to_token", s.channels, s.channels / 2, s.heads) {}

TwoWayTransformer::TwoWayTransformer(ParameterSet& set, const std::string& name, const TwoWayShape& s)
    : blocks_([&] {
        std::vector<TwoWayBlock> blocks;
        for (int64_t i = 0; i < s.layers; ++i) blocks.emplace_back(set, name + ".layers." + std::to_string(i), s);
        return blocks;
      }()),
      final_(set, name + ".final_attn_token_to_image", s.channels, s.channels / 2, s.heads),
      norm_final_(set, name + ".norm_final_attn", s.channels, 1e-5) {}

TwoWayTransformer::Out TwoWayTransformer::forward(const Tensor& start_PTC, const Tensor& start_PNC,
                                                  const Tensor& place_NC, const Tensor& bias_P11T) const {
  Tensor tokens = start_PTC, image = start_PNC;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const TwoWayBlock& block = blocks_[i];
    // The first block's self-attention knows no places and replaces the tokens.
    const Tensor placed = i == 0 ? tokens : tokens + start_PTC;
    const Tensor seen = block.self_attn.forward(placed, placed, tokens, bias_P11T);
    tokens = block.norm1.forward(i == 0 ? seen : tokens + seen);
    const Tensor placed_image = image + place_NC;
    tokens =
        block.norm2.forward(tokens + block.token_to_image.tokens_over_image(tokens + start_PTC, placed_image, image));
    tokens = block.norm3.forward(tokens + block.lin2.forward(at::relu(block.lin1.forward(tokens))));
    image = block.norm4.forward(
        block.image_to_token.image_over_tokens(image, placed_image, tokens + start_PTC, tokens, bias_P11T));
  }
  tokens = norm_final_.forward(tokens + final_.tokens_over_image(tokens + start_PTC, image + place_NC, image));
  return {tokens, image};
}

}  // namespace weft
