// SPDX-License-Identifier: Apache-2.0
// Work of an evaluation, shared out over ranks.  Rows are cut into blocks on a grid that depends on the table alone,
// and each rank takes a run of whole blocks.  So every product is computed in the same shape whatever the number of
// ranks, and its numbers have the same bits (for the same number of threads a rank).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/comm.h"
#include "base/tensor.h"

namespace weft {

// The blocks [begin, end) that belong to this rank, as rows.
std::vector<Range> my_blocks(int64_t rows, int64_t block, const Comm& comm);

// `mine`: what was made of each of my_blocks, [its rows, width], f32 or f64.  Every rank gets all rows, in order; there
// must be some.
Tensor gather_blocks(const std::vector<Tensor>& mine, int64_t rows, int64_t block, Comm& comm);

// The numbers of all ranks, one rank after the other.
std::vector<double> gather_numbers(const std::vector<double>& mine, Comm& comm);

// Cosines of this rank's queries and all candidates, a few queries at a time: scores is f32 [queries, candidates] of
// queries first, first + 1, ...  Memory is that of one tile, at most 16 MiB or one query.
using JudgeTile = std::function<void(int64_t first, std::span<const float> scores)>;
void for_my_tiles(const Tensor& query_QD, const Tensor& candidate_CD, const Comm& comm, const JudgeTile& judge);

}  // namespace weft
