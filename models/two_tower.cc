// SPDX-License-Identifier: Apache-2.0
// CLIP and SigLIP: an image tower and a text tower that meet in one space (Radford et al., arXiv 2103.00020; Zhai et
// al., arXiv 2303.15343).  Parameter names and shapes are open_clip's, so that weights travel both ways as safetensors.
#include "models/two_tower.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "models/open_clip_config.h"
#include "models/siglip_vision.h"
#include "models/text_tower.h"

namespace weft {
namespace {

using Family = TextFamily;

const std::map<std::string, TowerSizes> kSizes = {
    {"nano", {48, 8, 128, 4, 64, 32, 128, 2, 2, 128, Family::clip}},
    {"tiny", {128, 16, 192, 6, 64, 32, 192, 4, 3, 192, Family::clip}},
    {"vit_b_32", {224, 32, 768, 12, 64, 77, 512, 12, 8, 512, Family::clip}},
    {"vit_b_16", {224, 16, 768, 12, 64, 77, 512, 12, 8, 512, Family::clip}},
    {"vit_l_14", {224, 14, 1024, 24, 64, 77, 768, 12, 12, 768, Family::clip}},
    {"siglip_b_16", {224, 16, 768, 12, 64, 64, 768, 12, 12, 768, Family::siglip}},
};

std::vector<std::string> size_names() {
  std::vector<std::string> names;
  for (const auto& [name, size] : kSizes) names.push_back(name);
  return names;
}

Tensor unit_rows(const Tensor& x) {  // in fp32; x / max(|x|, 1e-12)
  const Tensor wide = x.to(at::kFloat);
  return wide / at::linalg_vector_norm(wide, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

class TwoTower final : public Model {
 public:
  TwoTower(const VisionShape& vision, const TextShape& text, const LowRankSettings& low_rank, Attention attention,
           uint64_t seed)
      : Model(seed), attention_(attention) {
    const auto side = static_cast<int>(vision.image_size);
    context_ = static_cast<int>(text.context);
    parameters_.adapt(low_rank);
    if (text.family == Family::siglip) {
      image_ = std::make_unique<SigLipVision>(parameters_, vision);
      preprocess_ = {side, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, Resize::squash};
      text_form_ = {.causal = false, .pads_to_context = true};
    } else {
      image_ = std::make_unique<VisionTower>(parameters_, vision);
      preprocess_ = {side, {0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}, Resize::shortest};
    }
    text_ = std::make_unique<TextTower>(parameters_, text);
    const bool has_bias = text.family == Family::siglip;
    logit_scale_ = parameters_.add("logit_scale", {}, Init::constant(std::log(has_bias ? 10 : 1 / 0.07)));
    if (has_bias) logit_bias_ = parameters_.add("logit_bias", {}, Init::constant(-10));
    parameters_.check_adapted("model.two_tower");
  }

  bool has_pairs() const override { return true; }
  Tensor encode(const Tensor& pixels_BCHW, const Draws& draws) const override {
    return unit_rows(image_->forward(pixels_BCHW, preprocess_, attention_, draws));
  }
  Tensor embed(const TextIds& texts, const Draws& draws) const override {
    return unit_rows(text_->forward(texts, attention_, draws));
  }

 private:
  std::unique_ptr<ImageTower> image_;
  std::unique_ptr<TextTower> text_;
  Attention attention_;
};

TowerSizes sizes_of(const TwoTowerSettings& settings) {
  return settings.config.empty() ? kSizes.at(settings.size) : read_open_clip_config(settings.config);
}

int64_t chosen(int64_t written, int64_t of_size) {
  return written > 0 ? written : of_size;
}

}  // namespace

void TwoTowerSettings::fields(Fields& visit) {
  visit("size", size, one_of(size_names()), "a named set of all the sizes below; a key of its own overrides it");
  visit("config", config, any,
        "open_clip's model config (JSON) to take all of that from, in place of size (empty: none)");
  visit("family", family, one_of({"by_size", "clip", "siglip"}),
        "clip: a class token, causal texts read out at their end; siglip: attention pooling, texts padded to the "
        "context, "
        "a bias on the logits (by_size: as size says)");
  visit("image_size", image_size_, non_negative,
        "side of the square that the image tower sees, pixels (0: as size says)");
  visit("patch", patch, non_negative, "side of a patch, pixels (0: as size says)");
  visit("image_width", image_width, non_negative, "width of the image tower (0: as size says)");
  visit("image_layers", image_layers, non_negative, "blocks of the image tower (0: as size says)");
  visit("head_width", head_width, non_negative, "width of one head of the image tower (0: as size says)");
  visit("text_context", text_context, non_negative, "most tokens of a text, start and end included (0: as size says)");
  visit("text_width", text_width, non_negative, "width of the text tower (0: as size says)");
  visit("text_layers", text_layers, non_negative, "blocks of the text tower (0: as size says)");
  visit("text_heads", text_heads, non_negative, "heads of the text tower (0: as size says)");
  visit("embed", embed, non_negative, "dimension of the space where both meet (0: as size says)");
  visit("vocabulary", vocabulary, non_negative, "rows of the token embedding (0: as many as the tokenizer has ids)");
  visit("quick_gelu", quick_gelu, any, "x sigmoid(1.702 x) in place of GELU, as OpenAI's weights want");
  visit("attention", attention, one_of({"explicit", "sdpa"}),
        "how attention is computed; explicit is as fast or faster on CPUs up to about 200 tokens");
  visit("recompute", recompute, any,
        "blocks keep their input alone and are computed again in the backward: less memory, a third more time");
  visit("patch_dropout", patch_dropout, between(0, 0.99),
        "share of an image's patches that training leaves out (FLIP)");
  visit("drop_path", drop_path, between(0, 0.99),
        "chance that an image goes past a branch of the last block in training; it falls to 0 at the first");
  visit("text_drop_path", text_drop_path, between(0, 0.99), "the same of texts");
  visit("lora", lora, not_empty,
        "weights of linear layers, as globs, that get low-rank neighbours (LoRA); optimizer.frozen keeps the weights");
  visit("lora_rank", lora_rank, at_least(1), "rank of those neighbours");
  visit("lora_alpha", lora_alpha, positive, "their product counts alpha / rank times");
}

int TwoTowerSettings::image_size() const {
  return int(chosen(image_size_, sizes_of(*this).image_size));
}
int TwoTowerSettings::context() const {
  return int(chosen(text_context, sizes_of(*this).text_context));
}

std::unique_ptr<Model> TwoTowerSettings::build(int tokenizer_ids, uint64_t seed) const {
  const TowerSizes s = sizes_of(*this);
  const int64_t width = chosen(image_width, s.image_width), head = chosen(head_width, s.head_width);
  const Activation activation = quick_gelu || s.quick_gelu ? Activation::quick_gelu : Activation::gelu;
  const VisionShape vision{.image_size = image_size(),
                           .patch = chosen(patch, s.patch),
                           .width = width,
                           .layers = chosen(image_layers, s.image_layers),
                           .heads = width / head,
                           .embed = chosen(embed, s.embed),
                           .activation = activation,
                           .patch_dropout = patch_dropout,
                           .drop_path = drop_path,
                           .recompute = recompute};
  const TextShape text{.family = family == "by_size" ? s.family : (family == "siglip" ? Family::siglip : Family::clip),
                       .vocabulary = vocabulary > 0 ? vocabulary : chosen(s.vocabulary, tokenizer_ids),
                       .context = context(),
                       .width = chosen(text_width, s.text_width),
                       .layers = chosen(text_layers, s.text_layers),
                       .heads = chosen(text_heads, s.text_heads),
                       .embed = vision.embed,
                       .activation = activation,
                       .drop_path = text_drop_path,
                       .recompute = recompute};
  check(vision.image_size % vision.patch == 0, "model.two_tower: image_size is ", vision.image_size, ", which patch ",
        vision.patch, " does not divide");
  check(width % head == 0, "model.two_tower: image_width is ", width, ", which head_width ", head, " does not divide");
  check(text.width % text.heads == 0, "model.two_tower: text_width is ", text.width, ", which text_heads ", text.heads,
        " does not divide");
  check(text.vocabulary >= tokenizer_ids, "model.two_tower: vocabulary is ", text.vocabulary,
        ", but the dataset's tokenizer has ", tokenizer_ids, " ids");
  check(text.context >= 3, "model.two_tower: text_context is ", text.context, ", wanted at least 3");
  check(text.family == Family::clip || vision.embed == width, "model.two_tower: embed is ", vision.embed,
        "; SigLIP's image tower ends in its width, ", width);
  return std::make_unique<TwoTower>(vision, text, LowRankSettings{lora, lora_rank, lora_alpha},
                                    attention == "sdpa" ? Attention::sdpa : Attention::explicit_form, seed);
}

}  // namespace weft
