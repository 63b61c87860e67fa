// SPDX-License-Identifier: Apache-2.0
// AdamW and sums of squares on a GPU.  The update is that of trainer/adamw_kernel.cc, operation by operation and each
// rounded as IEEE 754 says (nvcc's defaults for division, roots and small numbers), so the bits are the CPU's.
#include <cuda_bf16.h>

#include <algorithm>

#include "trainer/gpu_kernels.h"

namespace weft::gpu {
namespace {

constexpr int kThreads = 256;
constexpr int kWide = 4;  // numbers of a thread, loaded and stored as one
constexpr int64_t kMostBlocks = 2048;

__device__ float updated(float master, float gradient, float& moment1, float& moment2, const AdamWScalars& s) {
  const float g = gradient * s.gradient_factor;
  moment1 = fmaf(s.blend1, fmaf(gradient, s.gradient_factor, -moment1), moment1);
  moment2 = fmaf(s.blend2, fmaf(g, g, -moment2), moment2);
  const float root = fmaf(sqrtf(moment2), s.root_factor, s.epsilon);
  return master - fmaf(s.decay, master, s.step * (moment1 / root));
}

struct alignas(16) Four {
  float at[kWide];
};
struct alignas(8) FourBf16 {
  __nv_bfloat16 at[kWide];
};

// blockIdx.y: which span.
__global__ void adamw_kernel(const AdamWBatch batch) {
  const AdamWSpan& span = batch.spans[blockIdx.y];
  const AdamWScalars s = batch.scalars[blockIdx.y];
  auto* const masters = reinterpret_cast<Four*>(span.master);
  const auto* const gradients = reinterpret_cast<const Four*>(span.gradient);
  auto* const moments1 = reinterpret_cast<Four*>(span.moment1);
  auto* const moments2 = reinterpret_cast<Four*>(span.moment2);
  const int64_t stride = int64_t{gridDim.x} * kThreads;
  for (int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x; i < span.count / kWide; i += stride) {
    Four p = masters[i], m = moments1[i], v = moments2[i];
    const Four g = gradients[i];
    for (int j = 0; j < kWide; ++j) p.at[j] = updated(p.at[j], g.at[j], m.at[j], v.at[j], s);
    masters[i] = p;
    moments1[i] = m;
    moments2[i] = v;
    if (span.ema != nullptr) {
      Four e = reinterpret_cast<Four*>(span.ema)[i];
      for (int j = 0; j < kWide; ++j) e.at[j] = fmaf(s.ema_blend, p.at[j] - e.at[j], e.at[j]);
      reinterpret_cast<Four*>(span.ema)[i] = e;
    }
    if (span.leaf_bf16 != nullptr) {
      FourBf16 leaf;
      for (int j = 0; j < kWide; ++j) leaf.at[j] = __float2bfloat16_rn(p.at[j]);
      reinterpret_cast<FourBf16*>(span.leaf_bf16)[i] = leaf;
    }
  }
}

constexpr int kAdders = 1024;

// A block adds one run: thread t the numbers t, t + kAdders, ..., then the threads in a binary tree.
__global__ void squares_kernel(const float* first, int64_t row_stride, int64_t columns, int64_t count, double* sums) {
  __shared__ double lanes[kAdders];
  const float* values = first + blockIdx.x / columns * row_stride + blockIdx.x % columns * count;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kAdders) {
    const double value = values[i];
    sum = fma(value, value, sum);
  }
  lanes[threadIdx.x] = sum;
  __syncthreads();
  for (int half = kAdders / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) lanes[threadIdx.x] += lanes[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = lanes[0];
}

}  // namespace

cudaError_t launch_adamw(const AdamWBatch& batch, cudaStream_t stream) {
  int64_t most = 0;
  for (int i = 0; i < batch.count; ++i) most = std::max(most, batch.spans[i].count);
  const int64_t blocks = std::min(kMostBlocks, (most / kWide + kThreads - 1) / kThreads);
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(batch.count));
  adamw_kernel<<<grid, kThreads, 0, stream>>>(batch);
  return cudaGetLastError();
}

cudaError_t launch_sums_of_squares(const float* first, int64_t rows, int64_t row_stride, int64_t columns, int64_t count,
                                   double* sums, cudaStream_t stream) {
  squares_kernel<<<static_cast<unsigned>(rows * columns), kAdders, 0, stream>>>(first, row_stride, columns, count,
                                                                                sums);
  return cudaGetLastError();
}

}  // namespace weft::gpu
