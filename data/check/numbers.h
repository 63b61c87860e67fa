// SPDX-License-Identifier: Apache-2.0
// Numbers that say how other numbers lie.
#pragma once

#include <cstddef>
#include <vector>

namespace weft {

// Of sorted values the linear interpolation between the two around place (n - 1) q, as NumPy's default; all 0 of none.
struct Quantiles {
  size_t count = 0;
  double least = 0, p05 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, most = 0, mean = 0;
};
Quantiles quantiles_of(std::vector<double> values);
double quantile(const std::vector<double>& sorted, double share);  // 0 of none

// How often something is true, with Wilson's score interval of 95 % (Wilson, 1927; z = 1.959964):
//   (k + z^2/2) / (n + z^2)  -+  z / (n + z^2) sqrt(k (n - k) / n + z^2 / 4).
struct Share {
  size_t hits = 0, of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
  double low() const;   // 0 where nothing was counted
  double high() const;  // 1 where nothing was counted
};

}  // namespace weft
