// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/retrieval.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace weft {
namespace {

// Neighbours in a ranking with the same score, after `before` items of which `true_before` are true.
struct Tie {
  int64_t before = 0, true_before = 0;
  int64_t size = 0, true_size = 0;
};

// The sum of the precisions at the tie's true items, expected over the order within it: place j holds a true item with
// probability p/n, and then (j-1)(p-1)/(n-1) of the places before it do.
double expected_precision(const Tie& tie) {
  const auto n = static_cast<double>(tie.size), p = static_cast<double>(tie.true_size);
  const double others = tie.size > 1 ? (p - 1) / (n - 1) : 0;
  double sum = 0;
  for (int64_t j = 0; j < tie.size; ++j) {
    const double true_until = static_cast<double>(tie.true_before) + 1 + static_cast<double>(j) * others;
    sum += true_until / static_cast<double>(tie.before + j + 1);
  }
  return sum * p / n;
}

// The first true one of n items in random order, p of them true, stands at this place, from 1.
double expected_first(int64_t n, int64_t p) {
  return static_cast<double>(n + 1) / static_cast<double>(p + 1);
}

// The ties that hold a true item, from the best score down.
std::vector<Tie> ties_of(std::span<const float> scores, const std::vector<int64_t>& true_items) {
  std::vector<float> levels;  // the scores of true items, descending
  for (const int64_t item : true_items) levels.push_back(scores[static_cast<size_t>(item)]);
  std::sort(levels.begin(), levels.end(), std::greater<>());
  std::vector<Tie> ties;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (i == 0 || levels[i] != levels[i - 1]) ties.push_back({.true_before = static_cast<int64_t>(i)});
    ++ties.back().true_size;
  }
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  for (const float score : scores) {
    if (score < levels.back()) continue;
    const auto level = std::lower_bound(levels.begin(), levels.end(), score, std::greater<>());
    Tie& tie = ties[static_cast<size_t>(level - levels.begin())];
    ++(score == *level ? tie.size : tie.before);
  }
  for (size_t i = 1; i < ties.size(); ++i) ties[i].before += ties[i - 1].before + ties[i - 1].size;
  return ties;
}

double average_precision(const std::vector<Tie>& ties, int64_t positives) {
  double sum = 0;
  for (const Tie& tie : ties) sum += expected_precision(tie);
  return sum / static_cast<double>(positives);
}

void check_scores(std::span<const float> scores, int64_t query) {
  for (size_t i = 0; i < scores.size(); ++i)
    check(!std::isnan(scores[i]), "retrieval: the score of candidate ", i, " for query ", query,
          " is not a number; has the training diverged?");
}

}  // namespace

void rank_queries(std::span<const float> scores, int64_t candidates, int64_t first,
                  const std::vector<std::vector<int64_t>>& truth, std::span<const int> recall_at, Ranking& into) {
  for (const int k : recall_at) {
    check(k >= 1, "retrieval: recall at ", k, "; wanted at least 1");
    into.hit[k], into.chance_hit[k];
  }
  if (candidates == 0) return;
  const auto width = static_cast<size_t>(candidates);
  WEFT_ASSERT(scores.size() % width == 0 && static_cast<size_t>(first) + scores.size() / width <= truth.size());
  for (size_t row = 0; row < scores.size() / width; ++row) {
    const int64_t query = first + static_cast<int64_t>(row);
    std::vector<int64_t> true_items = truth[static_cast<size_t>(query)];
    const std::span<const float> of_query = scores.subspan(row * width, width);
    check_scores(of_query, query);
    if (true_items.empty()) continue;
    std::sort(true_items.begin(), true_items.end());
    true_items.erase(std::unique(true_items.begin(), true_items.end()), true_items.end());
    check(true_items.front() >= 0 && true_items.back() < candidates, "retrieval: candidate ",
          true_items.front() < 0 ? true_items.front() : true_items.back(), ", true of query ", query, ", is none of ",
          candidates);
    const auto positives = static_cast<int64_t>(true_items.size());
    const std::vector<Tie> ties = ties_of(of_query, true_items);
    const Tie& best = ties.front();
    into.queries.push_back(query);
    into.average_precision.push_back(average_precision(ties, positives));
    into.chance.push_back(chance_average_precision(positives, candidates));
    into.first_place.push_back(static_cast<double>(best.before) + expected_first(best.size, best.true_size));
    into.chance_first_place.push_back(expected_first(candidates, positives));
    for (auto& [k, values] : into.hit)
      values.push_back(k <= best.before ? 0 : hit_probability(k - best.before, best.size, best.true_size));
    for (auto& [k, values] : into.chance_hit) values.push_back(hit_probability(k, candidates, positives));
  }
}

double chance_average_precision(int64_t positives, int64_t candidates) {
  WEFT_ASSERT(positives >= 1 && positives <= candidates);
  return expected_precision({.size = candidates, .true_size = positives}) / static_cast<double>(positives);
}

double hit_probability(int64_t k, int64_t n, int64_t p) {
  double miss = 1;
  for (int64_t place = 0; place < std::min(k, n); ++place)
    miss *= static_cast<double>(std::max<int64_t>(n - p - place, 0)) / static_cast<double>(n - place);
  return 1 - miss;
}

}  // namespace weft
