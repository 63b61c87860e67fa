// SPDX-License-Identifier: Apache-2.0
// The pre-LN transformer of CLIP (Radford et al., arXiv 2103.00020) with open_clip's parameter names.
//   B sequences, N tokens, W width, H heads
#pragma once

#include <string>
#include <vector>

#include "models/parameters.h"

namespace weft {

struct LayerNorm {
  LayerNorm(ParameterSet& set, const std::string& name, int64_t width);
  Tensor forward(const Tensor& x) const;  // over the last dimension, eps 1e-5
  Parameter *weight, *bias;
};

struct Linear {
  Linear(ParameterSet& set, const std::string& weight_name, const std::string& bias_name, int64_t in, int64_t out,
         Init weight_init, Init bias_init);
  Tensor forward(const Tensor& x) const;
  Parameter *weight, *bias;
};

// How attention is computed; the numbers are the same to rounding.  On CPUs the explicit form is as good up to about
// 200 tokens in fp32 and better at every length in bf16; SDPA keeps no N x N matrix.
enum class Attention { explicit_form, sdpa };

struct TransformerShape {
  int64_t width, layers, heads;
  bool causal;
  // Standard deviations of the text tower; the image tower takes the defaults of torch's own layers.
  bool scaled_init;
  bool recompute = false;  // blocks keep their input alone for the backward
};

struct ResidualBlock {
  ResidualBlock(ParameterSet& set, const std::string& prefix, const TransformerShape& shape);
  Tensor forward(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const;
  std::vector<Parameter*> parameters() const;
  Tensor attend(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const;

  int64_t heads;
  bool causal;
  LayerNorm ln_1;
  Linear in_proj, out_proj;
  LayerNorm ln_2;
  Linear c_fc, c_proj;
};

class Transformer {
 public:
  Transformer(ParameterSet& set, const std::string& prefix, const TransformerShape& shape);
  Tensor forward(Tensor x_BNW, Attention attention) const;

 private:
  TransformerShape shape_;
  std::vector<ResidualBlock> blocks_;  // never grows after construction: graphs point into it
};

}  // namespace weft
