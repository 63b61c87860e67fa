// SPDX-License-Identifier: Apache-2.0
// Counts, keys and shapes are open_clip's (ViT-B-32: 302 tensors, 151,277,313 numbers).  Values against open_clip
// itself are the evidence row first-light.4, which needs its package.
#include "models/two_tower.h"

#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/error.h"
#include "tests/support.h"
#include "tests/trainer/toy.h"
#include "trainer/texts.h"

namespace weft {
namespace {

Tensor some_pixels(int64_t count, int64_t side) {
  Tensor pixels = at::zeros({count, 3, side, side}, at::kByte);
  Stream stream(3, Purpose::augment, 0, 0);
  for (int64_t i = 0; i < pixels.numel(); ++i)
    pixels.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(stream.bits() & 255);
  return pixels;
}

TEST(TwoTower, VitB32HasOpenClipsTensors) {
  TwoTowerSettings settings;
  settings.size = "vit_b_32";
  const auto model = settings.build(49408, 1);
  EXPECT_EQ(model->parameters().all().size(), 302u);
  EXPECT_EQ(model->parameters().count(), 151277313);
  const auto shape = [&](const char* name) {
    Parameter* parameter = model->parameters().find(name);
    return parameter == nullptr ? std::vector<int64_t>{-1} : parameter->value.sizes().vec();
  };
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shape("positional_embedding"), (Shape{77, 512}));
  EXPECT_EQ(shape("text_projection"), (Shape{512, 512}));
  EXPECT_EQ(shape("logit_scale"), Shape{});
  EXPECT_EQ(shape("visual.class_embedding"), (Shape{768}));
  EXPECT_EQ(shape("visual.positional_embedding"), (Shape{50, 768}));
  EXPECT_EQ(shape("visual.proj"), (Shape{768, 512}));
  EXPECT_EQ(shape("visual.conv1.weight"), (Shape{768, 3, 32, 32}));
  EXPECT_EQ(shape("visual.transformer.resblocks.11.attn.in_proj_weight"), (Shape{2304, 768}));
  EXPECT_EQ(shape("visual.transformer.resblocks.0.mlp.c_fc.bias"), (Shape{3072}));
  EXPECT_EQ(shape("transformer.resblocks.3.attn.out_proj.weight"), (Shape{512, 512}));
  EXPECT_EQ(shape("token_embedding.weight"), (Shape{49408, 512}));
  EXPECT_EQ(shape("visual.ln_post.bias"), (Shape{768}));
}

TEST(TwoTower, EmbeddingsHaveUnitLength) {
  const auto model = toy::small_model().build(toy::kVocabulary, 5);
  const Tensor image = model->encode(some_pixels(3, 16), Draws{});
  EXPECT_EQ(image.sizes(), (std::vector<int64_t>{3, 24}));
  const Batch batch = toy::batch(0, 4, 0, 1);
  const Tensor text = model->embed(text_ids(batch.tokens, {0, 7}), Draws{});
  for (const Tensor& rows : {image, text})
    for (int64_t i = 0; i < rows.size(0); ++i) EXPECT_NEAR(rows.select(0, i).pow(2).sum().item<double>(), 1, 1e-5);
}

TEST(TwoTower, PaddingATextChangesNothing) {
  const auto model = toy::small_model().build(toy::kVocabulary, 5);
  const Batch batch = toy::batch(0, 4, 0, 1);
  const Tensor together = model->embed(text_ids(batch.tokens, {0, 7}), Draws{});
  for (int64_t t = 0; t < 7; ++t) {
    const Tensor alone = model->embed(text_ids(batch.tokens, {t, t + 1}), Draws{});
    EXPECT_LT((alone.select(0, 0) - together.select(0, t)).abs().max().item<double>(), 2e-6) << "text " << t;
  }
}

TEST(TwoTower, TextsEncodedByLengthComeBackInOrder) {
  const auto model = toy::small_model().build(toy::kVocabulary, 5);
  const Batch batch = toy::batch(0, 4, 0, 1);
  const Tensor padded = model->embed(text_ids(batch.tokens, {1, 7}), Draws{}),
               trimmed = embed_trimmed(*model, batch.tokens, {1, 7}, Draws{});
  EXPECT_LT((padded - trimmed).abs().max().item<double>(), 2e-6);
}

TEST(TwoTower, BothFormsOfAttentionAgreeInValuesAndGradients) {
  TwoTowerSettings settings = toy::small_model();
  const auto explicit_form = settings.build(toy::kVocabulary, 5);
  settings.attention = "sdpa";
  const auto sdpa = settings.build(toy::kVocabulary, 5);
  const Batch batch = toy::batch(0, 4, 0, 1);
  std::vector<Tensor> gradients;
  std::vector<Tensor> values;
  for (Model* model : {explicit_form.get(), sdpa.get()}) {
    for (Parameter& parameter : model->parameters().all()) parameter.value.requires_grad_(true);
    const Tensor image = model->encode(some_pixels(2, 16), Draws{}),
                 text = model->embed(text_ids(batch.tokens, {0, 7}), Draws{});
    torch::autograd::backward({image.select(1, 0).sum() + text.select(1, 1).sum()}, {});
    values.push_back(image.detach());
    gradients.push_back(model->parameters().find("visual.transformer.resblocks.0.attn.in_proj_weight")->value.grad());
    gradients.push_back(model->parameters().find("transformer.resblocks.0.attn.in_proj_weight")->value.grad());
  }
  EXPECT_LT((values[0] - values[1]).abs().max().item<double>(), 1e-5);
  EXPECT_LT((gradients[0] - gradients[2]).abs().max().item<double>(), 1e-5);
  EXPECT_LT((gradients[1] - gradients[3]).abs().max().item<double>(), 1e-5);
}

TEST(TwoTower, EveryParameterGetsAGradient) {
  const auto model = toy::small_model().build(toy::kVocabulary, 5);
  for (Parameter& parameter : model->parameters().all()) parameter.value.requires_grad_(true);
  const Batch batch = toy::batch(0, 4, 0, 1);
  const Tensor image = model->encode(some_pixels(2, 16), Draws{}),
               text = model->embed(text_ids(batch.tokens, {0, 7}), Draws{});
  torch::autograd::backward({image.select(1, 0).sum() + text.select(1, 1).sum()}, {});
  for (const Parameter& parameter : model->parameters().all()) {
    if (parameter.name == "logit_scale") continue;  // the loss's
    ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
    EXPECT_GT(parameter.value.grad().abs().sum().item<double>(), 0) << parameter.name;
  }
}

TEST(TwoTower, TheStartDependsOnTheSeedAndOnNothingElse) {
  const auto one = toy::small_model().build(toy::kVocabulary, 5), again = toy::small_model().build(toy::kVocabulary, 5);
  const auto other = toy::small_model().build(toy::kVocabulary, 6);
  const Tensor& weight = one->parameters().find("visual.proj")->value;
  EXPECT_TRUE(weight.equal(again->parameters().find("visual.proj")->value));
  EXPECT_FALSE(weight.equal(other->parameters().find("visual.proj")->value));
  EXPECT_NEAR(weight.std().item<double>(), 1 / std::sqrt(32.0), 0.02);
}

TEST(TwoTower, ContradictingSettingsAreNamed) {
  TwoTowerSettings settings = toy::small_model();
  settings.patch = 7;
  EXPECT_EQ(error_of([&] { settings.build(toy::kVocabulary, 1); }),
            "model.two_tower: image_size is 16, which patch 7 does not divide");
  settings = toy::small_model();
  settings.vocabulary = 10;
  EXPECT_EQ(error_of([&] { settings.build(toy::kVocabulary, 1); }),
            "model.two_tower: vocabulary is 10, but the dataset's tokenizer has 40 ids");
}

}  // namespace
}  // namespace weft
