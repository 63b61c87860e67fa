// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace weft {

// body(0), ..., body(count - 1), spread over the threads on which LibTorch computes, in runs of neighbours.  Threads of
// our own beside them would fight: OpenMP's wait by spinning.
void in_parallel(int64_t count, const std::function<void(int64_t)>& body);

}  // namespace weft
