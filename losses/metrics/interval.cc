// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/interval.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace weft {
namespace {

// With linear interpolation between neighbours; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

double mean_of(std::span<const double> values) {
  check(!values.empty(), "metrics: the mean of no values; is anything true of what was judged?");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median_of(std::span<const double> values) {
  check(!values.empty(), "metrics: the median of no values; is anything true of what was judged?");
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<long>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  return (*std::max_element(sorted.begin(), middle) + *middle) / 2;
}

std::vector<Interval> bootstrap(std::span<const Sampled> figures, uint64_t seed, int resamples) {
  WEFT_ASSERT(resamples >= 1);
  std::vector<Interval> intervals;
  for (const Sampled& figure : figures) {
    WEFT_ASSERT(figure.values.size() == figures[0].values.size());
    intervals.push_back({.mean = figure.statistic(figure.values)});
  }
  const size_t items = figures.empty() ? 0 : figures[0].values.size();
  std::vector<std::vector<double>> of_resamples(figures.size(), std::vector<double>(static_cast<size_t>(resamples)));
  std::vector<size_t> drawn(items);
  std::vector<double> values(items);
  for (size_t r = 0; r < static_cast<size_t>(resamples); ++r) {
    Stream stream(seed, Purpose::bootstrap, 0, r);
    for (size_t& item : drawn) item = stream.below(items);
    for (size_t f = 0; f < figures.size(); ++f) {
      for (size_t i = 0; i < items; ++i) values[i] = figures[f].values[drawn[i]];
      of_resamples[f][r] = figures[f].statistic(values);
    }
  }
  for (size_t f = 0; f < figures.size(); ++f) {
    std::sort(of_resamples[f].begin(), of_resamples[f].end());
    intervals[f].low = percentile(of_resamples[f], 0.025);
    intervals[f].high = percentile(of_resamples[f], 0.975);
  }
  return intervals;
}

Interval bootstrap_mean(std::span<const double> values, uint64_t seed, int resamples) {
  const Sampled figure{values, mean_of};
  return bootstrap({&figure, 1}, seed, resamples)[0];
}

Interval paired_bootstrap(std::span<const double> ours, std::span<const double> theirs, uint64_t seed, int resamples) {
  check(ours.size() == theirs.size(), "metrics: ", ours.size(), " values of ours against ", theirs.size(),
        " of theirs; a paired comparison wants the same queries on both sides");
  std::vector<double> differences(ours.size());
  for (size_t i = 0; i < ours.size(); ++i) differences[i] = ours[i] - theirs[i];
  return bootstrap_mean(differences, seed, resamples);
}

}  // namespace weft
