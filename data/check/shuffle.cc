// SPDX-License-Identifier: Apache-2.0
#include "data/check/shuffle.h"

#include <cmath>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "data/stratum.h"

namespace weft {
namespace {

constexpr int64_t kMostBatches = 2000;
constexpr uint32_t kNeighbours = 64;  // samples that were stored behind each other

double pairs(double count) {
  return count * (count - 1) / 2;
}

// Samples that belong together, by the number of what they share.
struct Grouping {
  std::string what;
  std::vector<uint64_t> of;
};

std::vector<Grouping> groupings(const Store& store, const std::vector<uint32_t>& samples) {
  Grouping groups{"group", {}}, classes{"first text", {}}, places{join("run of ", kNeighbours, " stored samples"), {}};
  for (const uint32_t sample : samples) {
    groups.of.push_back(hash64(store.info(sample).group));
    uint64_t first = uint64_t{1} << 40 | sample;  // one that is alone
    for (const TextStatement& said : store.texts(sample))
      if (said.kind == Kind::pos && first > said.row) first = said.row;
    classes.of.push_back(first);
    places.of.push_back(sample / kNeighbours);
  }
  return {groups, classes, places};
}

}  // namespace

ShuffleStatistics shuffle_statistics(const Store& store, int64_t batch) {
  const std::vector<uint32_t> samples = store.split("train");
  const auto n = static_cast<int64_t>(samples.size());
  check(batch >= 2 && batch <= n, store.folder().string(), ": a shuffle is examined by batches of 2 to ", n,
        " samples (those of the split train), found ", batch);
  std::vector<std::vector<Pick>> units;
  for (uint32_t i = 0; i < samples.size(); ++i) units.push_back({{i, 0}});
  const Stratum order(std::move(units), 0, 0);

  ShuffleStatistics found{.batch = batch};
  const int64_t each = n / batch;  // whole batches of a round
  found.epochs = std::max<int64_t>(1, std::min<int64_t>(50, kMostBatches / each));
  found.batches = std::min(kMostBatches, found.epochs * each);
  for (const Grouping& grouping : groupings(store, samples)) {
    std::map<uint64_t, double> sizes;
    for (const uint64_t of : grouping.of) ++sizes[of];
    ShuffleStatistics::Collisions collisions{.what = grouping.what};
    for (const auto& [of, size] : sizes) collisions.expected += pairs(size);
    collisions.expected *= pairs(static_cast<double>(batch)) / pairs(static_cast<double>(n));
    double sum = 0, squares = 0;
    for (int64_t number = 0; number < found.batches; ++number) {
      const int64_t begin = number / each * n + number % each * batch;
      std::unordered_map<uint64_t, double> met;
      for (int64_t slot = 0; slot < batch; ++slot) ++met[grouping.of[order.at(begin + slot).sample]];
      double together = 0;
      for (const auto& [of, count] : met) together += pairs(count);
      sum += together, squares += together * together;
    }
    const auto batches = static_cast<double>(found.batches);
    collisions.met = sum / batches;
    collisions.deviation = std::sqrt(std::max(0.0, squares / batches - collisions.met * collisions.met) / batches);
    found.collisions.push_back(collisions);
  }
  return found;
}

}  // namespace weft
