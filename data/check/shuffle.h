// SPDX-License-Identifier: Apache-2.0
// Whether batches mix a dataset as chance would.  A group of m among n samples, drawn without replacement in batches of
// b, has m (m - 1) / 2 pairs, each of which meets in a batch with probability (b - 1) / (n - 1).  The ratio of the
// pairs that met to those expected is 1 for a true shuffle and above it where the order leaves neighbours together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/store.h"

namespace weft {

struct ShuffleStatistics {
  int64_t batch = 0, batches = 0, epochs = 0;
  struct Collisions {
    std::string what;              // "group", "shard"
    double met = 0, expected = 0;  // pairs a batch
    double deviation = 0;          // of `met`, over batches: standard error of the mean
    double ratio() const { return expected > 0 ? met / expected : 1; }
  };
  std::vector<Collisions> collisions;
};
ShuffleStatistics shuffle_statistics(const Store& store, int64_t batch);

}  // namespace weft
