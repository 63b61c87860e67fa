// SPDX-License-Identifier: Apache-2.0
#include "data/formats/raster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace weft {
namespace {

float percentile(std::vector<float>& values, double share) {
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto lower = values.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(values.begin(), lower, values.end());
  if (lower + 1 == values.end()) return *lower;
  const float upper = *std::min_element(lower + 1, values.end());
  return static_cast<float>(*lower + (rank - std::floor(rank)) * (static_cast<double>(upper) - *lower));
}

}  // namespace

Window percentile_window(std::vector<float> values) {
  std::erase_if(values, [](float value) { return !std::isfinite(value); });
  if (values.empty()) return {};
  const float low = percentile(values, 0.005);
  return {low, percentile(values, 0.995)};
}

}  // namespace weft
