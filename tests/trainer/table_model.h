// SPDX-License-Identifier: Apache-2.0
// A model whose features are rows of two tables, made unit: image i is its first two bytes, text t its one token.  What
// the trainer sums into a table is the loss's gradient itself, which can be compared with other programs'.
#pragma once

#include <ATen/ops/index_select.h>
#include <ATen/ops/linalg_vector_norm.h>

#include "data/batch.h"
#include "models/model.h"

namespace weft {

class TableModel final : public Model {
 public:
  TableModel(const Tensor& images, const Tensor& texts, double log_scale, double bias) : Model(1) {
    context_ = 1;
    preprocess_.image_size = 1;
    images_ = table("images", images);
    texts_ = table("texts", texts);
    logit_scale_ = parameters_.add("logit_scale", {}, Init::constant(log_scale));
    logit_bias_ = parameters_.add("logit_bias", {}, Init::constant(bias));
  }

  Tensor encode(const Tensor& pixels_BCHW, const Draws&) const override {
    const Tensor bytes = pixels_BCHW.flatten(1).to(at::kLong);
    return unit(images_->use().index_select(0, bytes.select(1, 0) + 256 * bytes.select(1, 1)));
  }
  Tensor embed(const TextIds& texts, const Draws&) const override {
    return unit(texts_->use().index_select(0, texts.ids_TL.select(1, 0)));
  }

  // A step of these pairs (image i and text pairs[i]), cut to a rank's share.
  static Batch batch(const std::vector<int32_t>& pairs, int64_t texts, int rank, int ranks) {
    Batch b;
    b.image_size = 1;
    b.cells.texts = texts;
    for (int32_t i = 0; i < static_cast<int32_t>(pairs.size()); ++i) {
      const int32_t text = pairs[static_cast<size_t>(i)];
      b.picks.push_back({static_cast<uint32_t>(i), 0});
      b.cells.add_image({{text, 1, 1}});
      b.cells.drawn.emplace_back(i, text);
    }
    for (int32_t t = 0; t < texts; ++t) b.tokens.push_back({t});
    b.images = share_of(b.cells.images, rank, ranks);
    b.texts = share_of(texts, rank, ranks);
    for (int64_t i = b.images.begin; i < b.images.end; ++i)
      for (const int64_t byte : {i % 256, i / 256, int64_t{0}}) b.pixels.push_back(static_cast<uint8_t>(byte));
    return b;
  }

 private:
  Parameter* table(const std::string& name, const Tensor& values) {
    Parameter* parameter = parameters_.add(name, values.sizes().vec(), Init::constant(0));
    parameter->value.copy_(values);
    return parameter;
  }
  static Tensor unit(const Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(1e-12); }

  Parameter *images_, *texts_;
};

}  // namespace weft
