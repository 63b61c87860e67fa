// SPDX-License-Identifier: Apache-2.0
// Is what is forecast with probability p true in a share p of the cases?
//   ECE = sum over bins of (items / all) * |mean outcome - mean p|          (Naeini et al. 2015; Guo et al. 2017)
// Bins of equal width, (0, 1/n], (1/n, 2/n], ..., or of equal mass, between the percentiles 100 i / n of p: those of
// scikit-learn's calibration_curve ("uniform", "quantile").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct Forecast {
  double p;        // in [0, 1]
  double outcome;  // 1 true, 0 false, or between
};

struct ReliabilityBin {
  int64_t items = 0;
  double p = 0, outcome = 0;  // means
};

enum class Bins { equal_width, equal_mass };
std::vector<ReliabilityBin> reliability(std::span<const Forecast> forecasts, Bins kind, int bins);  // those with items

double expected_calibration_error(std::span<const ReliabilityBin> bins);
double brier_score(std::span<const Forecast> forecasts);  // mean of (p - outcome)^2

}  // namespace weft
