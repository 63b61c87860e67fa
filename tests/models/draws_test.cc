// SPDX-License-Identifier: Apache-2.0
// Patch dropout and stochastic depth: exact under recomputation and under any cut of the rows.
#include "models/draws.h"

#include <ATen/ops/cat.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <set>

#include "tests/models/counter_fill.h"
#include "tests/models/golden_models.h"
#include "trainer/texts.h"

namespace weft {
namespace {

Draws training(int64_t first = 0) {
  return {.training = true, .seed = 7, .step = 3, .first = first};
}

TwoTowerSettings dropping(const char* family) {
  TwoTowerSettings settings = golden::settings(family);
  settings.patch = 4;  // 16 patches
  settings.patch_dropout = 0.5;
  settings.drop_path = settings.text_drop_path = 0.6;
  return settings;
}

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

TEST(Draws, KeptTokensAreDistinctInOrderAndOfTheirImage) {
  const Tensor kept = kept_tokens(training(), 50, 1, 16, 0.7);  // 1 + floor(16 * 0.3)
  ASSERT_EQ(kept.size(0), 50 * 5);
  std::set<std::vector<int64_t>> choices;
  for (int64_t image = 0; image < 50; ++image) {
    std::vector<int64_t> mine;
    for (int64_t i = 0; i < 5; ++i) mine.push_back(kept[image * 5 + i].item<int64_t>() - image * 17);
    EXPECT_EQ(mine[0], 0);
    EXPECT_LE(mine.back(), 16);
    for (size_t i = 1; i < mine.size(); ++i) EXPECT_LT(mine[i - 1], mine[i]);
    choices.insert(mine);
  }
  EXPECT_GT(choices.size(), 40u);
}

TEST(Draws, EveryPatchIsKeptAsOftenAsAnother) {
  const Tensor kept = kept_tokens(training(), 2000, 0, 10, 0.6);
  std::vector<int> count(10);
  for (int64_t i = 0; i < kept.size(0); ++i) ++count[static_cast<size_t>(kept.data_ptr<int64_t>()[i] % 10)];
  for (const int n : count) EXPECT_NEAR(n, 800, 5 * 22);  // binomial: deviation 21.9
}

TEST(Draws, BranchesAreTakenByALinearLawAndKeepTheirMean) {
  const Tensor factor = branch_factors(training(), Purpose::image_drop_path, 4, 20000, 0.6);
  for (int64_t layer = 0; layer < 4; ++layer)
    for (int64_t branch = 0; branch < 2; ++branch) {
      const Tensor mine = factor.select(0, layer).select(0, branch);
      EXPECT_NEAR(mine.eq(0).to(at::kFloat).mean().item<double>(), 0.2 * static_cast<double>(layer), 0.02);
      EXPECT_NEAR(mine.mean().item<double>(), 1, 0.05);
    }
}

TEST(Draws, EvaluationDrawsNothing) {
  TwoTowerSettings settings = dropping("clip");
  const auto with = settings.build(golden::kVocabulary, 5);
  settings.patch_dropout = settings.drop_path = settings.text_drop_path = 0;
  const auto without = settings.build(golden::kVocabulary, 5);
  const Tensor pixels = pixels_by_counter(3, 16);
  EXPECT_TRUE(with->encode(pixels, Draws{}).equal(without->encode(pixels, Draws{})));
  EXPECT_GT(largest(with->encode(pixels, training()) - without->encode(pixels, training())), 1e-3);
}

TEST(Draws, AnotherStepDrawsOtherwise) {
  const auto model = dropping("siglip").build(golden::kVocabulary, 5);
  const Tensor pixels = pixels_by_counter(3, 16);
  Draws later = training();
  later.step = 4;
  EXPECT_TRUE(model->encode(pixels, training()).equal(model->encode(pixels, training())));
  EXPECT_GT(largest(model->encode(pixels, training()) - model->encode(pixels, later)), 1e-3);
}

TEST(Draws, AnyCutOfTheRowsDrawsTheSame) {
  for (const char* family : {"clip", "siglip"}) {
    const auto model = dropping(family).build(golden::kVocabulary, 5);
    const Tensor pixels = pixels_by_counter(5, 16), whole = model->encode(pixels, training(10));
    const Tensor cut = at::cat(
        {model->encode(pixels.narrow(0, 0, 2), training(10)), model->encode(pixels.narrow(0, 2, 3), training(12))});
    EXPECT_LT(largest(whole - cut), 1e-6);
    // Texts are grouped by length, and each keeps its place.
    const Tokens tokens = family == std::string("clip") ? Tokens{{38, 1, 39}, {38, 1, 2, 3, 4, 5, 6, 39}, {38, 9, 39}}
                                                        : Tokens(3, {1, 2, 3, 4, 5, 6, 7, 8});
    const Tensor texts = embed_trimmed(*model, tokens, {0, 3}, training());
    for (int64_t t = 0; t < 3; ++t)
      EXPECT_LT(largest(texts.select(0, t) - embed_trimmed(*model, tokens, {t, t + 1}, training(t)).select(0, 0)),
                2e-6);
  }
}

TEST(Draws, RecomputedBlocksGiveTheSameGradients) {
  for (const char* family : {"clip", "siglip"}) {
    TwoTowerSettings settings = dropping(family);
    settings.lora = {"*"};
    std::vector<std::vector<Tensor>> gradients;
    for (const bool recompute : {false, true}) {
      settings.recompute = recompute;
      const auto model = settings.build(golden::kVocabulary, 5);
      for (Parameter& parameter : model->parameters().all()) {
        if (parameter.name.ends_with(".up")) parameter.value.fill_(0.02);
        parameter.value.requires_grad_(true);
      }
      torch::autograd::backward({model->encode(pixels_by_counter(4, 16), training()).select(1, 0).sum()}, {});
      gradients.emplace_back();
      for (const Parameter& parameter : model->parameters().all()) gradients.back().push_back(parameter.value.grad());
    }
    size_t reached = 0;
    for (size_t i = 0; i < gradients[0].size(); ++i) {
      ASSERT_EQ(gradients[0][i].defined(), gradients[1][i].defined());
      if (!gradients[0][i].defined()) continue;  // of the other tower
      EXPECT_TRUE(gradients[0][i].equal(gradients[1][i]));
      ++reached;
    }
    EXPECT_GT(reached, 30u);
  }
}

}  // namespace
}  // namespace weft
