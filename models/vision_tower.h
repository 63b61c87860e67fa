// SPDX-License-Identifier: Apache-2.0
// The image tower of a two-tower model, and CLIP's: patches, a class token, positions, blocks, projection.  open_clip's
// names under `visual.`.
#pragma once

#include "models/layers.h"
#include "models/model.h"

namespace weft {

struct VisionShape {
  int64_t image_size = 0, patch = 0, width = 0, layers = 0, heads = 0, embed = 0;
  Activation activation = Activation::gelu;
  double patch_dropout = 0, drop_path = 0;
  bool recompute = false;
};

class ImageTower {
 public:
  virtual ~ImageTower() = default;
  // [B, 3, S, S], 0 .. 255 -> [B, embed], not normalised.
  virtual Tensor forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                         const Draws& draws) const = 0;
};

class VisionTower final : public ImageTower {
 public:
  VisionTower(ParameterSet& set, const VisionShape& shape);
  Tensor forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                 const Draws& draws) const override;

 private:
  VisionShape shape_;
  Parameter *class_embedding_, *positional_embedding_, *proj_, *conv1_;
  LayerNorm ln_pre_;
  Transformer transformer_;
  LayerNorm ln_post_;
};

// Normalised pixels as rows of one patch each, [B, patches, 3 p p], in the order of a convolution's last three
// dimensions: a convolution whose stride is its kernel is one matrix product over these rows.
Tensor patch_rows(const Tensor& pixels_BCHW, int64_t patch, const Preprocess& preprocess, at::ScalarType type);

// x without the patches that are dropped in training; the `leading` tokens stay.
Tensor without_dropped(const Tensor& x_BNW, int64_t leading, const VisionShape& shape, const Draws& draws);

}  // namespace weft
