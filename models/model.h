// SPDX-License-Identifier: Apache-2.0
// What every model offers: pixels and texts in, embeddings out.  A model knows no loss, no rank and no file.
//   B images, T texts, L tokens, D embedding
#pragma once

#include <array>
#include <memory>

#include "configs/fields.h"
#include "data/view.h"
#include "models/draws.h"
#include "models/parameters.h"

namespace weft {

// Texts as ids, padded on the right; under a causal mask the padding changes nothing, so L is the longest text here.
struct TextIds {
  Tensor ids_TL;  // i64
  Tensor last_T;  // i64, the position of the end token, where the text is read out
};

// How a model reads texts.  Which id pads is the tokenizer's to say.
struct TextForm {
  bool causal = true;            // what stands behind a text's end changes nothing, so that texts may be trimmed
  bool pads_to_context = false;  // every text is padded to the whole context (SigLIP)
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
  virtual Tensor encode(const Tensor& pixels_BCHW, const Draws& draws) const = 0;
  // -> f32 [T, D], unit rows.
  virtual Tensor embed(const TextIds& texts, const Draws& draws) const = 0;

  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }
  const Preprocess& preprocess() const { return preprocess_; }
  const TextForm& text_form() const { return text_form_; }
  int context() const { return context_; }                  // most tokens of a text
  Parameter& logit_scale() const { return *logit_scale_; }  // log of the factor on cosines
  Parameter* logit_bias() const { return logit_bias_; }     // added to the scaled cosines; nullptr where there is none

 protected:
  ParameterSet parameters_;
  Preprocess preprocess_;
  TextForm text_form_;
  int context_ = 0;
  Parameter* logit_scale_ = nullptr;
  Parameter* logit_bias_ = nullptr;
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
