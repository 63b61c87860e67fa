// SPDX-License-Identifier: Apache-2.0
// at::parallel_for is a template that is serial in code compiled without -fopenmp, as ours is; a TensorIterator's loop
// lives in LibTorch, whose threads are OpenMP's.
#include "losses/parallel.h"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

namespace weft {

void in_parallel(int64_t count, const std::function<void(int64_t)>& body) {
  if (count == 0) return;
  at::Tensor places = at::empty({count}, at::kByte);
  auto iterator = at::TensorIterator::nullary_op(places);
  const auto* const first = static_cast<const char*>(places.data_ptr());
  const auto loop = [&](char** at, const int64_t* strides, int64_t columns, int64_t rows) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) body(at[0] + row * strides[1] + column * strides[0] - first);
  };
  iterator.for_each(loop, /*grain_size=*/1);
}

}  // namespace weft
