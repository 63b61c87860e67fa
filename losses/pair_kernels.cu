// SPDX-License-Identifier: Apache-2.0
// A block of threads takes a row; sums are added in an order that depends on the number of columns alone.
#include "losses/pair_kernels.h"

namespace weft::gpu {
namespace {

constexpr int kThreads = 256;

__global__ void softmax_kernel(const DotTile tile, const float* row_weight, const float* row_lse,
                               const float* column_weight, const float* column_lse) {
  float* const row = tile.dot + blockIdx.x * tile.columns;
  const float weight = row_weight[blockIdx.x], lse = row_lse[blockIdx.x];
  for (int64_t j = threadIdx.x; j < tile.columns; j += kThreads) {
    const float of_row = weight * tile.copies[j] * expf(fmaf(tile.scale, row[j], -lse));
    row[j] = fmaf(column_weight[j], expf(fmaf(tile.scale, row[j], -column_lse[j])), of_row);
  }
}

// Adds the threads' numbers in a binary tree; the sum is thread 0's.
__device__ double sum_of_block(double* lanes, double mine) {
  __syncthreads();
  lanes[threadIdx.x] = mine;
  __syncthreads();
  for (int half = kThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) lanes[threadIdx.x] += lanes[threadIdx.x + half];
    __syncthreads();
  }
  return lanes[0];
}

__global__ void sigmoid_kernel(const DotTile tile, float bias, double* costs, double* slopes) {
  __shared__ double lanes[kThreads];
  float* const row = tile.dot + blockIdx.x * tile.columns;
  double cost = 0, slope = 0;
  for (int64_t j = threadIdx.x; j < tile.columns; j += kThreads) {
    const float s = fmaf(tile.scale, row[j], bias), e = expf(-fabsf(s));
    const float sigmoid = (s < 0 ? e : 1.f) / (1.f + e) * tile.copies[j];
    cost += tile.copies[j] * ((s > 0 ? s : 0.f) + log1pf(e));
    slope += sigmoid;
    row[j] = sigmoid;
  }
  cost = sum_of_block(lanes, cost);
  slope = sum_of_block(lanes, slope);
  if (threadIdx.x == 0) costs[blockIdx.x] = cost, slopes[blockIdx.x] = slope;
}

}  // namespace

cudaError_t launch_softmax_slopes(const DotTile& tile, const float* row_weight, const float* row_lse,
                                  const float* column_weight, const float* column_lse, cudaStream_t stream) {
  softmax_kernel<<<static_cast<unsigned>(tile.rows), kThreads, 0, stream>>>(tile, row_weight, row_lse, column_weight,
                                                                            column_lse);
  return cudaGetLastError();
}

cudaError_t launch_sigmoid_slopes(const DotTile& tile, float bias, double* cost, double* slope, cudaStream_t stream) {
  sigmoid_kernel<<<static_cast<unsigned>(tile.rows), kThreads, 0, stream>>>(tile, bias, cost, slope);
  return cudaGetLastError();
}

}  // namespace weft::gpu
