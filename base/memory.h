// SPDX-License-Identifier: Apache-2.0
// Memory for arrays that are walked through once a step: on 2 MiB pages where the system grants them, because a walk
// through 4 KiB pages looks each of them up.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace weft {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using Array = std::unique_ptr<T[], FreeMemory>;

// Zeros, aligned to 64 bytes at least.  Throws std::bad_alloc.
void* allocate_zeros(size_t bytes);

template <class T>
Array<T> zeros(size_t count) {
  return Array<T>(static_cast<T*>(allocate_zeros(count * sizeof(T))));
}

}  // namespace weft
