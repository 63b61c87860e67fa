// SPDX-License-Identifier: Apache-2.0
// The image encoder of Segment Anything (Kirillov et al., arXiv 2304.02643): a ViT whose blocks attend within windows,
// some within the whole image, with decomposed relative positions (Li et al., arXiv 2112.01526), and a neck.  Names and
// shapes of facebookresearch/segment-anything under `image_encoder.`.
//   B images, h w grid of patches, W width, C channels of the features
#pragma once

#include <string>
#include <vector>

#include "models/layers.h"
#include "models/model.h"

namespace weft {

struct SamEncoderShape {
  int64_t image_size = 0, patch = 0, width = 0, layers = 0, heads = 0, window = 0, channels = 0;
  std::vector<int64_t> global_blocks;  // those that attend to the whole image
  double drop_path = 0;
  bool recompute = false;
  int64_t grid() const { return image_size / patch; }
};

struct SamBlock {
  SamBlock(ParameterSet& set, const std::string& name, const SamEncoderShape& shape, bool is_global);
  // factor_2B: of the two branches (branch_factors), undefined where all are taken.
  Tensor forward(const Tensor& x_BhwW, const Tensor& factor_2B, Attention attention) const;
  std::vector<Parameter*> parameters() const;

  int64_t heads, side, window;  // side: of what is attended to; window: 0 where that is the whole image
  LayerNorm norm1;
  Linear qkv, proj;
  Parameter *rel_pos_h, *rel_pos_w;
  LayerNorm norm2;
  Linear lin1, lin2;

 private:
  Tensor attend(const Tensor& x_BhwW, Attention attention) const;
};

class SamImageEncoder {
 public:
  SamImageEncoder(ParameterSet& set, const SamEncoderShape& shape);
  // 0 .. 255 -> [B, C, h, w], whose memory is [B, h, w, C].
  Tensor forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                 const Draws& draws) const;

 private:
  SamEncoderShape shape_;
  Parameter *pos_embed_, *patch_weight_, *patch_bias_;
  std::vector<SamBlock> blocks_;  // never grows after construction: graphs point into it
  Parameter* neck_narrow_;
  LayerNorm neck_norm_1_;
  Parameter* neck_conv_;
  LayerNorm neck_norm_3_;
};

}  // namespace weft
