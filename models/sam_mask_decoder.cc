// SPDX-License-Identifier: Apache-2.0
#include "models/sam_mask_decoder.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/stack.h>

namespace weft {
namespace {

constexpr int64_t kMasks = 4;  // the single answer, then three to a prompt that may mean several things

std::vector<Mlp> hyper_networks(ParameterSet& set, int64_t c) {
  std::vector<Mlp> all;
  for (int64_t i = 0; i < kMasks; ++i)
    all.emplace_back(set, "mask_decoder.output_hypernetworks_mlps." + std::to_string(i),
                     std::vector<int64_t>{c, c, c, c / 8});
  return all;
}

}  // namespace

Mlp::Mlp(ParameterSet& set, const std::string& name, const std::vector<int64_t>& widths) {
  for (size_t i = 0; i + 1 < widths.size(); ++i)
    layers.emplace_back(set, name + ".layers." + std::to_string(i), widths[i], widths[i + 1]);
}

Tensor Mlp::forward(Tensor x) const {
  for (size_t i = 0; i < layers.size(); ++i) x = layers[i].forward(i == 0 ? x : at::relu(x));
  return x;
}

Enlarge::Enlarge(ParameterSet& set, const std::string& name, int64_t in, int64_t out)
    : weight(set.add(name + ".weight", {in, out, 2, 2}, torch_linear(4 * out))),  // torch counts the outputs here
      bias(set.add(name + ".bias", {out}, torch_linear(4 * out))) {}

Tensor Enlarge::forward(const Tensor& x) const {
  const int64_t in = weight->use().size(0), out = weight->use().size(1);
  const Tensor matrix = weight->use().permute({2, 3, 1, 0}).reshape({4 * out, in});
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = 4;
  shape.push_back(out);
  return at::linear(x, matrix, bias->use().repeat({4})).view(shape);
}

SamMaskDecoder::SamMaskDecoder(ParameterSet& set, const SamDecoderShape& s)
    : shape_(s),
      iou_token_(set.add("mask_decoder.iou_token.weight", {1, s.channels}, Init::normal(1))),
      mask_tokens_(set.add("mask_decoder.mask_tokens.weight", {kMasks, s.channels}, Init::normal(1))),
      transformer_(set, "mask_decoder.transformer", {.channels = s.channels, .mlp = s.mlp}),
      enlarge_0_(set, "mask_decoder.output_upscaling.0", s.channels, s.channels / 4),
      norm_1_(set, "mask_decoder.output_upscaling.1", s.channels / 4, 1e-6),
      enlarge_3_(set, "mask_decoder.output_upscaling.3", s.channels / 4, s.channels / 8),
      hyper_(hyper_networks(set, s.channels)),
      iou_head_(set, "mask_decoder.iou_prediction_head", {s.channels, s.iou_hidden, s.iou_hidden, kMasks}),
      object_head_(set, "extra.object_score_head", {s.channels, s.iou_hidden, s.iou_hidden, 1}),
      objectness_head_(set, "extra.objectness_head", {s.channels, s.iou_hidden, s.iou_hidden, 1}) {}

MaskOutputs SamMaskDecoder::forward(const Tensor& image_PNC, const Tensor& place_NC, const Tensor& prompts_PKC,
                                    const Tensor& bias_P11K, bool multimask) const {
  const int64_t p = prompts_PKC.size(0), g = shape_.grid, first = multimask ? 1 : 0, m = multimask ? kMasks - 1 : 1;
  const Tensor own_JC = at::cat({iou_token_->use(), mask_tokens_->use()}, 0);
  const Tensor tokens_PTC = at::cat({own_JC.unsqueeze(0).expand({p, -1, -1}), prompts_PKC}, 1);
  const TwoWayTransformer::Out out =
      transformer_.forward(tokens_PTC, image_PNC, place_NC, at::constant_pad_nd(bias_P11K, {1 + kMasks, 0}));

  // Pixels stay in the order of their making (place, then 2 x 2, then 2 x 2 of each) until they are masks.
  const Tensor wide = at::gelu(norm_1_.forward(enlarge_0_.forward(out.image_PNC)));
  const Tensor pixels_PXU = at::gelu(enlarge_3_.forward(wide)).view({p, 16 * g * g, -1});
  const Tensor masks_PMC = out.tokens_PTC.narrow(1, 1 + first, m);
  std::vector<Tensor> weights;
  for (int64_t i = 0; i < m; ++i)
    weights.push_back(hyper_[static_cast<size_t>(first + i)].forward(masks_PMC.select(1, i)));
  const Tensor logits_PMX = at::bmm(at::stack(weights, 1), pixels_PXU.transpose(1, 2));
  const Tensor iou_token_PC = out.tokens_PTC.select(1, 0);
  return {.logits_PMHW = logits_PMX.view({p, m, g, g, 2, 2, 2, 2})
                             .permute({0, 1, 2, 4, 6, 3, 5, 7})
                             .reshape({p, m, 4 * g, 4 * g})
                             .to(at::kFloat),
          .iou_PM = iou_head_.forward(iou_token_PC).narrow(1, first, m).to(at::kFloat),
          .object_P = object_head_.forward(iou_token_PC).squeeze(1).to(at::kFloat),
          .objectness_PM = objectness_head_.forward(masks_PMC).squeeze(2).to(at::kFloat)};
}

}  // namespace weft
