// SPDX-License-Identifier: Apache-2.0
// The two-way transformer of SAM's mask decoder (Kirillov et al., arXiv 2304.02643, appendix A): tokens attend to each
// other and to the image, the image attends to the tokens.  Names of facebookresearch/segment-anything under
// `mask_decoder.transformer.`.
//   P prompts, T tokens, N places of the image, C channels, I inner width of an attention, H heads
#pragma once

#include <string>
#include <vector>

#include "models/layers.h"

namespace weft {

struct TwoWayShape {
  int64_t channels = 0, layers = 2, heads = 8, mlp = 2048;
};

struct TwoWayAttention {
  TwoWayAttention(ParameterSet& set, const std::string& name, int64_t channels, int64_t inner, int64_t heads);
  // Queries of anything over keys of anything.  bias_P11K is added to the logits of each key where it is defined.
  Tensor forward(const Tensor& q_PQC, const Tensor& k_PKC, const Tensor& v_PKC, const Tensor& bias_P11K) const;
  // The same of few tokens over many places, and of many places over few tokens (plus the residual).  With H T < I, a
  // projection of the image is moved to the tokens' side, q.(W k) = (W^T q).k, which is less work and keeps no
  // projection of the image.
  Tensor tokens_over_image(const Tensor& q_PTC, const Tensor& k_PNC, const Tensor& v_PNC) const;
  Tensor image_over_tokens(const Tensor& image_PNC, const Tensor& q_PNC, const Tensor& k_PTC, const Tensor& v_PTC,
                           const Tensor& bias_P11T) const;

  int64_t heads, inner;
  Linear q_proj, k_proj, v_proj, out_proj;

 private:
  bool folds(int64_t tokens) const { return heads * tokens < inner; }
};

struct TwoWayBlock {
  TwoWayBlock(ParameterSet& set, const std::string& name, const TwoWayShape& shape);
  TwoWayAttention self_attn, token_to_image;
  LayerNorm norm1, norm2, norm3, norm4;
  Linear lin1, lin2;
  TwoWayAttention image_to_token;
};

class TwoWayTransformer {
 public:
  TwoWayTransformer(ParameterSet& set, const std::string& name, const TwoWayShape& shape);
  struct Out {
    Tensor tokens_PTC, image_PNC;
  };
  // bias_P11T: 0 for a token, -inf for padding.
  Out forward(const Tensor& tokens_PTC, const Tensor& image_PNC, const Tensor& place_NC, const Tensor& bias_P11T) const;

 private:
  std::vector<TwoWayBlock> blocks_;
  TwoWayAttention final_;
  LayerNorm norm_final_;
};

}  // namespace weft
