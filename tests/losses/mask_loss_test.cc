// SPDX-License-Identifier: Apache-2.0
// The mask losses beside their NumPy maker, and what they must keep whatever they judge.
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>

#include "tests/losses/mask_case.h"
#include "tests/support.h"

namespace weft {
namespace {

using mask::loss_of;
using mask::Size;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::array<Tensor*, 4> all_of(MaskOutputs& out) {
  return {&out.logits_PMHW, &out.iou_PM, &out.object_P, &out.objectness_PM};
}

MaskOutputs leaves_of(MaskOutputs out, at::ScalarType type = at::kFloat) {
  for (Tensor* of : all_of(out)) *of = of->to(type).detach().clone().requires_grad_(true);
  return out;
}

// Of the sum over terms of sum / count.
Tensor value_of(const MaskJudgement& judgement, const std::vector<double>& counts) {
  Tensor value = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) value = value + judgement.sums[i] / counts[i];
  return value;
}

// The slope of `value` along the direction of the golden file.
double slope_of(const Tensor& value, MaskOutputs& out) {
  torch::autograd::backward({value}, {});
  double slope = 0;
  int64_t first = 0;
  for (const Tensor* of : all_of(out)) {
    const Tensor direction = at::cos(1 + 0.7 * at::arange(first, first + of->numel(), at::kDouble));
    if (of->grad().defined()) slope += (of->grad().to(at::kDouble).flatten() * direction).sum().item<double>();
    first += of->numel();
  }
  return slope;
}

class MaskGolden : public testing::TestWithParam<size_t> {
 protected:
  void expect(at::ScalarType type, double tolerance) {
    const mask::Json& c = mask::golden()[GetParam()];
    const auto loss = loss_of(c["keys"]);
    const MaskTargets targets = mask::targets_of(c);
    MaskOutputs out =
        leaves_of(mask::outputs_of(mask::size_of(c), c.value("scale", 3.), c.value("equal", false)), type);
    MaskRound round{c.value("multimask", true), 0, {}};
    round.draws.step = c.value("step", 0);
    const MaskJudgement found = loss->judge(out, targets, round);
    const std::vector<double> counts = loss->count(targets);
    const std::vector<std::string> names = loss->terms();
    ASSERT_EQ(found.sums.size(), c["terms"].size());
    for (size_t i = 0; i < names.size(); ++i) {
      const mask::Json& term = c["terms"][i];
      EXPECT_EQ(names[i], term[0]);
      const double wanted = term[1], far = names[i] == "mask.crf" ? 1e-5 : tolerance;  // its kernel is f32
      EXPECT_NEAR(found.sums[i].item<double>(), wanted, far * std::max(1., std::abs(wanted))) << names[i];
      EXPECT_EQ(counts[i], term[2]) << names[i];
    }
    EXPECT_TRUE(at::equal(found.chosen_P, at::tensor(c["chosen"].get<std::vector<int64_t>>()))) << found.chosen_P;
    const double wanted = c["slope"];
    EXPECT_NEAR(slope_of(value_of(found, counts), out), wanted, 1e1 * tolerance * std::max(1., std::abs(wanted)));
  }
};

TEST_P(MaskGolden, TheDenseFormInDoubleIsTheMakers) {
  expect(at::kDouble, 1e-7);  // targets are f32
}
TEST_P(MaskGolden, TheKernelIsTheMakers) {
  expect(at::kFloat, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Cases, MaskGolden, testing::Range<size_t>(0, mask::golden().size()), [](const auto& info) {
  std::string name = mask::golden()[info.param]["name"];
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

// Every term at once: masks, a box, points.
struct EveryTerm {
  Size size{.P = 8};
  mask::Json keys = {{"objectness", 0.5}, {"pairwise", 1}, {"pairwise_warmup", 1}, {"crf", 0.1}};
  MaskTargets targets;
  EveryTerm() {
    targets.inside_PHW = mask::truth_of(size);
    targets.known_PHW = mask::known_of(size);
    targets.kind_P = at::tensor(std::vector<int64_t>{0, 0, 1, 2, 0, 0, 1, 0});
    targets.present_P = at::tensor(std::vector<float>{1, 0, 1, 1, 1, 1, 1, 0});
    targets.weight_P = at::tensor(std::vector<float>{1, 1, 0.5, 2, 1, 0, 1, 1});
    targets.box_P4 = at::tensor(std::vector<float>{4, 6, 20, 29}).expand({8, 4}).contiguous();
    targets.pixels_PCHW = mask::pixels_of(size);
    targets.objectness_P = at::tensor(std::vector<float>{1, 0, 1, 1, 0.5, 1, 1, NAN});
    targets.known_PHW.select(0, 4).zero_();
  }
  MaskTargets some(int64_t first, int64_t count) const {
    MaskTargets t;
    const auto part = [&](const Tensor& of) { return of.defined() ? of.narrow(0, first, count) : Tensor(); };
    t.inside_PHW = part(targets.inside_PHW);
    t.known_PHW = part(targets.known_PHW);
    t.kind_P = part(targets.kind_P);
    t.present_P = part(targets.present_P);
    t.weight_P = part(targets.weight_P);
    t.box_P4 = part(targets.box_P4);
    t.pixels_PCHW = part(targets.pixels_PCHW);
    t.objectness_P = part(targets.objectness_P);
    return t;
  }
};

TEST(Mask, SumsOverRanksAreThoseOfOne) {
  EveryTerm c;
  for (const int64_t points : {0, 200}) {
    c.keys["points"] = points;
    const auto loss = loss_of(c.keys);
    MaskOutputs out = leaves_of(mask::outputs_of(c.size));
    const MaskRound round{true, 0, {.training = true, .seed = 5, .step = 7, .first = 0, .rows = {}}};
    const MaskJudgement whole = loss->judge(out, c.targets, round);
    const std::vector<double> counts = loss->count(c.targets);
    torch::autograd::backward({value_of(whole, counts)}, {});
    for (const int64_t each : {4, 2, 1}) {
      std::vector<double> sums(counts.size()), found_counts(counts.size());
      MaskOutputs parts = leaves_of(mask::outputs_of(c.size));
      for (int64_t first = 0; first < 8; first += each) {
        MaskOutputs mine = parts;
        for (Tensor* of : all_of(mine)) *of = of->narrow(0, first, each);
        MaskRound my_round = round;
        my_round.draws.first = first;
        const MaskTargets targets = c.some(first, each);
        const MaskJudgement judgement = loss->judge(mine, targets, my_round);
        const std::vector<double> my_counts = loss->count(targets);
        torch::autograd::backward({value_of(judgement, counts)}, {});
        for (size_t i = 0; i < counts.size(); ++i) {
          sums[i] += judgement.sums[i].item<double>();
          found_counts[i] += my_counts[i];
        }
        EXPECT_TRUE(at::equal(judgement.chosen_P, whole.chosen_P.narrow(0, first, each)));
      }
      EXPECT_EQ(found_counts, counts);
      for (size_t i = 0; i < counts.size(); ++i)
        EXPECT_NEAR(sums[i], whole.sums[i].item<double>(), 1e-9) << loss->terms()[i] << " by " << each;
      EXPECT_TRUE(at::allclose(parts.logits_PMHW.grad(), out.logits_PMHW.grad(), 1e-6, 1e-9)) << each;
    }
  }
}

TEST(Mask, EveryTermHasAGradientAndOnlyThatOfItsTrust) {
  const EveryTerm c;
  const auto loss = loss_of(c.keys);
  const std::vector<std::string> names = loss->terms();
  ASSERT_EQ(names.size(), 8u);
  for (size_t i = 0; i < names.size(); ++i) {
    MaskOutputs out = leaves_of(mask::outputs_of(c.size));
    torch::autograd::backward({loss->judge(out, c.targets, {.multimask = true}).sums[i]}, {});
    double size = 0;
    for (const Tensor* of : all_of(out)) {
      if (!of->grad().defined()) continue;
      size += of->grad().abs().sum().item<double>();
      EXPECT_EQ(of->grad().select(0, 5).abs().sum().item<double>(), 0) << names[i] << " moved a prompt without trust";
    }
    EXPECT_GT(size, 1e-6) << names[i];
  }
}

TEST(Mask, OnlyTheBestOfThreeMasksIsTrained) {
  MaskOutputs out = leaves_of(mask::outputs_of({}));
  MaskTargets targets;
  targets.inside_PHW = mask::truth_of({});
  const auto loss = loss_of({{"object", 0}});
  const MaskJudgement found = loss->judge(out, targets, {.multimask = true});
  torch::autograd::backward({value_of(found, loss->count(targets))}, {});
  const Tensor moved = out.logits_PMHW.grad().abs().sum({2, 3}).gt(0);
  for (int64_t p = 0; p < 3; ++p)
    for (int64_t m = 0; m < 3; ++m)
      EXPECT_EQ(moved[p][m].item<bool>(), m == found.chosen_P[p].item<int64_t>()) << p << m;
  EXPECT_EQ(out.iou_PM.grad().ne(0).sum().item<int64_t>(), 9);  // every mask's predicted IoU is
}

TEST(Mask, WhereNothingIsKnownAllSumsAreZeroWithGradients) {
  EveryTerm c;
  c.targets.known_PHW.zero_();
  c.targets.present_P.fill_(kNan);
  c.targets.objectness_P.fill_(kNan);
  c.targets.box_P4.fill_(kNan);
  const auto loss = loss_of(c.keys);
  MaskOutputs out = leaves_of(mask::outputs_of(c.size));
  const MaskJudgement found = loss->judge(out, c.targets, {.multimask = true});
  Tensor total = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < found.sums.size(); ++i) {
    EXPECT_EQ(found.sums[i].item<double>(), 0) << loss->terms()[i];
    EXPECT_EQ(loss->count(c.targets)[i], 0) << loss->terms()[i];
    total = total + found.sums[i];
  }
  torch::autograd::backward({total}, {});
  for (const Tensor* of : all_of(out)) EXPECT_EQ(of->grad().abs().sum().item<double>(), 0);
}

TEST(Mask, NoPromptsAreJudgedAsZero) {
  MaskOutputs out = leaves_of(mask::outputs_of({.P = 0}));
  MaskTargets targets;
  targets.inside_PHW = mask::truth_of({.P = 0});
  const auto loss = loss_of({});
  const MaskJudgement found = loss->judge(out, targets, {.multimask = true});
  const std::vector<double> counts = loss->count(targets);
  for (size_t i = 0; i < counts.size(); ++i) {
    EXPECT_EQ(counts[i], 0);
    EXPECT_EQ(found.sums[i].item<double>(), 0);
  }
  EXPECT_EQ(found.chosen_P.size(0), 0);
}

TEST(Mask, AnObjectOfOnePixelIsLearnt) {
  MaskOutputs out = leaves_of(mask::outputs_of({.P = 1, .M = 1}));
  MaskTargets targets;
  targets.inside_PHW = at::zeros({1, 32, 32}, at::kByte);
  targets.inside_PHW[0][9][21] = 1;
  const auto loss = loss_of({{"object", 0}, {"iou", 0}, {"focal", 0}});
  torch::autograd::backward({value_of(loss->judge(out, targets, {}), loss->count(targets))}, {});
  const Tensor slope = out.logits_PMHW.grad()[0][0];
  EXPECT_LT(slope[2][5].item<float>(), slope.sum().item<float>());  // the cell around it alone rises
  EXPECT_LT(slope[2][5].item<float>(), 0);
  EXPECT_GT(slope[6][1].item<float>(), 0);
}

TEST(Mask, WhatIsNotANumberIsNotHidden) {
  for (const bool in_logits : {true, false}) {
    MaskOutputs out = mask::outputs_of({});
    (in_logits ? out.logits_PMHW.select(1, 1) : out.iou_PM).fill_(kNan);
    MaskTargets targets;
    targets.inside_PHW = mask::truth_of({});
    const auto loss = loss_of({{"object", 0}});
    EXPECT_TRUE(
        std::isnan(value_of(loss->judge(out, targets, {.multimask = true}), loss->count(targets)).item<double>()));
  }
}

TEST(Mask, SampledPointsAreNearTheWholeAndRepeatThemselves) {
  const Size size{.P = 2, .M = 1, .h = 16, .w = 16, .H = 64, .W = 64};
  const MaskOutputs out = mask::outputs_of(size);
  MaskTargets targets;
  targets.inside_PHW = at::zeros({2, 64, 64}, at::kByte);
  targets.inside_PHW.narrow(1, 0, 40).fill_(1);  // few pixels lie beside a border, where samples are between 0 and 1
  targets.known_PHW = at::ones({2, 64, 64}, at::kByte);
  targets.known_PHW.narrow(2, 50, 14).zero_();
  const auto sums = [&](const mask::Json& keys, const MaskRound& round) {
    std::vector<double> values;
    for (const Tensor& sum : loss_of(keys)->judge(out, targets, round).sums) values.push_back(sum.item<double>());
    return values;
  };
  const mask::Json random = {{"object", 0}, {"points", 20000}, {"points_important", 0}, {"points_oversample", 1}};
  const std::vector<double> whole = sums({{"object", 0}}, {}), sampled = sums(random, {});
  EXPECT_NEAR(sampled[0], whole[0], 0.03 * whole[0]);
  EXPECT_NEAR(sampled[1], whole[1], 0.03 * whole[1]);
  EXPECT_EQ(sampled[2], whole[2]);  // the IoU is that of all pixels
  EXPECT_EQ(sums(random, {}), sampled);
  EXPECT_NE(sums(random, {.round = 1}), sampled);
}

TEST(Mask, ImportantPointsAreTheUnsureOnesThatAreKnown) {
  const Size size{.P = 2, .M = 2, .h = 16, .w = 16, .H = 64, .W = 64};
  const Tensor logits = mask::outputs_of(size).logits_PMHW, truth = mask::truth_of(size);
  const auto sample = [&](double important, const Tensor& known) {
    return sample_points(logits, truth, known, {.count = 400, .important = important}, {.seed = 3}, 0);
  };
  const Tensor random = sample(0, {}).logits.abs(), unsure = sample(1, {}).logits.abs();
  EXPECT_EQ(unsure.sizes(), (std::vector<int64_t>{4, 1, 1, 400}));
  for (int64_t row = 0; row < 4; ++row) EXPECT_LT(unsure[row].max().item<float>(), random[row].mean().item<float>());
  Tensor known = at::zeros({2, 64, 64}, at::kByte);
  known.narrow(1, 0, 32).fill_(1);
  EXPECT_EQ(sample(1, known).known.gt(0).sum().item<int64_t>(), 4 * 400);
  EXPECT_LT(sample(0, known).known.gt(0).sum().item<int64_t>(), 4 * 300);
}

TEST(Mask, WhatALabelOrAHeadLacksIsSaid) {
  MaskTargets targets;
  targets.inside_PHW = mask::truth_of({});
  MaskOutputs out = mask::outputs_of({});
  out.object_P = Tensor();
  EXPECT_NE(error_of([&] { loss_of({})->judge(out, targets, {}); }).find("no object-score head"), std::string::npos);
  targets.kind_P = at::full({3}, int64_t{1});
  EXPECT_NE(error_of([&] { loss_of({})->count(targets); }).find("there are no boxes"), std::string::npos);
  targets.box_P4 = at::ones({3, 4});
  const mask::Json keys = {{"projection", 0}, {"object", 0}};
  EXPECT_NE(error_of([&] { loss_of(keys)->judge(out, targets, {}); }).find("asks nothing of boxes"), std::string::npos);
  targets.kind_P = Tensor();
  targets.known_PHW = at::ones({3, 32, 31}, at::kByte);
  EXPECT_NE(error_of([&] { loss_of({})->judge(out, targets, {}); }).find("[3, 32, 31]"), std::string::npos);
}

}  // namespace
}  // namespace weft
