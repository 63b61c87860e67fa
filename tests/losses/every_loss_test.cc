// SPDX-License-Identifier: Apache-2.0
// For every loss of the table that couples a batch: what it must keep whatever it judges.
#include <gtest/gtest.h>

#include <limits>

#include "tests/losses/pair_case.h"

namespace weft {
namespace {

PairFeatures small_features(double log_scale = std::log(3.)) {
  return {pair::counter_features(5, 3, 0.1), pair::counter_features(4, 3, 0.3), log_scale, -0.7};
}

PairCells small_cells() {
  PairCells cells;
  cells.texts = 4;
  cells.add_image({{0, 1, 1}, {2, 1, 1}});
  cells.add_image({{1, 1, 0.5f}});
  cells.add_image({{2, 1, 1}, {3, 0, 1}});
  cells.add_image({{0, 0.25f, 1}, {1, 0, 0}, {3, 1, 1}});
  cells.add_image({});
  for (const auto& [image, text] : {std::pair{0, 0}, {0, 2}, {1, 1}, {2, 2}, {3, 3}})
    cells.drawn.emplace_back(image, text);
  return cells;
}

class EveryLoss : public testing::TestWithParam<size_t> {
 protected:
  std::unique_ptr<PairLoss> loss() const { return loss_as<PairLoss>(kLosses[GetParam()].settings()->build()); }
  double value(const PairFeatures& features) const { return loss()->judge(features, small_cells(), {}, comm).value(); }
  mutable LocalComm comm;
};

TEST_P(EveryLoss, IsZeroWithGradientsWhereNobodySaidAnything) {
  PairCells cells;
  cells.texts = 4;
  for (int i = 0; i < 5; ++i) cells.add_image({});
  const Judgement found = loss()->judge(small_features(), cells, {}, comm);
  for (const Term& term : found.terms) {
    EXPECT_EQ(term.sum, 0) << term.name;
    EXPECT_EQ(term.count, 0) << term.name;
  }
  EXPECT_EQ(found.value(), 0);
  ASSERT_EQ(found.image_gradient.sizes(), (std::vector<int64_t>{5, 3}));
  EXPECT_EQ(found.image_gradient.abs().sum().item<double>(), 0);
  EXPECT_EQ(found.text_gradient.abs().sum().item<double>(), 0);
}

TEST_P(EveryLoss, IsZeroWithoutAnyTexts) {
  PairCells cells;
  for (int i = 0; i < 5; ++i) cells.add_image({});
  PairFeatures features = small_features();
  features.text_TD = features.text_TD.narrow(0, 0, 0);
  for (const int blocks : {1, 4}) EXPECT_EQ(loss()->judge(features, cells, {blocks, 0, blocks}, comm).value(), 0);
}

// Fourth-order differences, because logits are f32.
template <class Value>
double slope(const Value& at, double h) {
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

TEST_P(EveryLoss, HasTheGradientOfItsValue) {
  const Judgement found = loss()->judge(small_features(), small_cells(), {}, comm);
  for (const bool of_images : {true, false}) {
    const Tensor gradient = of_images ? found.image_gradient : found.text_gradient;
    for (int64_t i = 0; i < gradient.numel(); ++i) {
      const auto moved = [&](double by) {
        const PairFeatures f = small_features();
        (of_images ? f.image_BD : f.text_TD).data_ptr<float>()[i] += static_cast<float>(by);
        return value(f);
      };
      EXPECT_NEAR(gradient.data_ptr<float>()[i], slope(moved, 0.03125), 2e-5) << (of_images ? "image " : "text ") << i;
    }
  }
  const auto scaled = [&](double by) { return value(small_features(std::log(3.) + by)); };
  EXPECT_NEAR(pair::sum_of(found.log_scale_gradient), slope(scaled, 0.03), 2e-5);
  const auto shifted = [&](double by) {
    PairFeatures f = small_features();
    f.bias += by;
    return value(f);
  };
  EXPECT_NEAR(pair::sum_of(found.bias_gradient), slope(shifted, 0.03), 2e-5);
}

TEST_P(EveryLoss, AnUnreadableImageMovesNothingAndIsNotCounted) {
  PairCells cells = small_cells();
  const double before = loss()->judge(small_features(), cells, {}, comm).terms[0].count;
  cells.forget_image(0);
  const Judgement found = loss()->judge(small_features(), cells, {}, comm);
  EXPECT_EQ(found.terms[0].count, before - 1);
  EXPECT_EQ(found.image_gradient.select(0, 0).abs().sum().item<double>(), 0);
  EXPECT_GT(found.image_gradient.select(0, 1).abs().sum().item<double>(), 0);
}

TEST_P(EveryLoss, AFeatureThatIsNotANumberIsNotHidden) {
  for (const bool in_image : {true, false}) {
    const PairFeatures f = small_features();
    (in_image ? f.image_BD : f.text_TD).select(0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
    for (const int blocks : {1, 4}) {
      const Judgement found = loss()->judge(f, small_cells(), {blocks, 0, blocks}, comm);
      EXPECT_TRUE(std::isnan(found.value())) << in_image << blocks;
    }
  }
}

std::vector<size_t> pair_losses() {
  std::vector<size_t> places;
  for (size_t i = 0; i < kLosses.size(); ++i)
    if (kLosses[i].settings()->build()->couples() == Couples::batch) places.push_back(i);
  return places;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryLoss, testing::ValuesIn(pair_losses()),
                         [](const auto& info) { return std::string(kLosses[info.param].name); });

}  // namespace
}  // namespace weft
