// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/comm.h"
#include "base/tensor.h"

namespace weft {

// `mine` holds this rank's share_of(world_rows) rows, f32 [share, D].  Every rank gets all rows in order, [world_rows,
// D], without a graph.  Of several ranks, each has its rows on the host.
Tensor gather_rows(const Tensor& mine, int64_t world_rows, Comm& comm);

}  // namespace weft
