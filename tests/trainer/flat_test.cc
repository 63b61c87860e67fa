// SPDX-License-Identifier: Apache-2.0
#include "trainer/flat.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "trainer/optimizer.h"

namespace weft {
namespace {

ParameterSet two_parameters() {
  ParameterSet set(1);
  set.add("proj", {5, 3}, Init::normal(1));
  set.add("bias", {7}, Init::constant(0.5));
  return set;
}

TEST(FlatParameters, BackwardAddsIntoTheFlatGradient) {
  ParameterSet set = two_parameters();
  FlatParameters flat(set, Precision::fp32, 0.1, {});
  torch::autograd::backward({set.find("proj")->value.sum() * 2 + set.find("bias")->value.sum() * 3}, {});
  EXPECT_EQ(flat.gradient().sum().item<double>(), 2 * 15 + 3 * 7);
  EXPECT_EQ(flat.view_of(flat.gradient(), *set.find("bias")).sum().item<double>(), 21);
}

TEST(FlatParameters, EveryParameterAndGroupStartsAtAMultipleOf64) {
  ParameterSet set = two_parameters();
  FlatParameters flat(set, Precision::fp32, 0.1, {});
  ASSERT_EQ(flat.groups().size(), 2u);
  EXPECT_EQ(flat.groups()[0].weight_decay, 0.1);
  EXPECT_EQ(flat.groups()[1].weight_decay, 0.0);
  for (const auto& group : flat.groups()) {
    EXPECT_EQ(group.begin % 64, 0);
    EXPECT_EQ(group.end % 64, 0);
  }
}

TEST(FlatParameters, Bf16LeavesCollectFp32Gradients) {
  ParameterSet set = two_parameters();
  FlatParameters flat(set, Precision::bf16, 0, {});
  const Tensor& leaf = set.find("proj")->value;
  EXPECT_EQ(leaf.scalar_type(), at::kBFloat16);
  for (int i = 0; i < 300; ++i) torch::autograd::backward({leaf.sum()}, {});
  EXPECT_EQ(flat.view_of(flat.gradient(), *set.find("proj")).sum().item<double>(), 300 * 15);  // bf16 would stop at 256
}

TEST(NormOf, IsExactWhereAnFp32SumIsNot) {
  const Tensor x = at::zeros({int64_t{1} << 22}, at::kFloat).fill_(0.1);
  const double value = static_cast<double>(0.1f);
  EXPECT_NEAR(norm_of(x) / (value * std::sqrt(std::ldexp(1.0, 22))), 1, 1e-11);
}

TEST(LearningRate, WarmsUpAndFallsAsACosine) {
  ScheduleSettings s;
  s.warmup_steps = 10;
  s.final_share = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 0, 110), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 9, 110), 2);
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 10, 110), 2);
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 60, 110), 2 * (0.1 + 0.9 * 0.5));
  EXPECT_NEAR(learning_rate(s, 2, 110, 110), 0.2, 1e-12);
  s.shape = "constant";
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 100, 110), 2);
}

TEST(AdamW, OneStepEqualsTheFormula) {
  // Hand-derived: m = (1-b1) g, v = (1-b2) g^2, both corrected to g and g^2; p' = p (1 - lr wd) - lr g / (|g| + eps).
  ParameterSet set(1);
  set.add("proj", {1, 2}, Init::constant(0.5));
  OptimizerSettings settings;
  settings.weight_decay = 0.1;
  settings.clip_norm = 1;
  FlatParameters flat(set, Precision::fp32, settings.weight_decay, {});
  AdamW optimizer(flat, settings);
  flat.gradient().narrow(0, 0, 2).fill_(3);
  const double norm = norm_of(flat.gradient());
  EXPECT_DOUBLE_EQ(norm, std::sqrt(18.0));
  optimizer.step(0.01, norm, 0);
  const double g = 3 / norm;
  const double wanted = 0.5 * (1 - 0.01 * 0.1) - 0.01 * g / (g + settings.epsilon);
  EXPECT_NEAR(flat.master().data_ptr<float>()[0], wanted, 1e-6);
  EXPECT_EQ(flat.master().data_ptr<float>()[2], 0);
}

}  // namespace
}  // namespace weft
