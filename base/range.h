// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace weft {

struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

// The part [begin, end) of `count` items that belongs to `rank`: contiguous, sizes differ by at most one.
Range share_of(int64_t count, int rank, int size);

}  // namespace weft
