// SPDX-License-Identifier: Apache-2.0
// What models offer: pixels, texts and prompts in, features and masks out.  A model knows no loss, no rank and no file.
//   B images, T texts, L tokens, D embedding, C channels of an image's map of features
#pragma once

#include <array>
#include <memory>

#include "configs/fields.h"
#include "data/view.h"
#include "models/draws.h"
#include "models/mask_outputs.h"
#include "models/parameters.h"
#include "models/prompt_set.h"

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

  // u8 [B, 3, size, size] -> of a model with pairs f32 [B, D], unit rows; of one with masks [B, C, h, w].
  virtual Tensor encode(const Tensor& pixels_BCHW, const Draws& draws) const = 0;

  // What the model is for; the calls of the other kind throw.
  virtual bool has_pairs() const { return false; }  // embed, logit_scale: an image and a text meet
  virtual bool has_masks() const { return false; }  // decode
  // -> f32 [T, D], unit rows.
  virtual Tensor embed(const TextIds& texts, const Draws& draws) const;
  // Masks of P prompts over B encoded images.  multimask: three answers to a prompt that may mean several things, else
  // one.
  virtual MaskOutputs decode(const Tensor& features_BCHW, const PromptSet& prompts, bool multimask,
                             const Draws& draws) const;

  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }
  const Preprocess& preprocess() const { return preprocess_; }
  const TextForm& text_form() const { return text_form_; }
  int context() const { return context_; }               // most tokens of a text
  Parameter& logit_scale() const;                        // log of the factor on cosines
  Parameter* logit_bias() const { return logit_bias_; }  // added to the scaled cosines; nullptr where there is none
  at::Device device() const { return parameters_.all().front().value.device(); }

 protected:
  ParameterSet parameters_;
  Preprocess preprocess_;
  TextForm text_form_;
  int context_ = 0;
  Parameter* logit_scale_ = nullptr;
  Parameter* logit_bias_ = nullptr;
};

struct ModelSettings : Settings {
  // vocabulary: ids of the tokenizer, of no use to a model without texts (context 0).  Throws Error where the settings
  // contradict each other.
  virtual std::unique_ptr<Model> build(int vocabulary, uint64_t seed) const = 0;
  virtual int image_size() const = 0;
  virtual int context() const = 0;
};
using ModelKind = KindOf<ModelSettings>;

// The table of models, and what is true of all, in models.cc.
extern const std::vector<ModelKind> kModels;

}  // namespace weft
