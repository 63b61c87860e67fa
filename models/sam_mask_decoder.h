// SPDX-License-Identifier: Apache-2.0
// The mask decoder of SAM (Kirillov et al., arXiv 2304.02643): tokens [IoU, masks, prompts] and the image meet in a
// two-way transformer, the image is enlarged 4 times, and each mask token becomes the weights of a product over it.
// Names of facebookresearch/segment-anything under `mask_decoder.`; our own heads, under `extra.`, read the same
// tokens.
#pragma once

#include <string>
#include <vector>

#include "models/mask_outputs.h"
#include "models/two_way_transformer.h"

namespace weft {

struct SamDecoderShape {
  int64_t grid = 0, channels = 0, mlp = 2048, iou_hidden = 256;
};

struct Mlp {  // linear layers with ReLU between
  Mlp(ParameterSet& set, const std::string& name, const std::vector<int64_t>& widths);
  Tensor forward(Tensor x) const;
  std::vector<Linear> layers;
};

// A transposed convolution whose stride is its kernel, 2: every place becomes 2 x 2 of its own.
struct Enlarge {
  Enlarge(ParameterSet& set, const std::string& name, int64_t in, int64_t out);
  Tensor forward(const Tensor& x) const;  // [.., in] -> [.., 4, out], the four in the order of rows
  Parameter *weight, *bias;
};

class SamMaskDecoder {
 public:
  SamMaskDecoder(ParameterSet& set, const SamDecoderShape& shape);
  // image_PNC: features plus the map of the prompts.  bias_P11K of K prompts' tokens: 0, or -inf for padding.
  MaskOutputs forward(const Tensor& image_PNC, const Tensor& place_NC, const Tensor& prompts_PKC,
                      const Tensor& bias_P11K, bool multimask) const;

 private:
  SamDecoderShape shape_;
  Parameter *iou_token_, *mask_tokens_;
  TwoWayTransformer transformer_;
  Enlarge enlarge_0_;
  LayerNorm norm_1_;
  Enlarge enlarge_3_;
  std::vector<Mlp> hyper_;
  Mlp iou_head_, object_head_, objectness_head_;
};

}  // namespace weft
