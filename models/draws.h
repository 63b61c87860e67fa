// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

// What a forward may draw from: streams of (seed, purpose, step, place of a row in the world's step), so that a forward
// that is repeated for the backward, or cut by another micro-batch or number of ranks, draws the same.  Draws{} draws
// nothing.
struct Draws {
  bool training = false;
  uint64_t seed = 0;
  int64_t step = 0;
  int64_t first = 0;          // place of the first row
  std::vector<int64_t> rows;  // where rows do not follow one another: how far from `first` each is

  int64_t place(int64_t row) const { return first + (rows.empty() ? row : rows[static_cast<size_t>(row)]); }
};

}  // namespace weft
