// SPDX-License-Identifier: Apache-2.0
// Sums of several buffers in one fixed binary tree: the left half (n / 2 buffers, rounded down) plus the right half.
#pragma once

#include <cstdint>
#include <span>

namespace weft {

// to[i] = the tree's sum of from[0][i], from[1][i], ...; `to` may be one of them.  count is a multiple of 16.
void tree_sum(float* to, std::span<const float* const> from, int64_t count);

}  // namespace weft
