// SPDX-License-Identifier: Apache-2.0
#include "trainer/device.h"

#include <cstring>

#include "trainer/gpu.h"

namespace weft {

int visible_gpus() {
  return gpu::count();
}

std::string device_name(int device) {
  return device == kCpu ? "CPU" : gpu::name(device);
}

void use_device(int device) {
  if (device != kCpu) gpu::use(device);
}

at::TensorOptions on_device(int device) {
  return at::TensorOptions(at::kFloat)
      .device(device == kCpu ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device)));
}

void zero(int device, void* memory, size_t bytes) {
  if (device == kCpu)
    std::memset(memory, 0, bytes);
  else
    gpu::zero(device, memory, bytes);
}

void copy_to_host(int device, void* host, const void* memory, size_t bytes) {
  if (device == kCpu)
    std::memcpy(host, memory, bytes);
  else
    gpu::copy_to_host(device, host, memory, bytes);
}

void copy_from_host(int device, void* memory, const void* host, size_t bytes) {
  if (device == kCpu)
    std::memcpy(memory, host, bytes);
  else
    gpu::copy_from_host(device, memory, host, bytes);
}

void adamw(int device, std::span<const AdamWJob> jobs) {
  if (device != kCpu) return gpu::adamw(device, jobs);
  for (const AdamWJob& job : jobs) adamw(job.span, job.factors);
}

std::vector<double> sums_of_squares(int device, const SquaresOf& of) {
  if (device != kCpu) return gpu::sums_of_squares(device, of);
  std::vector<double> sums;
  for (int64_t row = 0; row < of.rows; ++row)
    for (int64_t column = 0; column < of.columns; ++column)
      sums.push_back(sum_of_squares(of.first + row * of.row_stride + column * of.count, of.count));
  return sums;
}

}  // namespace weft
