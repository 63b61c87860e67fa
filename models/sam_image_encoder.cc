// SPDX-License-Identifier: Apache-2.0
#include "models/sam_image_encoder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

#include "models/recompute.h"
#include "models/vision_tower.h"

namespace weft {
namespace {

constexpr double kEpsilon = 1e-6;

// [B, h, w, W] -> [windows, window, window, W].  What lies past the grid is zero.
Tensor cut_into_windows(const Tensor& x, int64_t window) {
  const int64_t b = x.size(0), side = x.size(1), width = x.size(3), lack = (window - side % window) % window;
  const int64_t across = (side + lack) / window;
  const Tensor whole = lack > 0 ? at::constant_pad_nd(x, {0, 0, 0, lack, 0, lack}) : x;
  return whole.reshape({b, across, window, across, window, width})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({b * across * across, window, window, width});
}

Tensor joined(const Tensor& windows, int64_t window, int64_t b, int64_t side) {
  const int64_t across = (side + window - 1) / window, width = windows.size(3);
  const Tensor whole = windows.view({b, across, across, window, window, width})
                           .permute({0, 1, 3, 2, 4, 5})
                           .reshape({b, across * window, across * window, width});
  return whole.narrow(1, 0, side).narrow(2, 0, side);
}

// R[i, j] = table[i - j + S - 1], [S, S, D]
Tensor by_offset(const Tensor& table, int64_t s) {
  const Tensor place = at::arange(s, table.options().dtype(at::kLong));
  return table.index_select(0, (place.unsqueeze(1) - place + (s - 1)).flatten()).view({s, s, -1});
}

// q[.., i, .., :] . R[i, j, :] for every j; q [B, S, N, D] -> [B, S, N, S].
Tensor along(const Tensor& q_BSND, const Tensor& r_SSD) {
  const int64_t b = q_BSND.size(0), s = q_BSND.size(1), n = q_BSND.size(2);
  const Tensor rows = q_BSND.permute({1, 0, 2, 3}).reshape({s, b * n, -1});
  return at::bmm(rows, r_SSD.transpose(1, 2)).view({s, b, n, s}).permute({1, 0, 2, 3});
}

Tensor scaled(const Tensor& branch, const Tensor& factor_2B, int64_t which) {
  return factor_2B.defined() ? branch * factor_2B.select(0, which).view({-1, 1, 1, 1}) : branch;
}

Tensor mixed(const Tensor& q, const Tensor& k, const Tensor& v, Attention attention) {
  if (attention == Attention::explicit_form) return at::matmul(at::softmax(at::matmul(q, k.transpose(-2, -1)), -1), v);
  // The fused kernels want values as wide as keys.
  const Tensor wide = at::constant_pad_nd(v, {0, q.size(3) - v.size(3)});
  return at::scaled_dot_product_attention(q, k, wide, {}, 0.0, false, 1.0).narrow(3, 0, v.size(3));
}

}  // namespace

SamBlock::SamBlock(ParameterSet& set, const std::string& name, const SamEncoderShape& s, bool is_global)
    : heads(s.heads),
      side(is_global ? s.grid() : s.window),
      window(is_global ? 0 : s.window),
      norm1(set, name + ".norm1", s.width, kEpsilon),
      qkv(set, name + ".attn.qkv", s.width, 3 * s.width),
      proj(set, name + ".attn.proj", s.width, s.width),
      rel_pos_h(set.add(name + ".attn.rel_pos_h", {2 * side - 1, s.width / s.heads}, Init::constant(0))),
      rel_pos_w(set.add(name + ".attn.rel_pos_w", {2 * side - 1, s.width / s.heads}, Init::constant(0))),
      norm2(set, name + ".norm2", s.width, kEpsilon),
      lin1(set, name + ".mlp.lin1", s.width, 4 * s.width),
      lin2(set, name + ".mlp.lin2", 4 * s.width, s.width) {}

// The logits are scale q.k + q.R_h[y - y'] + q.R_w[x - x'].  Both terms of position enter the one product:
//   [scale q, q R_h, q R_w] . [k, one-hot(y'), one-hot(x')]
// so that nothing of N x N is added, and a fused attention needs no bias.
Tensor SamBlock::attend(const Tensor& x_BhwW, Attention attention) const {
  const int64_t b = x_BhwW.size(0), s = side, n = s * s, width = x_BhwW.size(3), d = width / heads;
  const Tensor parts = qkv.forward(x_BhwW.reshape({b, n, width})).view({b, n, 3, heads, d}).permute({2, 0, 3, 1, 4});
  const Tensor q = parts.select(0, 0), k = parts.select(0, 1), v = parts.select(0, 2);
  const Tensor q_yx = q.reshape({b * heads, s, s, d});
  const Tensor of_y = along(q_yx, by_offset(rel_pos_h->use(), s));
  const Tensor of_x = along(q_yx.transpose(1, 2), by_offset(rel_pos_w->use(), s)).transpose(1, 2);
  const Tensor scaled_q = q * (1 / std::sqrt(static_cast<double>(d)));
  const Tensor query = at::cat({scaled_q, of_y.reshape({b, heads, n, s}), of_x.reshape({b, heads, n, s})}, 3);
  const Tensor one = at::eye(s, q.options());
  const Tensor place_NP = at::cat({one.unsqueeze(1).expand({s, s, s}), one.unsqueeze(0).expand({s, s, s})}, 2);
  const Tensor key = at::cat({k, place_NP.view({1, 1, n, 2 * s}).expand({b, heads, n, 2 * s})}, 3);
  const Tensor mixed_BHND = mixed(query, key, v, attention);
  return proj.forward(mixed_BHND.transpose(1, 2).reshape({b, s, s, width}));
}

Tensor SamBlock::forward(const Tensor& x_BhwW, const Tensor& factor_2B, Attention attention) const {
  const Tensor normed = norm1.forward(x_BhwW);
  const Tensor seen =
      window == 0 ? attend(normed, attention)
                  : joined(attend(cut_into_windows(normed, window), attention), window, x_BhwW.size(0), x_BhwW.size(1));
  const Tensor x = x_BhwW + scaled(seen, factor_2B, 0);
  return x + scaled(lin2.forward(at::gelu(lin1.forward(norm2.forward(x)))), factor_2B, 1);
}

std::vector<Parameter*> SamBlock::parameters() const {
  std::vector<Parameter*> all = {norm1.weight, norm1.bias, norm2.weight, norm2.bias, rel_pos_h, rel_pos_w};
  for (const Linear* linear : {&qkv, &proj, &lin1, &lin2}) linear->collect(all);
  return all;
}

SamImageEncoder::SamImageEncoder(ParameterSet& set, const SamEncoderShape& s)
    : shape_(s),
      pos_embed_(set.add("image_encoder.pos_embed", {1, s.grid(), s.grid(), s.width}, Init::constant(0))),
      patch_weight_(set.add("image_encoder.patch_embed.proj.weight", {s.width, 3, s.patch, s.patch},
                            torch_linear(3 * s.patch * s.patch))),
      patch_bias_(set.add("image_encoder.patch_embed.proj.bias", {s.width}, torch_linear(3 * s.patch * s.patch))),
      blocks_([&] {
        std::vector<SamBlock> blocks;
        for (int64_t i = 0; i < s.layers; ++i)
          blocks.emplace_back(set, "image_encoder.blocks." + std::to_string(i), s,
                              std::count(s.global_blocks.begin(), s.global_blocks.end(), i) > 0);
        return blocks;
      }()),
      neck_narrow_(set.add("image_encoder.neck.0.weight", {s.channels, s.width, 1, 1}, torch_linear(s.width))),
      neck_norm_1_(set, "image_encoder.neck.1", s.channels, kEpsilon),
      neck_conv_(set.add("image_encoder.neck.2.weight", {s.channels, s.channels, 3, 3}, torch_linear(9 * s.channels))),
      neck_norm_3_(set, "image_encoder.neck.3", s.channels, kEpsilon) {}

Tensor SamImageEncoder::forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                                const Draws& draws) const {
  const int64_t b = pixels_BCHW.size(0), grid = shape_.grid();
  const Tensor& weight = patch_weight_->use();
  const Tensor patches = patch_rows(pixels_BCHW, shape_.patch, preprocess, weight.scalar_type());
  Tensor x = at::linear(patches, weight.view({shape_.width, -1}), patch_bias_->use()).view({b, grid, grid, -1}) +
             pos_embed_->use();
  Tensor factor_L2B;
  if (draws.training && shape_.drop_path > 0)
    factor_L2B = branch_factors(draws, Purpose::image_drop_path, shape_.layers, b, shape_.drop_path).to(x.options());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const SamBlock& block = blocks_[i];
    const Tensor factor_2B = factor_L2B.defined() ? factor_L2B.select(0, static_cast<int64_t>(i)) : Tensor();
    const auto run = [&block, factor_2B, attention](const Tensor& in) {
      return block.forward(in, factor_2B, attention);
    };
    x = shape_.recompute ? recomputed(run, x, block.parameters()) : run(x);
  }
  // The neck: channels stay last in memory, so that a 1 x 1 convolution is a product and LayerNorm2d a LayerNorm.
  x = neck_norm_1_.forward(at::linear(x, neck_narrow_->use().view({shape_.channels, shape_.width})));
  x = at::conv2d(x.permute({0, 3, 1, 2}), neck_conv_->use(), {}, at::IntArrayRef({1, 1}), at::IntArrayRef({1, 1}));
  return neck_norm_3_.forward(x.permute({0, 2, 3, 1}).contiguous()).permute({0, 3, 1, 2});
}

}  // namespace weft
