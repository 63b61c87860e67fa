// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

// The inner edges of the bins, ascending.
std::vector<double> edges_of(std::span<const Forecast> forecasts, Bins kind, int bins) {
  std::vector<double> sorted, edges;
  for (const Forecast& one : forecasts) sorted.push_back(one.p);
  std::sort(sorted.begin(), sorted.end());
  const size_t last = sorted.size() - 1, parts = static_cast<size_t>(bins);
  for (size_t i = 1; i < parts; ++i) {
    const size_t below = i * last / parts, above = std::min(below + 1, last);
    const double between = static_cast<double>(i * last % parts) / static_cast<double>(parts);
    edges.push_back(kind == Bins::equal_width ? static_cast<double>(i) / static_cast<double>(parts)
                                              : sorted[below] + between * (sorted[above] - sorted[below]));
  }
  return edges;
}

}  // namespace

std::vector<ReliabilityBin> reliability(std::span<const Forecast> forecasts, Bins kind, int bins) {
  WEFT_ASSERT(bins >= 1);
  if (forecasts.empty()) return {};
  const std::vector<double> edges = edges_of(forecasts, kind, bins);
  std::vector<ReliabilityBin> found(static_cast<size_t>(bins));
  for (const Forecast& one : forecasts) {
    WEFT_ASSERT(one.p >= 0 && one.p <= 1 + 1e-9);
    ReliabilityBin& bin =
        found[static_cast<size_t>(std::lower_bound(edges.begin(), edges.end(), one.p) - edges.begin())];
    ++bin.items, bin.p += one.p, bin.outcome += one.outcome;
  }
  std::erase_if(found, [](const ReliabilityBin& bin) { return bin.items == 0; });
  for (ReliabilityBin& bin : found)
    bin.p /= static_cast<double>(bin.items), bin.outcome /= static_cast<double>(bin.items);
  return found;
}

double expected_calibration_error(std::span<const ReliabilityBin> bins) {
  double sum = 0, items = 0;
  for (const ReliabilityBin& bin : bins) {
    sum += static_cast<double>(bin.items) * std::abs(bin.outcome - bin.p);
    items += static_cast<double>(bin.items);
  }
  return items == 0 ? 0 : sum / items;
}

double brier_score(std::span<const Forecast> forecasts) {
  double sum = 0;
  for (const Forecast& one : forecasts) sum += (one.p - one.outcome) * (one.p - one.outcome);
  return forecasts.empty() ? 0 : sum / static_cast<double>(forecasts.size());
}

}  // namespace weft
