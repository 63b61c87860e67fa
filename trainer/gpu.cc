// SPDX-License-Identifier: Apache-2.0
#include "trainer/gpu.h"

#include <ATen/Context.h>
#include <ATen/SDPBackend.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "base/error.h"
#include "trainer/gpu_kernels.h"

namespace weft::gpu {
namespace {

void cuda_check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw Error(join(what, ": ", cudaGetErrorString(status)), Exit::failed);
}

cudaStream_t stream() {
  return c10::cuda::getCurrentCUDAStream();
}

// Any thread may ask, whichever GPU it uses itself.
void copy(int gpu, void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(gpu));
  cuda_check(cudaMemcpyAsync(to, from, bytes, kind, stream()), "copying between host and GPU");
  cuda_check(cudaStreamSynchronize(stream()), "waiting for the GPU");
}

}  // namespace

int count() {
  return c10::cuda::device_count();  // 0 where there is no driver
}

std::string name(int gpu) {
  cudaDeviceProp properties{};
  cuda_check(cudaGetDeviceProperties(&properties, gpu), "asking for a GPU's name");
  return properties.name;
}

void use(int gpu) {
  check(gpu < count(), "there is no GPU ", gpu, " here; visible: ", count());
  c10::cuda::set_device(static_cast<c10::DeviceIndex>(gpu));
  int major = 0, minor = 0;
  cuda_check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, gpu), "asking for a GPU's generation");
  cuda_check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, gpu), "asking for a GPU's generation");
  // On this generation cuDNN's attention is the fastest; LibTorch would try it last.  It is passed over where it must
  // repeat its bits, which it does not promise.
  if (major == 9 && minor == 0)
    at::globalContext().setSDPPriorityOrder(
        {static_cast<int64_t>(at::SDPBackend::cudnn_attention), static_cast<int64_t>(at::SDPBackend::flash_attention),
         static_cast<int64_t>(at::SDPBackend::efficient_attention), static_cast<int64_t>(at::SDPBackend::math)});
}

void zero(int gpu, void* memory, size_t bytes) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(gpu));
  cuda_check(cudaMemsetAsync(memory, 0, bytes, stream()), "zeroing memory of the GPU");
}

void copy_to_host(int gpu, void* host, const void* memory, size_t bytes) {
  copy(gpu, host, memory, bytes, cudaMemcpyDeviceToHost);
}

void copy_from_host(int gpu, void* memory, const void* host, size_t bytes) {
  copy(gpu, memory, host, bytes, cudaMemcpyHostToDevice);
}

void adamw(int gpu, std::span<const AdamWJob> jobs) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(gpu));
  while (!jobs.empty()) {
    const auto now = jobs.first(std::min<size_t>(jobs.size(), AdamWBatch::kMost));
    AdamWBatch batch;
    for (const AdamWJob& job : now) {
      WEFT_ASSERT(job.span.count % 64 == 0);
      batch.spans[batch.count] = job.span;
      batch.scalars[batch.count++] = AdamWScalars(job.factors);
    }
    cuda_check(launch_adamw(batch, stream()), "launching AdamW");
    jobs = jobs.subspan(now.size());
  }
}

std::vector<double> sums_of_squares(int gpu, const SquaresOf& of) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(gpu));
  std::vector<double> sums(static_cast<size_t>(of.rows * of.columns));
  const at::Tensor found = at::empty({of.rows * of.columns}, on_device(gpu).dtype(at::kDouble));
  cuda_check(launch_sums_of_squares(of.first, of.rows, of.row_stride, of.columns, of.count, found.data_ptr<double>(),
                                    stream()),
             "launching the sums of squares");
  copy_to_host(gpu, sums.data(), found.data_ptr(), sums.size() * sizeof(double));
  return sums;
}

}  // namespace weft::gpu
