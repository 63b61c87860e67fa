// SPDX-License-Identifier: Apache-2.0
// Calibration as the report wants it: both kinds of bins, and the error of each.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "losses/metrics/calibration.h"

namespace weft {

constexpr int kCalibrationBins = 15;

struct Calibration {
  double error_wide = 0, error_even = 0;
  nlohmann::ordered_json bins;  // {"equal_width": [{p, outcome, items}], "equal_mass": [...]}
};

inline Calibration calibrate(std::span<const Forecast> forecasts) {
  Calibration calibration;
  for (const auto& [kind, name, error] : {std::tuple(Bins::equal_width, "equal_width", &calibration.error_wide),
                                          std::tuple(Bins::equal_mass, "equal_mass", &calibration.error_even)}) {
    const auto bins = reliability(forecasts, kind, kCalibrationBins);
    *error = expected_calibration_error(bins);
    for (const ReliabilityBin& bin : bins)
      calibration.bins[name].push_back({{"p", bin.p}, {"outcome", bin.outcome}, {"items", bin.items}});
  }
  return calibration;
}

}  // namespace weft
