// SPDX-License-Identifier: Apache-2.0
// CLIP: an image tower and a text tower that meet in one space (Radford et al., arXiv 2103.00020).
// Parameter names and shapes are open_clip's, so that weights travel both ways as safetensors.
#include "models/two_tower.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "models/text_tower.h"
#include "models/vision_tower.h"

namespace weft {
namespace {

struct Size {
  int64_t image_size, patch, image_width, image_layers, head_width, text_context, text_width, text_layers, text_heads,
      embed;
};
const std::map<std::string, Size> kSizes = {
    {"nano", {48, 8, 128, 4, 64, 32, 128, 2, 2, 128}},
    {"tiny", {128, 16, 192, 6, 64, 32, 192, 4, 3, 192}},
    {"vit_b_32", {224, 32, 768, 12, 64, 77, 512, 12, 8, 512}},
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
  TwoTower(const VisionShape& vision, const TextShape& text, Attention attention, uint64_t seed)
      : Model(seed), vision_(parameters_, vision), text_(parameters_, text), attention_(attention) {
    preprocess_ = {
        static_cast<int>(vision.image_size), {0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}};
    context_ = static_cast<int>(text.context);
    logit_scale_ = parameters_.add("logit_scale", {}, Init::constant(std::log(1 / 0.07)));
  }

  Tensor encode(const Tensor& pixels_BCHW, const Draws& /*draws*/) const override {
    return unit_rows(vision_.forward(pixels_BCHW, preprocess_, attention_));
  }
  Tensor embed(const TextIds& texts, const Draws& /*draws*/) const override {
    return unit_rows(text_.forward(texts, attention_));
  }

 private:
  VisionTower vision_;
  TextTower text_;
  Attention attention_;
};

int64_t chosen(int64_t written, int64_t of_size) {
  return written > 0 ? written : of_size;
}

}  // namespace

void TwoTowerSettings::fields(Fields& visit) {
  visit("size", size, one_of(size_names()), "a named set of all the sizes below; a key of its own overrides it");
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
  visit("attention", attention, one_of({"explicit", "sdpa"}),
        "how attention is computed; explicit is as fast or faster on CPUs up to about 200 tokens");
  visit("recompute", recompute, any,
        "blocks keep their input alone and are computed again in the backward: less memory, a third more time");
}

int TwoTowerSettings::image_size() const {
  return int(chosen(image_size_, kSizes.at(size).image_size));
}
int TwoTowerSettings::context() const {
  return int(chosen(text_context, kSizes.at(size).text_context));
}

std::unique_ptr<Model> TwoTowerSettings::build(int tokenizer_ids, uint64_t seed) const {
  const Size& s = kSizes.at(size);
  const int64_t width = chosen(image_width, s.image_width), head = chosen(head_width, s.head_width);
  const int64_t shared = chosen(embed, s.embed);
  const VisionShape vision{
      image_size(), chosen(patch, s.patch), width, chosen(image_layers, s.image_layers), width / head, shared,
      recompute};
  const TextShape text{vocabulary > 0 ? vocabulary : tokenizer_ids,
                       context(),
                       chosen(text_width, s.text_width),
                       chosen(text_layers, s.text_layers),
                       chosen(text_heads, s.text_heads),
                       shared,
                       recompute};
  check(vision.image_size % vision.patch == 0, "model.two_tower: image_size is ", vision.image_size, ", which patch ",
        vision.patch, " does not divide");
  check(width % head == 0, "model.two_tower: image_width is ", width, ", which head_width ", head, " does not divide");
  check(text.width % text.heads == 0, "model.two_tower: text_width is ", text.width, ", which text_heads ", text.heads,
        " does not divide");
  check(text.vocabulary >= tokenizer_ids, "model.two_tower: vocabulary is ", text.vocabulary,
        ", but the dataset's tokenizer has ", tokenizer_ids, " ids");
  check(text.context >= 3, "model.two_tower: text_context is ", text.context, ", wanted at least 3");
  return std::make_unique<TwoTower>(vision, text, attention == "sdpa" ? Attention::sdpa : Attention::explicit_form,
                                    seed);
}

}  // namespace weft
