// SPDX-License-Identifier: Apache-2.0
// SigLIP's vision transformer (Zhai et al., arXiv 2303.15343): patches and positions without a class token, blocks, and
// a learned query that pools by attention (MAP, Zhai et al., arXiv 2106.04560).  timm's names under `visual.trunk.`, as
// open_clip's SigLIP models have them.
#pragma once

#include "models/vision_tower.h"

namespace weft {

// latent -> q, tokens -> k, v;  x = proj(attention);  x + mlp(norm(x))
struct AttentionPool {
  AttentionPool(ParameterSet& set, const std::string& name, const VisionShape& shape);
  Tensor forward(const Tensor& x_BNW, Attention attention) const;  // -> [B, W]

  int64_t heads;
  Activation activation;
  Parameter* latent;
  Linear q, kv, proj;
  LayerNorm norm;
  Linear fc1, fc2;
};

class SigLipVision final : public ImageTower {
 public:
  SigLipVision(ParameterSet& set, const VisionShape& shape);  // embed is the width
  Tensor forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                 const Draws& draws) const override;

 private:
  VisionShape shape_;
  Parameter *pos_embed_, *patch_weight_, *patch_bias_;
  Transformer transformer_;
  LayerNorm norm_;
  AttentionPool pool_;
};

}  // namespace weft
