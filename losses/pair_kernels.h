// SPDX-License-Identifier: Apache-2.0
// What losses/pair_tile_gpu.cc asks of losses/pair_kernels.cu: raw pointers and a stream, so that nvcc sees no header
// of LibTorch.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace weft::gpu {

// A tile of dot products [rows, columns], rows one behind another.
struct DotTile {
  float* dot;
  int64_t rows, columns;
  float scale;
  const float* copies;  // by column
};

// dot becomes row_weight copies exp(scale dot - row_lse) + column_weight exp(scale dot - column_lse).
cudaError_t launch_softmax_slopes(const DotTile& tile, const float* row_weight, const float* row_lse,
                                  const float* column_weight, const float* column_lse, cudaStream_t stream);

// With s = scale dot + bias: dot becomes copies sigmoid(s); of each row, cost gets the sum of copies softplus(s), slope
// that of copies sigmoid(s).
cudaError_t launch_sigmoid_slopes(const DotTile& tile, float bias, double* cost, double* slope, cudaStream_t stream);

}  // namespace weft::gpu
