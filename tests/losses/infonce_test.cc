// SPDX-License-Identifier: Apache-2.0
// Against tests/golden/make_infonce.py (NumPy, float64, closed-form gradients).
#include "losses/infonce.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"

namespace weft {
namespace {

using Json = nlohmann::json;

Json golden() {
  return Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/infonce.json"));
}

Tensor counter_features(int64_t rows, int64_t dim, double shift) {
  Tensor x = at::zeros({rows, dim}, at::kDouble);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t d = 0; d < dim; ++d) x.data_ptr<double>()[i * dim + d] = std::sin(1 + 7.0 * i + 3.0 * d + shift);
  x = x / at::linalg_vector_norm(x, 2, {1}, true);
  return x.to(at::kFloat).requires_grad_(true);
}

PairCells cells_of(const Json& golden) {
  PairCells cells;
  cells.images = golden["images"];
  cells.texts = golden["texts"];
  cells.begin.assign(static_cast<size_t>(cells.images) + 1, 0);
  for (const Json& cell : golden["cells"]) {
    ++cells.begin[cell[0].get<size_t>() + 1];
    cells.text.push_back(cell[1]);
    cells.q.push_back(cell[2]);
    cells.w.push_back(cell[3]);
  }
  for (size_t i = 1; i < cells.begin.size(); ++i) cells.begin[i] += cells.begin[i - 1];
  for (const Json& pair : golden["drawn"]) cells.drawn.emplace_back(pair[0], pair[1]);
  return cells;
}

struct Case {
  Case()
      : image(counter_features(5, 3, 0.0)), text(counter_features(4, 3, 0.5)), scale(at::full({}, 12.5, at::kFloat)) {
    scale.requires_grad_(true);
  }
  PairFeatures features() const { return {image, text, scale}; }
  Tensor image, text, scale;
};

std::unique_ptr<Loss> infonce(const std::string& positives) {
  InfoNceSettings settings;
  settings.positives = positives;
  return settings.build();
}

void expect_close(const Tensor& found, const Json& wanted, double tolerance) {
  const Tensor flat = found.contiguous().view(-1);
  ASSERT_EQ(flat.numel(), static_cast<int64_t>(wanted.size()));
  for (int64_t i = 0; i < flat.numel(); ++i)
    EXPECT_NEAR(flat.data_ptr<float>()[i], wanted[static_cast<size_t>(i)].get<double>(), tolerance) << "at " << i;
}

class InfoNceGolden : public testing::TestWithParam<const char*> {};

TEST_P(InfoNceGolden, SumsCountsAndGradientsEqualTheIndependentProgram) {
  const Json all = golden();
  const Json& wanted = all[GetParam()];
  const PairCells cells = cells_of(all);
  const auto loss = infonce(GetParam());
  const Case c;
  const Counts counts = loss->count(cells);
  const Terms terms = loss->sum(c.features(), cells);
  ASSERT_EQ(terms.size(), 2u);
  Tensor total = at::zeros({});
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(counts[i].second, wanted["counts"][i].get<double>());
    EXPECT_NEAR(terms[i].second.item<double>(), wanted["sums"][i].get<double>(), 2e-5);
    total = total + terms[i].second / counts[i].second;
  }
  torch::autograd::backward({total}, {});
  expect_close(c.image.grad(), wanted["image_gradient"], 1e-5);
  expect_close(c.text.grad(), wanted["text_gradient"], 1e-5);
  EXPECT_NEAR(c.scale.grad().item<double>(), wanted["scale_gradient"].get<double>(), 1e-5);
}
INSTANTIATE_TEST_SUITE_P(Positives, InfoNceGolden, testing::Values("identity", "equal_text", "evidence"));

TEST(InfoNce, AnUnreadableImageMovesNoGradientAndIsNotCounted) {
  PairCells cells = cells_of(golden());
  const auto loss = infonce("evidence");
  const double before = loss->count(cells)[0].second;
  cells.forget_image(0);
  const Case c;
  Tensor total = at::zeros({});
  for (const auto& [name, sum] : loss->sum(c.features(), cells)) total = total + sum;
  torch::autograd::backward({total}, {});
  EXPECT_EQ(loss->count(cells)[0].second, before - 1);
  EXPECT_EQ(c.image.grad().select(0, 0).abs().sum().item<double>(), 0.0);
  EXPECT_GT(c.image.grad().select(0, 1).abs().sum().item<double>(), 0.0);
}

// For every loss of the table: what a loss must keep whatever it judges.
class EveryLoss : public testing::TestWithParam<size_t> {
 protected:
  std::unique_ptr<Loss> loss() const { return kLosses[GetParam()].settings()->build(); }
};

TEST_P(EveryLoss, IsZeroWithGradientsWhereNobodySaidAnything) {
  PairCells cells;
  cells.images = 5;
  cells.texts = 4;
  cells.begin.assign(6, 0);
  const Case c;
  for (const auto& [name, count] : loss()->count(cells)) EXPECT_EQ(count, 0) << name;
  Tensor total = at::zeros({});
  for (const auto& [name, sum] : loss()->sum(c.features(), cells)) {
    EXPECT_EQ(sum.item<double>(), 0.0) << name;
    total = total + sum;
  }
  torch::autograd::backward({total}, {});
  EXPECT_EQ(c.image.grad().abs().sum().item<double>(), 0.0);
}

TEST_P(EveryLoss, HasTheGradientOfItsValue) {
  const PairCells cells = cells_of(golden());
  const auto value = [&](const Tensor& image, const Tensor& text) {
    Tensor total = at::zeros({}, at::kDouble);
    for (const auto& [name, sum] : loss()->sum({image, text, at::full({}, 12.5, at::kDouble)}, cells))
      total = total + sum;
    return total;
  };
  Tensor image = counter_features(5, 3, 0.0).detach().to(at::kDouble).requires_grad_(true);
  Tensor text = counter_features(4, 3, 0.5).detach().to(at::kDouble).requires_grad_(true);
  torch::autograd::backward({value(image, text)}, {});
  constexpr double kStep = 1e-5;
  for (Tensor leaf : {image, text}) {
    for (int64_t i = 0; i < leaf.numel(); ++i) {
      const auto moved = [&](double by) {
        Tensor other = leaf.detach().clone();
        other.data_ptr<double>()[i] += by;
        return (leaf.is_same(image) ? value(other, text.detach()) : value(image.detach(), other)).item<double>();
      };
      const double numeric = (moved(kStep) - moved(-kStep)) / (2 * kStep);
      EXPECT_NEAR(leaf.grad().data_ptr<double>()[i], numeric, 1e-6 * (1 + std::abs(numeric)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryLoss, testing::Range<size_t>(0, kLosses.size()),
                         [](const auto& info) { return std::string(kLosses[info.param].name); });

}  // namespace
}  // namespace weft
