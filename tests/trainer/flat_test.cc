// SPDX-License-Identifier: Apache-2.0
#include "trainer/flat.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "launch/thread_comm.h"
#include "tests/support.h"
#include "trainer/optimizer.h"

namespace weft {
namespace {

ParameterSet two_parameters() {
  ParameterSet set(1);
  set.add("proj", {5, 3}, Init::normal(1));
  set.add("bias", {7}, Init::constant(0.5));
  return set;
}

struct Small {
  explicit Small(Precision precision = Precision::fp32) : flat(set, {precision}, comm) {}
  LocalComm comm;
  ParameterSet set = two_parameters();
  FlatParameters flat;
};

TEST(FlatParameters, BackwardAddsIntoTheFlatGradient) {
  Small s;
  torch::autograd::backward({s.set.find("proj")->value.sum() * 2 + s.set.find("bias")->value.sum() * 3}, {});
  double sum = 0;
  for (int64_t i = 0; i < s.flat.layout().count; ++i) sum += static_cast<double>(s.flat.gradient()[i]);
  EXPECT_EQ(sum, 2 * 15 + 3 * 7);
  EXPECT_EQ(s.flat.gradient_of(*s.set.find("bias")).sum().item<double>(), 21);
}

TEST(FlatParameters, ParametersLieInReverseOrderEachPaddedTo64) {
  Small s;
  ASSERT_EQ(s.flat.seats().size(), 2u);
  EXPECT_EQ(s.flat.seats()[0].parameter->name, "bias");
  EXPECT_EQ(s.flat.seats()[1].offset, 64);
  EXPECT_EQ(s.flat.layout().count, 128);
}

TEST(FlatParameters, Bf16LeavesCollectFp32Gradients) {
  Small s(Precision::bf16);
  const Tensor& leaf = s.set.find("proj")->value;
  EXPECT_EQ(leaf.scalar_type(), at::kBFloat16);
  for (int i = 0; i < 300; ++i) torch::autograd::backward({leaf.sum()}, {});
  EXPECT_EQ(s.flat.gradient_of(*s.set.find("proj")).sum().item<double>(), 300 * 15);  // bf16 would stop at 256
}

TEST(FlatParameters, AScalarKeepsF32InABf16Run) {
  LocalComm comm;
  ParameterSet set(1);
  set.add("log_scale", {}, Init::constant(2.6592601));
  FlatParameters flat(set, {Precision::bf16}, comm);
  EXPECT_EQ(static_cast<float>(flat.scalar(*set.find("log_scale"))), 2.6592601f);
  *flat.owned(State::master, 0) = 1.2345678f;
  flat.refresh_all_leaves();
  EXPECT_EQ(static_cast<float>(flat.scalar(*set.find("log_scale"))), 1.2345678f);
}

TEST(FlatParameters, VirtualRanksAreAMultipleOfRanks) {
  LocalComm alone;
  ParameterSet set = two_parameters();
  FlatParameters flat(set, {Precision::fp32, false, 8}, alone);
  EXPECT_EQ(flat.layout().unit % (64 * 8), 0);
  const std::string message = error_of([] {
    run_thread_ranks(3, [](Comm& comm) {
      ParameterSet mine = two_parameters();
      FlatParameters(mine, {Precision::fp32, false, 4}, comm);
    });
  });
  EXPECT_NE(message.find("engine.virtual_ranks = 4 is no multiple of the 3 ranks"), std::string::npos) << message;
}

TEST(GlobalNorm, IsExactWhereAnFp32SumIsNot) {
  LocalComm comm;
  ParameterSet set(1);
  set.add("wide", {1 << 22}, Init::constant(0));
  FlatParameters flat(set, {}, comm);
  flat.gradient_of(*set.find("wide")).fill_(0.1);
  const double value = static_cast<double>(0.1f);
  EXPECT_NEAR(add_squares(flat.layout(), {owned_squares(flat)}) / (value * value * std::ldexp(1.0, 22)), 1, 1e-12);
}

TEST(GlobalNorm, IsTheSameBitsForAnyNumberOfRanks) {
  const auto norm = [](int ranks) {
    double result = 0;
    run_thread_ranks(ranks, [&](Comm& comm) {
      ParameterSet set(1);
      set.add("wide", {100000}, Init::normal(1));
      FlatParameters flat(set, {Precision::fp32, false, 4}, comm);
      flat.gradient_of(*set.find("wide")).copy_(set.find("wide")->value);
      const std::vector<double> mine = owned_squares(flat);
      std::vector<double> all(mine.size() * static_cast<size_t>(ranks));
      comm.all_gather(mine.data(), mine.size() * sizeof(double), all.data());
      std::vector<std::vector<double>> by_rank;
      for (auto r = all.begin(); r != all.end(); r += static_cast<int64_t>(mine.size()))
        by_rank.emplace_back(r, r + static_cast<int64_t>(mine.size()));
      if (comm.is_first()) result = add_squares(flat.layout(), by_rank);
    });
    return result;
  };
  const double one = norm(1);
  EXPECT_GT(one, 9e4);
  EXPECT_EQ(norm(2), one);
  EXPECT_EQ(norm(4), one);
}

TEST(AdamW, OneStepEqualsTheFormula) {
  // Hand-derived: m = (1-b1) g, v = (1-b2) g^2, both corrected to g and g^2; p' = p (1 - lr wd) - lr g / (|g| + eps).
  LocalComm comm;
  ParameterSet set(1);
  set.add("proj", {1, 2}, Init::constant(0.5));
  OptimizerSettings settings;
  settings.weight_decay = 0.1;
  settings.clip_norm = 1;
  const auto groups = group_parameters(set, settings);
  FlatParameters flat(set, {}, comm);
  AdamW optimizer(flat, settings, groups);
  flat.gradient_of(*set.find("proj")).fill_(3);
  const double norm = std::sqrt(add_squares(flat.layout(), {owned_squares(flat)}));
  EXPECT_DOUBLE_EQ(norm, std::sqrt(18.0));
  int written = 0;
  optimizer.step(0.01, norm, 0, [&](int) { ++written; });
  EXPECT_EQ(written, flat.layout().buckets());
  const double g = 3 / norm;
  const double wanted = 0.5 * (1 - 0.01 * 0.1) - 0.01 * g / (g + settings.epsilon);
  EXPECT_NEAR(flat.owned(State::master, 0)[0], wanted, 1e-6);
  EXPECT_EQ(flat.owned(State::master, 0)[2], 0);
}

}  // namespace
}  // namespace weft
