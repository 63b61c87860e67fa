// SPDX-License-Identifier: Apache-2.0
// Where the flat buffers of a run lie, and the engine's own work on them.  A device is kCpu or the number of a GPU.
// What a GPU has to do is queued on the stream that LibTorch computes on; trainer/gpu.h queues it.
#pragma once

#include <c10/core/TensorOptions.h>

#include <span>
#include <string>
#include <vector>

#include "trainer/adamw_kernel.h"

namespace weft {

inline constexpr int kCpu = -1;

// That this process can compute on; 0 in a weft that was built without CUDA.
int visible_gpus();
std::string device_name(int device);
// The calling thread computes there from now on.
void use_device(int device);
// For new tensors there, f32 where nothing else is said.
at::TensorOptions on_device(int device);

void zero(int device, void* memory, size_t bytes);
// Return once the bytes have arrived.
void copy_to_host(int device, void* host, const void* memory, size_t bytes);
void copy_from_host(int device, void* memory, const void* host, size_t bytes);

// One update of several spans, which lie on the device; the same bits on each.
struct AdamWJob {
  AdamWSpan span;
  AdamWFactors factors;
};
void adamw(int device, std::span<const AdamWJob> jobs);

// Runs of `count` numbers, which is a multiple of 64, in rows; the result is row by row.  Each sum is added in an order
// that depends on count alone, though in another one on a GPU than on the CPU.
struct SquaresOf {
  const float* first = nullptr;
  int64_t rows = 0, row_stride = 0;
  int64_t columns = 0;  // one behind another
  int64_t count = 0;
};
std::vector<double> sums_of_squares(int device, const SquaresOf& of);

}  // namespace weft
