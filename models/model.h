// SPDX-License-Identifier: Apache-2.0
// What every model offers: pixels and texts in, embeddings out.  A model knows no loss, no rank and no file.
//   B images, T texts, L tokens, D embedding
#pragma once

#include <array>
#include <memory>

#include "configs/fields.h"
#include "data/view.h"
#include "models/parameters.h"

namespace weft {

// Texts as ids, padded on the right with 0; under a causal mask the padding changes nothing, so L is the longest text
// here.
struct TextIds {
  Tensor ids_TL;  // i64
  Tensor last_T;  // i64, the position of the end token, where the text is read out
};

// What pixels go through before the first layer; stored beside the weights.
struct Preprocess {
  int image_size = 0;
  std::array<double, 3> mean{}, deviation{};  // of values in [0, 1], by channel
  Resize resize = Resize::shortest;
};

class Model {
 public:
  explicit Model(uint64_t seed) : parameters_(seed) {}
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // u8 [B, 3, size, size] -> f32 [B, D], unit rows.
  virtual Tensor encode(const Tensor& pixels_BCHW) const = 0;
  // -> f32 [T, D], unit rows.
  virtual Tensor embed(const TextIds& texts) const = 0;

  ParameterSet& parameters() { return parameters_; }
  const Preprocess& preprocess() const { return preprocess_; }
  int context() const { return context_; }                  // most tokens of a text
  Parameter& logit_scale() const { return *logit_scale_; }  // log of the factor on cosines

 protected:
  ParameterSet parameters_;
  Preprocess preprocess_;
  int context_ = 0;
  Parameter* logit_scale_ = nullptr;
};

struct ModelSettings : Settings {
  // vocabulary: ids of the tokenizer.  Throws Error where the settings contradict each other.
  virtual std::unique_ptr<Model> build(int vocabulary, uint64_t seed) const = 0;
  virtual int image_size() const = 0;
  virtual int context() const = 0;
};
using ModelKind = KindOf<ModelSettings>;

// The table of models, in models.cc.
extern const std::vector<ModelKind> kModels;

}  // namespace weft
