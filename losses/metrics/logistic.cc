// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/logistic.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/error.h"

namespace weft {
namespace {

using Numbers = std::vector<double>;

// Eight sums side by side, which the compiler keeps in vector registers.
template <class Left>
double dot(const Left* a, const double* b, size_t n) {
  double sums[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; ++k) sums[k] += static_cast<double>(a[i + k]) * b[i + k];
  double sum = 0;
  for (; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  for (const double part : sums) sum += part;
  return sum;
}

double greatest(const Numbers& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

// z of each row of weights, [width + 1] each.
void logits(const float* x, const Numbers& weights, size_t width, Numbers& z) {
  for (size_t k = 0; k < z.size(); ++k) {
    const double* row = weights.data() + k * (width + 1);
    z[k] = dot(x, row, width) + row[width];
  }
}

// z becomes dL/dz of the item's loss, which is returned.
double loss_of(Numbers& z, int32_t truth) {
  if (z.size() == 1) {
    const double margin = truth == 1 ? z[0] : -z[0];
    const double wrong = margin > 0 ? std::exp(-margin) / (1 + std::exp(-margin)) : 1 / (1 + std::exp(margin));
    z[0] = truth == 1 ? -wrong : wrong;
    return margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
  }
  const double most = *std::max_element(z.begin(), z.end()), of_truth = z[static_cast<size_t>(truth)];
  double sum = 0;
  for (double& value : z) sum += value = std::exp(value - most);
  for (double& value : z) value /= sum;
  z[static_cast<size_t>(truth)] -= 1;
  return std::log(sum) + most - of_truth;
}

class Objective {
 public:
  Objective(const LogisticData& data, double strength)
      : data_(data),
        width_(static_cast<size_t>(data.width)),
        rows_(data.num_classes == 2 ? 1 : static_cast<size_t>(data.num_classes)),
        items_(data.classes.size()),
        decay_(1 / (strength * static_cast<double>(items_))) {}

  size_t size() const { return rows_ * (width_ + 1); }

  // The objective divided by C * items.
  double at(const Numbers& weights, Numbers& gradient) const {
    gradient.assign(size(), 0);
    Numbers z(rows_);
    double loss = 0, squares = 0;
    for (size_t i = 0; i < items_; ++i) {
      const float* x = data_.features.data() + i * width_;
      logits(x, weights, width_, z);
      loss += loss_of(z, data_.classes[i]);
      for (size_t k = 0; k < rows_; ++k) {
        double* row = gradient.data() + k * (width_ + 1);
        for (size_t d = 0; d < width_; ++d) row[d] += z[k] * static_cast<double>(x[d]);
        row[width_] += z[k];
      }
    }
    for (size_t j = 0; j < gradient.size(); ++j) {
      gradient[j] /= static_cast<double>(items_);
      if (j % (width_ + 1) == width_) continue;  // a bias is free
      gradient[j] += decay_ * weights[j];
      squares += weights[j] * weights[j];
    }
    return loss / static_cast<double>(items_) + decay_ / 2 * squares;
  }

 private:
  const LogisticData& data_;
  size_t width_, rows_, items_;
  double decay_;
};

// The last steps and what they did to the gradient, as an approximation of the inverse Hessian.
class History {
 public:
  void add(Numbers step, Numbers change) {
    const double curvature = dot(step.data(), change.data(), step.size());
    if (curvature <= 0) return;
    if (pairs_.size() == 20) pairs_.pop_front();
    pairs_.push_back({std::move(step), std::move(change), curvature});
  }

  // Where to go down from here.
  Numbers direction(const Numbers& gradient) const {
    Numbers way = gradient;
    const size_t n = way.size();
    std::vector<double> shares(pairs_.size());
    for (size_t i = pairs_.size(); i-- > 0;) {
      shares[i] = dot(pairs_[i].step.data(), way.data(), n) / pairs_[i].curvature;
      for (size_t j = 0; j < n; ++j) way[j] -= shares[i] * pairs_[i].change[j];
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double size = last.curvature / dot(last.change.data(), last.change.data(), n);
      for (double& value : way) value *= size;
    }
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const double share = shares[i] - dot(pairs_[i].change.data(), way.data(), n) / pairs_[i].curvature;
      for (size_t j = 0; j < n; ++j) way[j] += share * pairs_[i].step[j];
    }
    for (double& value : way) value = -value;
    return way;
  }

 private:
  struct Pair {
    Numbers step, change;
    double curvature;
  };
  std::deque<Pair> pairs_;
};

void check_data(const LogisticData& data) {
  check(!data.classes.empty(), "logistic regression: there is no item to fit");
  WEFT_ASSERT(data.features.size() == data.classes.size() * static_cast<size_t>(data.width) && data.num_classes >= 2);
  for (const float value : data.features)
    check(std::isfinite(value), "logistic regression: a feature is not finite; has the training diverged?");
}

}  // namespace

std::vector<double> LogisticModel::probabilities(std::span<const float> features) const {
  WEFT_ASSERT(static_cast<int64_t>(features.size()) == width);
  Numbers z(static_cast<size_t>(rows()));
  logits(features.data(), weights, features.size(), z);
  if (z.size() == 1) return {1 / (1 + std::exp(z[0])), 1 / (1 + std::exp(-z[0]))};
  const double most = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double& value : z) sum += value = std::exp(value - most);
  for (double& value : z) value /= sum;
  return z;
}

LogisticModel fit_logistic(const LogisticData& data, const LogisticSettings& settings) {
  check_data(data);
  const Objective objective(data, settings.strength);
  LogisticModel model{.width = data.width, .weights = Numbers(objective.size())};
  Numbers gradient, next_gradient, next(objective.size());
  double value = objective.at(model.weights, gradient);
  History history;
  for (; model.iterations < settings.most_iterations; ++model.iterations) {
    model.converged = greatest(gradient) <= settings.tolerance;
    if (model.converged) break;
    const Numbers way = history.direction(gradient);
    const double slope = dot(way.data(), gradient.data(), way.size());
    double length = 1, next_value = 0;
    bool goes_down = false;
    for (int halvings = 0; halvings < 40 && !goes_down; ++halvings, length /= 2) {
      for (size_t j = 0; j < next.size(); ++j) next[j] = model.weights[j] + length * way[j];
      next_value = objective.at(next, next_gradient);
      goes_down = next_value <= value + 1e-4 * length * slope;
    }
    if (!goes_down) break;  // to the last bit of f64
    Numbers step(next.size()), change(next.size());
    for (size_t j = 0; j < next.size(); ++j)
      step[j] = next[j] - model.weights[j], change[j] = next_gradient[j] - gradient[j];
    history.add(std::move(step), std::move(change));
    model.weights.swap(next), gradient.swap(next_gradient);
    value = next_value;
  }
  return model;
}

}  // namespace weft
