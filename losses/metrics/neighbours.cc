// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/neighbours.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace weft {

std::vector<std::vector<float>> neighbour_votes(std::span<const float> similarities, std::span<const int32_t> classes,
                                                int32_t num_classes, std::span<const int> counts) {
  WEFT_ASSERT(similarities.size() == classes.size() && !similarities.empty() && !counts.empty());
  for (const float similarity : similarities)
    check(!std::isnan(similarity), "neighbours: a similarity is not a number; has the training diverged?");
  std::vector<size_t> order(similarities.size());
  std::iota(order.begin(), order.end(), 0);
  const size_t most = std::min(order.size(), static_cast<size_t>(counts.back()));
  std::partial_sort(order.begin(), order.begin() + static_cast<long>(most), order.end(), [&](size_t a, size_t b) {
    return similarities[a] != similarities[b] ? similarities[a] > similarities[b] : a < b;
  });
  const double nearest = similarities[order[0]];
  std::vector<double> votes(static_cast<size_t>(num_classes));
  std::vector<std::vector<float>> shares;
  double sum = 0;
  size_t counted = 0;
  for (const int count : counts) {
    for (; counted < std::min(most, static_cast<size_t>(count)); ++counted) {
      const size_t item = order[counted];
      const double vote = std::exp((similarities[item] - nearest) / kVoteTemperature);
      votes[static_cast<size_t>(classes[item])] += vote;
      sum += vote;
    }
    std::vector<float>& of_count = shares.emplace_back();
    for (const double vote : votes) of_count.push_back(static_cast<float>(vote / sum));
  }
  return shares;
}

}  // namespace weft
