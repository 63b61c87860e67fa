// SPDX-License-Identifier: Apache-2.0
#include "data/check/numbers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weft {
namespace {

double wilson(const Share& share, double sign) {
  constexpr double z = 1.959963984540054;
  const auto k = static_cast<double>(share.hits), n = static_cast<double>(share.of);
  const double middle = (k + z * z / 2) / (n + z * z);
  const double half = z / (n + z * z) * std::sqrt(k * (n - k) / n + z * z / 4);
  return std::clamp(middle + sign * half, 0.0, 1.0);
}

}  // namespace

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Quantiles quantiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) { return quantile(values, share); };
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {values.size(), values.front(), at(0.05),
          at(0.25),      at(0.5),        at(0.75),
          at(0.95),      values.back(),  sum / static_cast<double>(values.size())};
}

double Share::low() const {
  return of == 0 ? 0 : wilson(*this, -1);
}

double Share::high() const {
  return of == 0 ? 1 : wilson(*this, 1);
}

}  // namespace weft
