// SPDX-License-Identifier: Apache-2.0
// Against tests/golden/make_clip_features.py: open_clip's CLIP, its quickgelu form, and SigLIP of timm and open_clip.
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>

#include "tests/models/counter_fill.h"
#include "tests/models/golden_models.h"
#include "tests/support.h"
#include "trainer/texts.h"

namespace weft {
namespace {

using golden::Json;

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

Tokens tokens_of(const std::string& family) {
  return golden::file()[family == "siglip" ? "padded" : "texts"].get<Tokens>();
}

void expect_features(const TwoTowerSettings& settings, const std::string& family, const char* name) {
  at::NoGradGuard no_grad;
  const Json& wanted = golden::file()[name];
  const auto model = settings.build(golden::kVocabulary, 1);
  fill_by_counter(model->parameters());
  const Tensor image = model->encode(pixels_by_counter(golden::file()["images"], 16), Draws{});
  const Tensor text = embed_trimmed(*model, tokens_of(family), {0, 3}, Draws{});
  EXPECT_LT(largest(image - golden::tensor_of(wanted["image"])), 2e-6) << name;
  EXPECT_LT(largest(text - golden::tensor_of(wanted["text"])), 2e-6) << name;
}

TEST(Towers, FeaturesAreOpenClips) {
  for (const char* attention : {"explicit", "sdpa"}) {
    TwoTowerSettings settings = golden::settings("clip");
    settings.attention = attention;
    expect_features(settings, "clip", "clip");
    settings.quick_gelu = true;
    expect_features(settings, "clip", "quick_gelu");
    settings = golden::settings("siglip");
    settings.attention = attention;
    expect_features(settings, "siglip", "siglip");
  }
}

TEST(Towers, NamesAndShapesAreOpenClips) {
  for (const char* family : {"clip", "siglip"}) {
    std::map<std::string, std::vector<int64_t>> ours;
    const auto model = golden::settings(family).build(golden::kVocabulary, 1);
    for (const Parameter& parameter : model->parameters().all()) ours[parameter.name] = parameter.value.sizes().vec();
    EXPECT_EQ(ours, (golden::file()[family]["shapes"].get<decltype(ours)>())) << family;
  }
}

TEST(Towers, EveryParameterStartsByOpenClipsLaw) {
  for (const char* family : {"clip", "siglip"}) {
    const auto model = golden::settings(family).build(golden::kVocabulary, 1);
    for (const Parameter& parameter : model->parameters().all()) {
      const Tensor value = parameter.value.to(at::kDouble).flatten();
      const Json& wanted = golden::file()[family]["starts"][parameter.name];
      const double deviation = wanted[1], numbers = static_cast<double>(value.numel());
      const double mean = value.mean().item<double>(), found = std::sqrt(value.var(/*unbiased=*/false).item<double>());
      // Five deviations of what a sample of a normal law shows, and the golden's own.
      EXPECT_NEAR(mean, wanted[0], 1e-6 + 6 * deviation / std::sqrt(numbers)) << parameter.name;
      EXPECT_NEAR(found, deviation, 1e-9 + 5 * deviation / std::sqrt(2 * numbers)) << parameter.name;
    }
  }
}

TEST(Towers, ATruncatedNormalStaysWithinTwoDeviations) {
  ParameterSet set(3);
  const Tensor& value = set.add("latent", {20000}, Init::truncated_normal(0.5))->value;
  EXPECT_LE(largest(value), 1);
  EXPECT_NEAR(value.std().item<double>(), 0.5 * 0.8796, 0.01);
}

TEST(Towers, SigLipB16HasOpenClipsTensors) {
  TwoTowerSettings settings;
  settings.size = "siglip_b_16";
  const auto model = settings.build(32000, 1);
  EXPECT_EQ(model->parameters().all().size(), 314u);
  EXPECT_EQ(model->parameters().count(), 203155970);
}

TEST(Towers, SigLipHasABiasAndPadsItsTexts) {
  const auto clip = golden::settings("clip").build(golden::kVocabulary, 1);
  const auto siglip = golden::settings("siglip").build(golden::kVocabulary, 1);
  EXPECT_EQ(clip->logit_bias(), nullptr);
  EXPECT_FALSE(clip->text_form().pads_to_context);
  ASSERT_NE(siglip->logit_bias(), nullptr);
  EXPECT_EQ(siglip->logit_bias()->value.item<float>(), -10);
  EXPECT_NEAR(siglip->logit_scale().value.item<double>(), std::log(10), 1e-6);
  EXPECT_TRUE(siglip->text_form().pads_to_context);
  EXPECT_EQ(siglip->preprocess().resize, Resize::squash);
}

TEST(Towers, EveryParameterOfSigLipGetsAGradient) {
  const auto model = golden::settings("siglip").build(golden::kVocabulary, 5);
  for (Parameter& parameter : model->parameters().all()) parameter.value.requires_grad_(true);
  const Tensor image = model->encode(pixels_by_counter(2, 16), Draws{});
  const Tensor text = embed_trimmed(*model, tokens_of("siglip"), {0, 3}, Draws{});
  torch::autograd::backward({image.select(1, 0).sum() + text.select(1, 1).sum()}, {});
  for (const Parameter& parameter : model->parameters().all()) {
    if (parameter.name.starts_with("logit_")) continue;  // the loss's
    ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
    EXPECT_GT(largest(parameter.value.grad()), 0) << parameter.name;
  }
}

TEST(Towers, AFrozenTowerKeepsNoGraph) {
  const auto model = golden::settings("clip").build(golden::kVocabulary, 5);
  for (Parameter& parameter : model->parameters().all())
    parameter.value.requires_grad_(!parameter.name.starts_with("visual."));
  EXPECT_FALSE(model->encode(pixels_by_counter(2, 16), Draws{}).requires_grad());
  EXPECT_TRUE(embed_trimmed(*model, tokens_of("clip"), {0, 3}, Draws{}).requires_grad());
}

TEST(Towers, SigLipsEmbeddingIsAsWideAsItsImageTower) {
  TwoTowerSettings settings = golden::settings("siglip");
  settings.embed = 24;
  EXPECT_EQ(error_of([&] { settings.build(golden::kVocabulary, 1); }),
            "model.two_tower: embed is 24; SigLIP's image tower ends in its width, 32");
}

}  // namespace
}  // namespace weft
