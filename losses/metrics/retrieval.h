// SPDX-License-Identifier: Apache-2.0
// How well scores rank what is true: every text asks for its images, or every image for its texts.
//   average precision = mean, over a query's true items, of the precision at that item's place (no interpolation)
//   hit at k          = is any true item among the first k: recall@k as CLIP's literature has it, many to many
//   first place       = where the first true item stands, from 1
// Equal scores stand in random order: each figure is its exact expectation over that order, so a model that scores
// everything alike gets exactly the figures of chance.  Without ties the first is scikit-learn's
// average_precision_score, and the others are open_clip's where each query has one true item (docs/METRICS.md).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace weft {

// One direction.  The vectors have one value per judged query, in the order of `queries`.
struct Ranking {
  std::vector<int64_t> queries;                         // those with at least one true item, ascending
  std::vector<double> average_precision, chance;        // in (0, 1]; and what is expected of a random order
  std::vector<double> first_place, chance_first_place;  // expected place
  std::map<int, std::vector<double>> hit, chance_hit;   // by k: probability
};

// Judges the queries first, first + 1, ... by `scores`, [queries, candidates] row by row, and appends their figures.
// truth[q] are the candidates that are true of query q; one without any cannot be judged and is left out.  An Error
// names a score that is no number or a candidate that is out of range.
void rank_queries(std::span<const float> scores, int64_t candidates, int64_t first,
                  const std::vector<std::vector<int64_t>>& truth, std::span<const int> recall_at, Ranking& into);

// sum over places j = 1 .. n of (p/n) * (1 + (j-1)(p-1)/(n-1)) / j, divided by p: the average precision of n items in
// random order of which p are true.
double chance_average_precision(int64_t positives, int64_t candidates);

// Of n items in random order, p of them true: the probability that the first k hold a true one.
double hit_probability(int64_t k, int64_t n, int64_t p);

}  // namespace weft
