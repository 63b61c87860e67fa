// SPDX-License-Identifier: Apache-2.0
// Hashes that differ in at most k of 64 bits are equal in one of k + 1 bands of bits, so only samples that share a band
// are compared.
#include "data/check/twins.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>
#include <unordered_map>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kLeastCorrelation = 0.98;
constexpr size_t kMostCompared = 2000;  // with one sample in one band

double correlation_of(const PictureFacts& a, const PictureFacts& b) {
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.miniature.size(); ++i) {
    const double x = a.miniature[i], y = b.miniature[i];
    sum_a += x, sum_b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  const auto n = static_cast<double>(a.miniature.size());
  const double scale = std::sqrt(std::max(0.0, aa - sum_a * sum_a / n) * std::max(0.0, bb - sum_b * sum_b / n));
  return scale > 0 ? (ab - sum_a * sum_b / n) / scale : 0;
}

struct Band {
  int first, bits;
  uint64_t of(uint64_t hash) const { return hash >> first & ((uint64_t{1} << bits) - 1); }
};

std::vector<Band> bands(int count) {
  std::vector<Band> all;
  for (int i = 0; i < count; ++i) all.push_back({64 * i / count, 64 * (i + 1) / count - 64 * i / count});
  return all;
}

class Search {
 public:
  Search(const std::vector<PictureFacts>& facts, int most_bits) : facts_(facts), most_bits_(most_bits) {}

  void compare_equal_pixels() {
    std::unordered_map<uint64_t, uint32_t> first;
    for (uint32_t i = 0; i < facts_.size(); ++i) {
      if (!facts_[i].damage.empty()) continue;
      const auto [place, is_new] = first.try_emplace(facts_[i].pixels, i);
      if (!is_new) twins.push_back({.a = place->second, .b = i, .is_equal = true});
    }
  }

  void compare_band(const std::vector<Band>& all, size_t which) {
    std::vector<std::pair<uint64_t, uint32_t>> order;
    for (uint32_t i = 0; i < facts_.size(); ++i)
      if (facts_[i].damage.empty() && !facts_[i].is_flat) order.emplace_back(all[which].of(facts_[i].difference), i);
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i)
      for (size_t k = i + 1; k < order.size() && order[k].first == order[i].first; ++k) {
        if (k - i > kMostCompared) {
          complete = false;
          break;
        }
        compare(order[i].second, order[k].second, all, which);
      }
  }

  std::vector<Twin> twins;
  bool complete = true;

 private:
  void compare(uint32_t a, uint32_t b, const std::vector<Band>& all, size_t which) {
    const uint64_t differ = facts_[a].difference ^ facts_[b].difference;
    const int bits = std::popcount(differ);
    if (bits > most_bits_ || facts_[a].pixels == facts_[b].pixels) return;
    for (size_t before = 0; before < which; ++before)
      if (all[before].of(differ) == 0) return;  // they met in that band
    const double correlation = correlation_of(facts_[a], facts_[b]);
    if (correlation >= kLeastCorrelation) twins.push_back({.a = a, .b = b, .bits = bits, .correlation = correlation});
  }

  const std::vector<PictureFacts>& facts_;
  int most_bits_;
};

}  // namespace

TwinStatistics find_twins(const Store& store, const std::vector<PictureFacts>& facts,
                          const std::vector<std::string>& split_of, int most_bits, size_t most_pairs) {
  WEFT_ASSERT(facts.size() == store.size() && split_of.size() == store.size());
  Search search(facts, most_bits);
  search.compare_equal_pixels();
  const std::vector<Band> all = bands(most_bits + 1);
  for (size_t which = 0; which < all.size(); ++which) search.compare_band(all, which);

  TwinStatistics found;
  found.complete = search.complete;
  for (const PictureFacts& one : facts) found.flat += one.damage.empty() && one.is_flat;
  for (Twin& twin : search.twins) {
    twin.split_a = split_of[twin.a], twin.split_b = split_of[twin.b];
    twin.same_group = store.info(twin.a).group == store.info(twin.b).group;
    ++(twin.is_equal ? found.equal : found.alike);
    if (twin.leaks()) ++found.leaking;
    if (!twin.leaks() && !twin.same_group) ++found.between_groups;
  }
  std::sort(search.twins.begin(), search.twins.end(), [](const Twin& x, const Twin& y) {
    return std::tuple(!x.leaks(), !x.is_equal, x.same_group, x.bits, x.a, x.b) <
           std::tuple(!y.leaks(), !y.is_equal, y.same_group, y.bits, y.a, y.b);
  });
  if (search.twins.size() > most_pairs) search.twins.resize(most_pairs);
  found.pairs = std::move(search.twins);
  return found;
}

}  // namespace weft
