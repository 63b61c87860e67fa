// SPDX-License-Identifier: Apache-2.0
#include "models/sam_prompt_encoder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <numbers>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kLabels = 4;
const std::string kName = "prompt_encoder.";

Parameter* embedding(ParameterSet& set, const std::string& name, int64_t channels) {
  return set.add(kName + name + ".weight", {1, channels}, Init::normal(1));
}

std::vector<Parameter*> point_embeddings(ParameterSet& set, int64_t channels) {
  std::vector<Parameter*> all;
  for (int64_t label = 0; label < kLabels; ++label)
    all.push_back(embedding(set, "point_embeddings." + std::to_string(label), channels));
  all.insert(all.begin(), embedding(set, "not_a_point_embed", channels));
  return all;
}

}  // namespace

SamPromptEncoder::Convolution::Convolution(ParameterSet& set, const std::string& name, int64_t in, int64_t out,
                                           int64_t side)
    : weight(set.add(kName + name + ".weight", {out, in, side, side}, torch_linear(in * side * side))),
      bias(set.add(kName + name + ".bias", {out}, torch_linear(in * side * side))) {}

SamPromptEncoder::SamPromptEncoder(ParameterSet& set, const SamPromptShape& s)
    : shape_(s),
      gaussian_(set.add(kName + "pe_layer.positional_encoding_gaussian_matrix", {2, s.channels / 2}, Init::normal(1))),
      points_(point_embeddings(set, s.channels)),
      no_mask_(embedding(set, "no_mask_embed", s.channels)),
      conv_0_(set, "mask_downscaling.0", 1, s.mask_channels / 4, 2),
      norm_1_(set, kName + "mask_downscaling.1", s.mask_channels / 4, kEpsilon),
      conv_3_(set, "mask_downscaling.3", s.mask_channels / 4, s.mask_channels, 2),
      norm_4_(set, kName + "mask_downscaling.4", s.mask_channels, kEpsilon),
      conv_6_(set, "mask_downscaling.6", s.mask_channels, s.channels, 1) {
  gaussian_->is_fixed = true;
}

Tensor SamPromptEncoder::places(const Tensor& xy) const {
  const Tensor angle = at::matmul(xy * 2 - 1, gaussian_->use().to(at::kFloat)) * (2 * std::numbers::pi);
  return at::cat({at::sin(angle), at::cos(angle)}, -1);
}

Tensor SamPromptEncoder::tokens(const PromptSet& prompts) const {
  const Tensor& labels_PN = prompts.labels_PN;
  const int64_t p = labels_PN.size(0), n = labels_PN.size(1);
  std::vector<Tensor> rows;
  for (const Parameter* parameter : points_) rows.push_back(parameter->use());
  const Tensor row_PN = (labels_PN + 1).clamp_min(0);  // padding has some row: nobody attends to it
  const Tensor kind_PNC = at::cat(rows, 0).index_select(0, row_PN.flatten()).view({p, n, shape_.channels});
  const Tensor place_PNC = places((prompts.points_PN2 + 0.5) / static_cast<double>(shape_.image_size));
  return kind_PNC + at::where(labels_PN.lt(0).unsqueeze(2), 0.0, place_PNC).to(kind_PNC.scalar_type());
}

// Convolutions whose stride is their kernel, as products over rows of one patch each: a cell of the grid is 2 x 2
// blocks (i, j) of 2 x 2 numbers (k, l).
Tensor SamPromptEncoder::map_of_masks(const Tensor& mask_P1HW) const {
  const int64_t p = mask_P1HW.size(0), g = shape_.grid, c = shape_.mask_channels;
  const Tensor rows = mask_P1HW.to(conv_0_.weight->use().scalar_type())
                          .reshape({p, g, 2, 2, g, 2, 2})
                          .permute({0, 1, 4, 2, 5, 3, 6})
                          .reshape({p, g * g, 4, 4});
  Tensor x = at::linear(rows, conv_0_.weight->use().view({c / 4, 4}), conv_0_.bias->use());
  x = at::gelu(norm_1_.forward(x)).view({p, g * g, 4 * (c / 4)});
  x = at::linear(x, conv_3_.weight->use().permute({0, 2, 3, 1}).reshape({c, c}), conv_3_.bias->use());
  x = at::gelu(norm_4_.forward(x));
  return at::linear(x, conv_6_.weight->use().view({shape_.channels, c}), conv_6_.bias->use());
}

Tensor SamPromptEncoder::map(const PromptSet& prompts) const {
  Tensor none_11C = no_mask_->use().unsqueeze(0);
  if (!prompts.mask_P1HW.defined()) return none_11C;
  check(prompts.mask_P1HW.size(2) == shape_.mask_side() && prompts.mask_P1HW.size(3) == shape_.mask_side(),
        "a mask prompt is ", prompts.mask_P1HW.size(3), " x ", prompts.mask_P1HW.size(2), ", wanted ",
        shape_.mask_side(), " x ", shape_.mask_side(), " (low-resolution logits)");
  Tensor map_PNC = map_of_masks(prompts.mask_P1HW);
  if (!prompts.has_mask_P.defined()) return map_PNC;
  return at::where(prompts.has_mask_P.view({-1, 1, 1}), map_PNC, none_11C);
}

Tensor SamPromptEncoder::grid_places() const {
  const int64_t g = shape_.grid;
  const Tensor at_G = (at::arange(g, gaussian_->use().options().dtype(at::kFloat)) + 0.5) / static_cast<double>(g);
  const Tensor x = at_G.unsqueeze(0).expand({g, g}), y = at_G.unsqueeze(1).expand({g, g});
  return places(at::stack({x, y}, 2)).view({g * g, shape_.channels}).to(gaussian_->use().scalar_type());
}

}  // namespace weft
