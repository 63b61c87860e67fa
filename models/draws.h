// SPDX-License-Identifier: Apache-2.0
// What a forward draws: which patches an image keeps (patch dropout, FLIP, Li et al., arXiv 2212.00794) and which
// branches of its blocks (stochastic depth, Huang et al., arXiv 1603.09382).
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/tensor.h"

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

  Stream stream(Purpose purpose, int64_t row) const;
};

// Of `images` rows of `leading` + `patches` tokens, laid one after another: which stay, i64.  The leading tokens stay;
// of the patches of each image max(1, floor(patches (1 - dropout))) do, in their order.
Tensor kept_tokens(const Draws& draws, int64_t images, int64_t leading, int64_t patches, double dropout);

// Factors on the two branches of each block, f32 [layers, 2, rows]: 0 where a row goes past the branch, else 1 / (1 -
// p), where p rises linearly from 0 at the first block to `most` at the last.
Tensor branch_factors(const Draws& draws, Purpose purpose, int64_t layers, int64_t rows, double most);

}  // namespace weft
