// SPDX-License-Identifier: Apache-2.0
#include "models/vision_tower.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

// Cuts [B, 3, S, S] into rows of one patch each, [B, N, 3 * p * p], in the order of conv1.weight's last three
// dimensions: a convolution whose stride is its kernel is one matrix product over these rows.
Tensor patches_of(const Tensor& x_BCHW, int64_t patch) {
  const int64_t b = x_BCHW.size(0), c = x_BCHW.size(1), grid = x_BCHW.size(2) / patch;
  return x_BCHW.view({b, c, grid, patch, grid, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({b, grid * grid, c * patch * patch});
}

Tensor normalised(const Tensor& pixels_BCHW, const Preprocess& p, at::ScalarType type) {
  double scale[3], shift[3];
  for (int c = 0; c < 3; ++c) {
    scale[c] = 1 / (255 * p.deviation[c]);
    shift[c] = -p.mean[c] / p.deviation[c];
  }
  const auto column = [&](const double* v) {
    return at::tensor(at::ArrayRef<double>(v, 3), pixels_BCHW.options().dtype(at::kFloat)).view({1, 3, 1, 1});
  };
  return (pixels_BCHW.to(at::kFloat) * column(scale) + column(shift)).to(type);
}

}  // namespace

VisionTower::VisionTower(ParameterSet& set, const VisionShape& s)
    : shape_(s),
      class_embedding_(set.add("visual.class_embedding", {s.width}, Init::normal(1 / std::sqrt(double(s.width))))),
      positional_embedding_(set.add("visual.positional_embedding",
                                    {1 + (s.image_size / s.patch) * (s.image_size / s.patch), s.width},
                                    Init::normal(1 / std::sqrt(double(s.width))))),
      proj_(set.add("visual.proj", {s.width, s.embed}, Init::normal(1 / std::sqrt(double(s.width))))),
      conv1_(set.add("visual.conv1.weight", {s.width, 3, s.patch, s.patch},
                     Init::uniform(1 / std::sqrt(3.0 * double(s.patch * s.patch))))),
      ln_pre_(set, "visual.ln_pre", s.width),
      transformer_(set, "visual.transformer",
                   {s.width, s.layers, s.heads, /*causal=*/false, /*scaled_init=*/false, s.recompute}),
      ln_post_(set, "visual.ln_post", s.width) {}

Tensor VisionTower::forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention) const {
  WEFT_ASSERT(pixels_BCHW.dim() == 4 && pixels_BCHW.size(2) == shape_.image_size &&
              pixels_BCHW.size(3) == shape_.image_size);
  const int64_t b = pixels_BCHW.size(0);
  const Tensor& conv = conv1_->use();
  const Tensor pixels = normalised(pixels_BCHW, preprocess, conv.scalar_type());
  const Tensor tokens_BNW = at::linear(patches_of(pixels, shape_.patch), conv.view({shape_.width, -1}));
  const Tensor first = class_embedding_->use().view({1, 1, -1}).expand({b, 1, shape_.width});
  Tensor x = at::cat({first, tokens_BNW}, 1) + positional_embedding_->use();
  x = transformer_.forward(ln_pre_.forward(x), attention);
  return at::matmul(ln_post_.forward(x.select(1, 0)), proj_->use());
}

}  // namespace weft
