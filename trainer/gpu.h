// SPDX-License-Identifier: Apache-2.0
// The GPU's side of trainer/device.h: trainer/gpu.cc, or trainer/no_cuda.cc where weft is built without CUDA, which
// counts no GPU, so that nobody has one to name.
#pragma once

#include "trainer/device.h"

namespace weft::gpu {

int count();
std::string name(int gpu);
void use(int gpu);
void zero(int gpu, void* memory, size_t bytes);
void copy_to_host(int gpu, void* host, const void* memory, size_t bytes);
void copy_from_host(int gpu, void* memory, const void* host, size_t bytes);
void adamw(int gpu, std::span<const AdamWJob> jobs);
std::vector<double> sums_of_squares(int gpu, const SquaresOf& of);

}  // namespace weft::gpu
