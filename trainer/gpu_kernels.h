// SPDX-License-Identifier: Apache-2.0
// What trainer/gpu.cc asks of trainer/gpu_kernels.cu: raw pointers and a stream, so that nvcc sees no header of
// LibTorch.
#pragma once

#include <cuda_runtime_api.h>

#include "trainer/adamw_paths.h"

namespace weft::gpu {

// As many updates as fit into the 4 KiB of a launch's arguments.
struct AdamWBatch {
  static constexpr int kMost = 40;
  int count = 0;
  AdamWSpan spans[kMost];
  AdamWScalars scalars[kMost];
};
cudaError_t launch_adamw(const AdamWBatch& batch, cudaStream_t stream);

// sums[row * columns + column] = sum of squares of the `count` numbers at first + row * row_stride + column * count.
cudaError_t launch_sums_of_squares(const float* first, int64_t rows, int64_t row_stride, int64_t columns, int64_t count,
                                   double* sums, cudaStream_t stream);

}  // namespace weft::gpu
