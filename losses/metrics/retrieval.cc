// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/retrieval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

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
  if (tie.true_size == 0) return 0;
  const auto n = static_cast<double>(tie.size), p = static_cast<double>(tie.true_size);
  const double others = tie.size > 1 ? (p - 1) / (n - 1) : 0;
  double sum = 0;
  for (int64_t j = 0; j < tie.size; ++j) {
    const double true_until = static_cast<double>(tie.true_before) + 1 + static_cast<double>(j) * others;
    sum += true_until / static_cast<double>(tie.before + j + 1);
  }
  return sum * p / n;
}

// Of n items in random order, p of them true: the probability that the first k hold a true one.
double hit_probability(int64_t k, int64_t n, int64_t p) {
  double miss = 1;
  for (int64_t place = 0; place < std::min(k, n); ++place)
    miss *= static_cast<double>(std::max<int64_t>(n - p - place, 0)) / static_cast<double>(n - place);
  return 1 - miss;
}

struct Item {
  float score;
  bool is_true;
};

std::vector<Tie> ties_of(std::vector<Item>& items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.score > b.score; });
  std::vector<Tie> ties;
  Tie tie;
  for (size_t i = 0; i < items.size(); ++i) {
    ++tie.size;
    tie.true_size += items[i].is_true;
    if (i + 1 < items.size() && items[i + 1].score == items[i].score) continue;
    ties.push_back(tie);
    tie = {.before = tie.before + tie.size, .true_before = tie.true_before + tie.true_size};
  }
  return ties;
}

double average_precision(const std::vector<Tie>& ties, int64_t positives) {
  double sum = 0;
  for (const Tie& tie : ties) sum += expected_precision(tie);
  return sum / static_cast<double>(positives);
}

double hit(const std::vector<Tie>& ties, int64_t k) {
  for (const Tie& tie : ties)
    if (tie.true_size > 0) return k <= tie.before ? 0 : hit_probability(k - tie.before, tie.size, tie.true_size);
  return 0;
}

// Query q's candidate c has the score scores[q * query_stride + c * candidate_stride].
struct Direction {
  int64_t queries, candidates, query_stride, candidate_stride;
};

Ranking judge(std::span<const float> scores, const Direction& d, const std::vector<std::vector<int64_t>>& truth,
              std::span<const int> recall_at) {
  Ranking ranking;
  for (const int k : recall_at) ranking.hit[k], ranking.chance_hit[k];
  std::vector<Item> items(static_cast<size_t>(d.candidates));
  for (int64_t q = 0; q < d.queries; ++q) {
    const std::vector<int64_t>& true_items = truth[static_cast<size_t>(q)];
    if (true_items.empty()) continue;
    for (int64_t c = 0; c < d.candidates; ++c)
      items[static_cast<size_t>(c)] = {scores[static_cast<size_t>(q * d.query_stride + c * d.candidate_stride)], false};
    for (const int64_t c : true_items) items[static_cast<size_t>(c)].is_true = true;
    const std::vector<Tie> ties = ties_of(items);
    const auto positives = ties.back().true_before + ties.back().true_size;
    ranking.queries.push_back(q);
    ranking.average_precision.push_back(average_precision(ties, positives));
    ranking.chance.push_back(chance_average_precision(positives, d.candidates));
    for (auto& [k, values] : ranking.hit) values.push_back(hit(ties, k));
    for (auto& [k, values] : ranking.chance_hit) values.push_back(hit_probability(k, d.candidates, positives));
  }
  return ranking;
}

// With linear interpolation between neighbours; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Retrieval judge_retrieval(std::span<const float> scores, int64_t images, int64_t texts, std::span<const TruePair> truth,
                          std::span<const int> recall_at) {
  check(images >= 0 && texts >= 0 && scores.size() == static_cast<size_t>(images * texts), "retrieval: ", scores.size(),
        " scores for ", images, " images and ", texts, " texts; wanted one for each pair");
  for (size_t i = 0; i < scores.size(); ++i)
    check(!std::isnan(scores[i]), "retrieval: the score of image ", i / static_cast<size_t>(texts), " and text ",
          i % static_cast<size_t>(texts), " is not a number; has the training diverged?");
  for (const int k : recall_at) check(k >= 1, "retrieval: recall at ", k, "; wanted at least 1");
  std::vector<std::vector<int64_t>> images_of(static_cast<size_t>(texts)), texts_of(static_cast<size_t>(images));
  for (const TruePair& pair : truth) {
    check(pair.image >= 0 && pair.image < images && pair.text >= 0 && pair.text < texts, "retrieval: the true pair (",
          pair.image, ", ", pair.text, ") lies outside ", images, " images and ", texts, " texts");
    images_of[static_cast<size_t>(pair.text)].push_back(pair.image);
    texts_of[static_cast<size_t>(pair.image)].push_back(pair.text);
  }
  return {.text_to_image = judge(scores, {texts, images, 1, texts}, images_of, recall_at),
          .image_to_text = judge(scores, {images, texts, texts, 1}, texts_of, recall_at)};
}

double chance_average_precision(int64_t positives, int64_t candidates) {
  WEFT_ASSERT(positives >= 1 && positives <= candidates);
  return expected_precision({.size = candidates, .true_size = positives}) / static_cast<double>(positives);
}

double mean_of(std::span<const double> values) {
  check(!values.empty(), "retrieval: the mean of no values; does any query have a true item?");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Interval bootstrap_mean(std::span<const double> values, uint64_t seed, int resamples) {
  WEFT_ASSERT(resamples >= 1);
  Interval interval{.mean = mean_of(values)};
  std::vector<double> means(static_cast<size_t>(resamples));
  for (size_t r = 0; r < means.size(); ++r) {
    Stream stream(seed, Purpose::bootstrap, 0, r);
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[stream.below(values.size())];
    means[r] = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  interval.low = percentile(means, 0.025);
  interval.high = percentile(means, 0.975);
  return interval;
}

Interval paired_bootstrap(std::span<const double> ours, std::span<const double> theirs, uint64_t seed, int resamples) {
  check(ours.size() == theirs.size(), "retrieval: ", ours.size(), " values of ours against ", theirs.size(),
        " of theirs; a paired comparison wants the same queries on both sides");
  std::vector<double> differences(ours.size());
  for (size_t i = 0; i < ours.size(); ++i) differences[i] = ours[i] - theirs[i];
  return bootstrap_mean(differences, seed, resamples);
}

}  // namespace weft
