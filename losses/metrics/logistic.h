// SPDX-License-Identifier: Apache-2.0
// A linear probe: logistic regression on frozen features, in f64.
//   minimise over W, b:  C sum_i -log p(y_i | x_i) + ||W||^2 / 2,   p = softmax(W x + b)
// Two classes have one row of weights and p(1) = sigmoid(w x + b).  That is scikit-learn's LogisticRegression.
// Solved by L-BFGS (Liu and Nocedal 1989) from zero, so the same data give the same bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct LogisticData {
  std::span<const float> features;   // [items, width]
  std::span<const int32_t> classes;  // of each item, 0 .. num_classes - 1
  int64_t width = 0;
  int32_t num_classes = 2;
};

struct LogisticModel {
  int64_t width = 0;
  std::vector<double> weights;  // rows of `width` numbers and a bias: one a class, or one for the second of two
  int iterations = 0;
  bool converged = false;

  int64_t rows() const { return static_cast<int64_t>(weights.size()) / (width + 1); }
  // Of each class for one item; `features` has `width` numbers.
  std::vector<double> probabilities(std::span<const float> features) const;
};

struct LogisticSettings {
  double strength = 1;      // C: the greater, the less the weights are held back
  double tolerance = 1e-7;  // of the greatest component of the gradient of objective / (C * items)
  int most_iterations = 1000;
};
LogisticModel fit_logistic(const LogisticData& data, const LogisticSettings& settings);

}  // namespace weft
