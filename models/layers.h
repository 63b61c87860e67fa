// SPDX-License-Identifier: Apache-2.0
// The pre-LN transformer of CLIP (Radford et al., arXiv 2103.00020) and SigLIP (Zhai et al., arXiv 2303.15343) with the
// ecosystem's parameter names.
//   B sequences, N tokens, W width, H heads
#pragma once

#include <string>
#include <vector>

#include "models/draws.h"
#include "models/parameters.h"

namespace weft {

struct LayerNorm {
  LayerNorm(ParameterSet& set, const std::string& name, int64_t width, double epsilon);
  Tensor forward(const Tensor& x) const;  // over the last dimension
  Parameter *weight, *bias;
  double epsilon;
};

Init torch_linear(int64_t in);  // torch's nn::Linear: uniform in +-1/sqrt(in) for weight and bias

struct Linear {
  Linear(ParameterSet& set, const std::string& weight_name, const std::string& bias_name, int64_t in, int64_t out,
         Init weight_init, Init bias_init);
  // `name`.weight and `name`.bias
  Linear(ParameterSet& set, const std::string& name, int64_t in, int64_t out, Init weight_init, Init bias_init)
      : Linear(set, name + ".weight", name + ".bias", in, out, weight_init, bias_init) {}
  Linear(ParameterSet& set, const std::string& name, int64_t in, int64_t out)
      : Linear(set, name, in, out, torch_linear(in), torch_linear(in)) {}
  Tensor forward(const Tensor& x) const;
  Tensor matrix() const;                              // [out, in] with its LoRA added
  void collect(std::vector<Parameter*>& into) const;  // all that forward uses
  Parameter *weight, *bias;
  const LowRank* low_rank;  // nullptr: none
};

// quick_gelu: x sigmoid(1.702 x), of OpenAI's weights and open_clip's -quickgelu models; gelu: the exact one.
enum class Activation { gelu, quick_gelu };
Tensor activated(const Tensor& x, Activation activation);

// How attention is computed; the numbers are the same to rounding.  On CPUs the explicit form is as good up to about
// 200 tokens in fp32 and better at every length in bf16; SDPA keeps no N x N matrix.
enum class Attention { explicit_form, sdpa };
// Of queries, keys and values [B, H, N, W / H] -> [B, N, W].  mask_NN: added to the logits where it is defined; for
// SDPA `causal` says the same.
Tensor attended(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask_NN, bool causal,
                Attention attention);

// What the parts of block i are called, behind the tower's prefix and blocks + i.
struct BlockNames {
  const char *blocks, *ln_1, *in_weight, *in_bias, *out, *ln_2, *fc, *proj;
};
constexpr BlockNames kOpenClipBlock = {".resblocks.",        ".ln_1",          ".attn.in_proj_weight",
                                       ".attn.in_proj_bias", ".attn.out_proj", ".ln_2",
                                       ".mlp.c_fc",          ".mlp.c_proj"};
constexpr BlockNames kTimmBlock = {".blocks.",   ".norm1", ".attn.qkv.weight", ".attn.qkv.bias",
                                   ".attn.proj", ".norm2", ".mlp.fc1",         ".mlp.fc2"};

// The law by which blocks start: torch's defaults for its layers (open_clip's image tower), normal with deviations that
// follow from width and depth (its text tower), or normal with deviation 0.02 (timm).
enum class Start { torch_defaults, scaled, narrow };

struct TransformerShape {
  int64_t width = 0, layers = 0, heads = 0;
  bool causal = false;
  Start start = Start::torch_defaults;
  BlockNames names = kOpenClipBlock;
  double epsilon = 1e-5;  // of LayerNorm
  Activation activation = Activation::gelu;
  double drop_path = 0;  // chance that a row goes past a branch of the last block
  Purpose drop_purpose = Purpose::image_drop_path;
  bool recompute = false;  // blocks keep their input alone for the backward
};

struct ResidualBlock {
  ResidualBlock(ParameterSet& set, const std::string& prefix, const TransformerShape& shape);
  // factor_2B: of the two branches (branch_factors), undefined where all are taken.
  Tensor forward(const Tensor& x_BNW, const Tensor& mask_NN, const Tensor& factor_2B, Attention attention) const;
  std::vector<Parameter*> parameters() const;
  Tensor attend(const Tensor& x_BNW, const Tensor& mask_NN, Attention attention) const;

  int64_t heads;
  bool causal;
  Activation activation;
  LayerNorm ln_1;
  Linear in_proj, out_proj;
  LayerNorm ln_2;
  Linear c_fc, c_proj;
};

class Transformer {
 public:
  Transformer(ParameterSet& set, const std::string& prefix, const TransformerShape& shape);
  Tensor forward(Tensor x_BNW, Attention attention, const Draws& draws) const;

 private:
  TransformerShape shape_;
  std::vector<ResidualBlock> blocks_;  // never grows after construction: graphs point into it
};

}  // namespace weft
