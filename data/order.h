// SPDX-License-Identifier: Apache-2.0
// What a step contains, in closed form: (seed, step, slot) -> sample and texts.  No state, no index in memory: resuming
// is knowing the step, and neither ranks nor threads matter.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batch.h"
#include "data/store.h"

namespace weft {

struct OrderSettings {
  int64_t global_batch = 0;
  int64_t texts_per_image = 1;
  bool by_group = false;  // an epoch visits every group once and draws one of its samples
  uint64_t seed = 0;
};

class Order {
 public:
  // `samples`: the split to draw from.  Error where a batch is larger than the number of samples (or groups).
  Order(const Store& store, const std::vector<uint32_t>& samples, const OrderSettings& settings);

  int64_t units() const { return static_cast<int64_t>(units_.size()); }  // samples or groups of an epoch
  uint32_t sample_at(int64_t step, int64_t slot) const;
  // The step's samples, its distinct texts (rows of the store's vocabulary, in order of first appearance) and cells.
  struct Plan {
    std::vector<uint32_t> samples;
    std::vector<uint32_t> text_rows;
    PairCells cells;
  };
  Plan plan(int64_t step) const;

 private:
  std::vector<uint32_t> draw_texts(uint32_t sample, int64_t step, int64_t slot) const;
  const Store& store_;
  OrderSettings settings_;
  std::vector<std::vector<uint32_t>> units_;
};

// The cells of `samples` x `text_rows`: POS is q = 1, NEG q = 0, SOFT p, each with its confidence as weight; an
// asserted UNKNOWN is a cell of weight 0.  Statements of several layers about one cell: their weighted mean, weights
// added.
PairCells cells_of(const Store& store, const std::vector<uint32_t>& samples, const std::vector<uint32_t>& text_rows);

}  // namespace weft
