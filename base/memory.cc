// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace weft {

void* allocate_zeros(size_t bytes) {
  constexpr size_t kLine = 64, kHuge = size_t{2} << 20;
  const size_t align = bytes < kHuge ? kLine : kHuge;
  const size_t padded = (bytes + align - 1) / align * align;
  void* memory = std::aligned_alloc(align, padded);
  if (memory == nullptr && padded > 0) throw std::bad_alloc();
  if (align == kHuge) ::madvise(memory, padded, MADV_HUGEPAGE);  // a wish: where it is refused, small pages do
  if (padded > 0) std::memset(memory, 0, padded);
  return memory;
}

}  // namespace weft
