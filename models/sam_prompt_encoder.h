// SPDX-License-Identifier: Apache-2.0
// Prompts as SAM's decoder reads them (Kirillov et al., arXiv 2304.02643): points and the corners of boxes as tokens, a
// mask as a map that is added to the image's features.  A place (x, y) of the input becomes [sin, cos](2 pi (2 (x, y) /
// size - 1) G) with a fixed random G.  Names of facebookresearch/segment-anything under `prompt_encoder.`.
//   P prompts, N points, C channels; h w grid of the features, whose rows follow it
#pragma once

#include "models/layers.h"
#include "models/prompt_set.h"

namespace weft {

struct SamPromptShape {
  int64_t image_size = 0, grid = 0, channels = 0, mask_channels = 16;
  int64_t mask_side() const { return 4 * grid; }
};

class SamPromptEncoder {
 public:
  SamPromptEncoder(ParameterSet& set, const SamPromptShape& shape);
  Tensor tokens(const PromptSet& prompts) const;  // [P, N, C]
  Tensor map(const PromptSet& prompts) const;     // [P, h w, C]; [1, 1, C] where no prompt has a mask
  Tensor grid_places() const;                     // [h w, C]

 private:
  struct Convolution {
    Convolution(ParameterSet& set, const std::string& name, int64_t in, int64_t out, int64_t side);
    Parameter *weight, *bias;
  };
  Tensor places(const Tensor& xy) const;  // [.., 2] in [0, 1] -> f32 [.., C]
  Tensor map_of_masks(const Tensor& mask_P1HW) const;

  SamPromptShape shape_;
  Parameter* gaussian_;
  std::vector<Parameter*> points_;  // not a point, then by label
  Parameter* no_mask_;
  Convolution conv_0_;
  LayerNorm norm_1_;
  Convolution conv_3_;
  LayerNorm norm_4_;
  Convolution conv_6_;
};

}  // namespace weft
