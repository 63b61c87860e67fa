// SPDX-License-Identifier: Apache-2.0
// How well scores rank what is true: every text asks for its images, every image for its texts.
//   average precision = mean, over a query's true items, of the precision at that item's place (no interpolation)
// Equal scores stand in random order: each figure is its exact expectation over that order, so a model that scores
// everything alike gets exactly the figures of chance.  Without ties this is scikit-learn's average_precision_score.
// Queries with no true item cannot be judged and are left out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace weft {

struct TruePair {
  int64_t image, text;
};

// One direction.  The vectors have one value per judged query, in the order of `queries`.
struct Ranking {
  std::vector<int64_t> queries;                   // rows (or columns) with at least one true item, ascending
  std::vector<double> average_precision;          // in (0, 1]
  std::vector<double> chance;                     // the average precision expected of a random order
  std::map<int, std::vector<double>> hit;         // by k: the probability of any true item among the first k
  std::map<int, std::vector<double>> chance_hit;  // the same of a random order
};

struct Retrieval {
  Ranking text_to_image, image_to_text;
};

// `scores` is [images, texts], row by row.  An Error names a score that is no number or a pair that is out of range.
Retrieval judge_retrieval(std::span<const float> scores, int64_t images, int64_t texts, std::span<const TruePair> truth,
                          std::span<const int> recall_at);

// sum over places j = 1 .. n of (p/n) * (1 + (j-1)(p-1)/(n-1)) / j, divided by p: the average precision of n items in
// random order of which p are true.
double chance_average_precision(int64_t positives, int64_t candidates);

double mean_of(std::span<const double> values);

// The mean over queries, and where the middle 95 % of the means of resampled queries lie.
struct Interval {
  double mean = 0, low = 0, high = 0;
};

constexpr int kResamples = 10000;
Interval bootstrap_mean(std::span<const double> values, uint64_t seed, int resamples = kResamples);
// Of ours - theirs, query by query: what varies between queries but not between models cancels.
Interval paired_bootstrap(std::span<const double> ours, std::span<const double> theirs, uint64_t seed,
                          int resamples = kResamples);

}  // namespace weft
