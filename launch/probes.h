// SPDX-License-Identifier: Apache-2.0
// Linear probes of frozen features (losses/metrics/logistic.h), their strength chosen on other images.  The candidates
// are shared out over ranks; every rank ends with the same probe.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "base/comm.h"
#include "base/tensor.h"
#include "losses/metrics/logistic.h"

namespace weft {

constexpr double kProbeStrengths[] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1};

// Features as a probe sees them: less the mean of the training images, and scaled so that their numbers have mean
// square 1 there.  A strength then means the same for every model, and the solver has fewer steps to go.
class ProbeView {
 public:
  explicit ProbeView(const Tensor& train_ND);
  Tensor of(const Tensor& feature_ND) const;

 private:
  Tensor mean_D_;
  double scale_;
};

// Classes that no training image has are never said; they have probability 0.
struct ClassProbe {
  LogisticModel model;
  std::vector<int32_t> class_of;  // of each class that the model tells apart
  double strength = 0, score = 0;
  std::vector<float> probabilities(std::span<const float> features, int64_t classes) const;
};

// Of the probes of all strengths the one that `score` likes best, of equals the weakest.
ClassProbe best_probe(const Tensor& train_ND, const std::vector<int32_t>& classes,
                      const std::function<double(const ClassProbe& probe)>& score, Comm& comm);

// By which strengths are compared: proper, so that it asks for honest probabilities; of what was held impossible, log
// 1e-6.
inline double log_likelihood(double p) {
  return std::log(std::max(p, 1e-6));
}

// f32 rows of a table in memory.
Tensor rows_of(const Tensor& table_ND, const std::vector<int64_t>& places);
std::span<const float> row_of(const Tensor& table_ND, int64_t place);
std::span<const float> numbers_of(const Tensor& table_ND);

}  // namespace weft
