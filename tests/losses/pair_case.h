// SPDX-License-Identifier: Apache-2.0
// Features made of counters and cells read from tests/golden/pairwise.json, for tests of pairwise losses.
#pragma once

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "losses/infonce.h"
#include "losses/sigmoid.h"

namespace weft::pair {

using Json = nlohmann::json;

inline Tensor counter_features(int64_t rows, int64_t dim, double shift) {
  Tensor x = at::zeros({rows, dim}, at::kDouble);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t d = 0; d < dim; ++d)
      x.data_ptr<double>()[i * dim + d] = std::sin(1 + 7.0 * double(i) + 3.0 * double(d) + shift * double(d * d));
  return (x / at::linalg_vector_norm(x, 2, {1}, true)).to(at::kFloat);
}

inline const Json& golden() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/pairwise.json"));
  return json;
}

inline PairCells cells_of(const Json& wanted) {
  PairCells cells;
  cells.images = wanted["images"];
  cells.texts = wanted["texts"];
  cells.begin.assign(static_cast<size_t>(cells.images) + 1, 0);
  for (const Json& cell : wanted["cells"]) {
    ++cells.begin[cell[0].get<size_t>() + 1];
    cells.text.push_back(cell[1]);
    cells.q.push_back(cell[2]);
    cells.w.push_back(cell[3]);
  }
  for (size_t i = 1; i < cells.begin.size(); ++i) cells.begin[i] += cells.begin[i - 1];
  for (const Json& pair : wanted["drawn"]) cells.drawn.emplace_back(pair[0], pair[1]);
  for (const Json& image : wanted["unreadable"]) cells.forget_image(image);
  return cells;
}

inline PairFeatures features_of(const Json& wanted) {
  const int64_t dim = wanted["dim"];
  return {counter_features(wanted["images"], dim, 0.1), counter_features(wanted["texts"], dim, 0.3),
          std::log(wanted["scale"].get<double>()), wanted["bias"].get<double>()};
}

inline void choose(TargetSettings& targets, const Json& keys) {
  targets.positives = keys.value("positives", targets.positives);
  targets.unsaid = keys.value("unsaid", targets.unsaid);
  targets.guide = keys.value("guide", targets.guide);
  targets.guide_margin = keys.value("guide_margin", targets.guide_margin);
}

inline std::unique_ptr<PairLoss> loss_of(const Json& wanted) {
  const Json& keys = wanted["keys"];
  if (wanted["loss"] == "infonce") {
    InfoNceSettings settings;
    choose(settings.targets, keys);
    settings.trust = keys.value("trust", settings.trust);
    return loss_as<PairLoss>(settings.build());
  }
  SigmoidSettings settings;
  choose(settings.targets, keys);
  settings.unsaid_weight = keys.value("unsaid_weight", 1.0);
  settings.negative_weight = keys.value("negative_weight", 1.0);
  return loss_as<PairLoss>(settings.build());
}

inline double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

inline void expect_gradient(const Tensor& found, const Json& wanted, double tolerance, const char* what) {
  const Tensor on_host = found.cpu();
  const auto* numbers = on_host.data_ptr<float>();
  double projection = 0;
  for (int64_t i = 0; i < found.size(0); ++i)
    for (int64_t d = 0; d < found.size(1); ++d)
      projection += numbers[i * found.size(1) + d] * std::cos(double(i) + 5 * double(d));
  const double largest = wanted["largest"], norm = wanted["norm"];
  for (size_t k = 0; k < wanted["first"].size(); ++k)
    EXPECT_NEAR(numbers[k], wanted["first"][k].get<double>(), tolerance * largest) << what << " at " << k;
  EXPECT_NEAR(projection, wanted["projection"].get<double>(), tolerance * norm) << what;
}

inline void expect_golden(const Judgement& found, const Json& wanted) {
  // The logits' own rounding in f32 grows with the scale.
  const double tolerance = 1e-6 * std::max(1., wanted["scale"].get<double>() / 10);
  ASSERT_EQ(found.terms.size(), wanted["sums"].size());
  for (size_t i = 0; i < found.terms.size(); ++i) {
    const double sum = wanted["sums"][i];
    EXPECT_NEAR(found.terms[i].sum, sum, tolerance * sum) << found.terms[i].name;
    EXPECT_NEAR(found.terms[i].count, wanted["counts"][i].get<double>(), 1e-6) << found.terms[i].name;
  }
  expect_gradient(found.image_gradient, wanted["image_gradient"], 2 * tolerance, "images");
  expect_gradient(found.text_gradient, wanted["text_gradient"], 2 * tolerance, "texts");
  const double log_scale = wanted["log_scale_gradient"], bias = wanted["bias_gradient"];
  EXPECT_NEAR(sum_of(found.log_scale_gradient), log_scale, 5 * tolerance * std::max(1., std::abs(log_scale)));
  EXPECT_NEAR(sum_of(found.bias_gradient), bias, 2 * tolerance * std::max(1., std::abs(bias)));
}

}  // namespace weft::pair
