// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"

namespace weft {

Classified classify(std::span<const float> scores, int64_t item, int64_t truth, double scale) {
  WEFT_ASSERT(truth >= 0 && truth < static_cast<int64_t>(scores.size()));
  const float of_truth = scores[static_cast<size_t>(truth)];
  int64_t above = 0, equal = 0;
  for (const float score : scores) {
    check(!std::isnan(score), "classification: a score of image ", item,
          " is not a number; has the training diverged?");
    above += score > of_truth, equal += score == of_truth;
  }
  const auto among_first = [&](int64_t k) {
    return std::clamp(static_cast<double>(k - above) / static_cast<double>(equal), 0.0, 1.0);
  };
  const auto best = std::max_element(scores.begin(), scores.end());
  std::vector<double> p;
  double sum = 0;
  for (const float score : scores) sum += p.emplace_back(std::exp(scale * (double{score} - double{*best})));
  double brier = 0;
  for (size_t k = 0; k < p.size(); ++k) {
    const double off = p[k] / sum - (static_cast<int64_t>(k) == truth ? 1 : 0);
    brier += off * off;
  }
  return {.item = item,
          .truth = truth,
          .predicted = best - scores.begin(),
          .top1 = among_first(1),
          .top5 = among_first(5),
          .confidence = 1 / sum,
          .brier = brier};
}

std::vector<double> recall_of_classes(std::span<const Classified> items, int64_t classes) {
  std::vector<double> hits(static_cast<size_t>(classes)), counts(hits.size());
  for (const Classified& item : items)
    hits[static_cast<size_t>(item.truth)] += item.top1, counts[static_cast<size_t>(item.truth)] += 1;
  for (size_t k = 0; k < hits.size(); ++k) hits[k] = counts[k] == 0 ? -1 : hits[k] / counts[k];
  return hits;
}

std::vector<Confusion> confusions(std::span<const Classified> items) {
  std::map<std::pair<int64_t, int64_t>, size_t> places;
  std::vector<Confusion> list;
  for (const Classified& item : items) {
    if (item.predicted == item.truth) continue;
    const auto [place, is_new] = places.try_emplace({item.truth, item.predicted}, list.size());
    if (is_new) list.push_back({item.truth, item.predicted, 0});
    ++list[place->second].items;
  }
  std::stable_sort(list.begin(), list.end(), [](const Confusion& a, const Confusion& b) { return a.items > b.items; });
  return list;
}

}  // namespace weft
