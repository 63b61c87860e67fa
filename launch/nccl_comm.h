// SPDX-License-Identifier: Apache-2.0
// Ranks that compute on a GPU each.  Their flat buffers lie in its memory and travel by NCCL, on a stream beside the
// one that computes: reduce() and share() queue, and the computing stream waits for events, so the host waits for
// nothing. Everything else goes by the Comm that found the ranks, on the CPU.  launch/no_nccl.cc stands in without
// CUDA. NCCL adds in an order of its own: the sums are the same on every rank, but not those of another number of
// ranks.
#pragma once

#include <memory>

#include "base/comm.h"

namespace weft {

// On all ranks together; `control` outlives what is made.  `gpu` is the one that this thread uses.
std::unique_ptr<Comm> make_nccl_comm(Comm& control, int gpu, double deadline_seconds);

}  // namespace weft
