// SPDX-License-Identifier: Apache-2.0
// Means and medians over queries, concepts or images, and how far another draw of them might move those.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

double mean_of(std::span<const double> values);
double median_of(std::span<const double> values);  // of an even number, the mean of the two in the middle

// A figure over values, and where the middle 95 % of the same figure of resampled values lie (with replacement,
// percentiles by linear interpolation).
struct Interval {
  double mean = 0, low = 0, high = 0;
};

using Statistic = double (*)(std::span<const double> values);
constexpr int kResamples = 10000;
// Several figures over the same items, their values by item, are resampled together: to draw is what takes time.
struct Sampled {
  std::span<const double> values;
  Statistic statistic;
};
std::vector<Interval> bootstrap(std::span<const Sampled> figures, uint64_t seed, int resamples = kResamples);
Interval bootstrap_mean(std::span<const double> values, uint64_t seed, int resamples = kResamples);
// Of ours - theirs, query by query: what varies between queries but not between models cancels.
Interval paired_bootstrap(std::span<const double> ours, std::span<const double> theirs, uint64_t seed,
                          int resamples = kResamples);

}  // namespace weft
