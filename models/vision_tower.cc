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

constexpr double kEpsilon = 1e-5;

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

Tensor patch_rows(const Tensor& pixels_BCHW, int64_t p, const Preprocess& preprocess, at::ScalarType type) {
  WEFT_ASSERT(pixels_BCHW.dim() == 4 && pixels_BCHW.size(2) == preprocess.image_size &&
              pixels_BCHW.size(3) == preprocess.image_size);
  const int64_t b = pixels_BCHW.size(0), c = pixels_BCHW.size(1), grid = preprocess.image_size / p;
  return normalised(pixels_BCHW, preprocess, type)
      .view({b, c, grid, p, grid, p})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({b, grid * grid, c * p * p});
}

Tensor without_dropped(const Tensor& x_BNW, int64_t leading, const VisionShape& shape, const Draws& draws) {
  if (!draws.training || shape.patch_dropout == 0) return x_BNW;
  const int64_t b = x_BNW.size(0), n = x_BNW.size(1), w = x_BNW.size(2);
  const Tensor token_K = kept_tokens(draws, b, leading, n - leading, shape.patch_dropout).to(x_BNW.device());
  return x_BNW.reshape({b * n, w}).index_select(0, token_K).view({b, -1, w});
}

VisionTower::VisionTower(ParameterSet& set, const VisionShape& s)
    : shape_(s),
      class_embedding_(set.add("visual.class_embedding", {s.width}, Init::normal(1 / std::sqrt(double(s.width))))),
      positional_embedding_(set.add("visual.positional_embedding",
                                    {1 + (s.image_size / s.patch) * (s.image_size / s.patch), s.width},
                                    Init::normal(1 / std::sqrt(double(s.width))))),
      proj_(set.add("visual.proj", {s.width, s.embed}, Init::normal(1 / std::sqrt(double(s.width))))),
      conv1_(set.add("visual.conv1.weight", {s.width, 3, s.patch, s.patch}, torch_linear(3 * s.patch * s.patch))),
      ln_pre_(set, "visual.ln_pre", s.width, kEpsilon),
      transformer_(set, "visual.transformer",
                   {.width = s.width,
                    .layers = s.layers,
                    .heads = s.heads,
                    .activation = s.activation,
                    .drop_path = s.drop_path,
                    .recompute = s.recompute}),
      ln_post_(set, "visual.ln_post", s.width, kEpsilon) {}

Tensor VisionTower::forward(const Tensor& pixels_BCHW, const Preprocess& preprocess, Attention attention,
                            const Draws& draws) const {
  const Tensor& conv = conv1_->use();
  const Tensor patches = patch_rows(pixels_BCHW, shape_.patch, preprocess, conv.scalar_type());
  const Tensor tokens_BNW = at::linear(patches, conv.view({shape_.width, -1}));
  const Tensor first = class_embedding_->use().view({1, 1, -1}).expand({tokens_BNW.size(0), 1, shape_.width});
  Tensor x = at::cat({first, tokens_BNW}, 1) + positional_embedding_->use();
  x = transformer_.forward(ln_pre_.forward(without_dropped(x, 1, shape_, draws)), attention, draws);
  return at::matmul(ln_post_.forward(x.select(1, 0)), proj_->use());
}

}  // namespace weft
