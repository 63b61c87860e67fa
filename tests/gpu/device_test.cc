// SPDX-License-Identifier: Apache-2.0
// The kernels of trainer/gpu_kernels.cu against the loops of trainer/adamw_kernel.cc.
#include <ATen/ops/empty.h>

#include <bit>
#include <cmath>

#include "base/random.h"
#include "base/tensor.h"
#include "tests/gpu/on_gpu.h"

namespace weft {
namespace {

class GpuKernels : public OnGpus {
 protected:
  GpuKernels() : OnGpus(1) {}
};

constexpr int kGpu = 0;

// Magnitudes from denormal to large, and signs.
std::vector<float> wild(int64_t count, uint64_t seed) {
  Stream stream(seed, Purpose::init, 0, 0);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    const double pick = stream.uniform(0, 1), sign = stream.uniform(-1, 1) < 0 ? -1 : 1;
    value = static_cast<float>(sign * (pick < 0.1 ? stream.uniform(0, 1e-38) : std::exp(stream.uniform(-40, 15))));
  }
  return values;
}

// The buffers of an update, on the host or on the GPU.
struct Buffers {
  Buffers(int device, int64_t count) : device(device), count(count) {
    for (size_t i = 0; i < 5; ++i) {
      numbers[i] = at::empty({count}, on_device(device));
      std::vector<float> values = wild(count, i);
      if (i == 3)  // a second moment
        for (float& value : values) value = std::fabs(value);
      copy_from_host(device, numbers[i].data_ptr(), values.data(), values.size() * sizeof(float));
    }
    leaf = at::empty({count}, on_device(device).dtype(at::kBFloat16));
    zero(device, leaf.data_ptr(), leaf.nbytes());
  }
  AdamWSpan span(int64_t from, int64_t size, bool has_ema, bool has_leaf) const {
    const auto at = [&](size_t i) { return numbers[i].data_ptr<float>() + from; };
    return {at(0),
            at(1),
            at(2),
            at(3),
            has_ema ? at(4) : nullptr,
            has_leaf ? static_cast<uint16_t*>(leaf.data_ptr()) + from : nullptr,
            size};
  }
  std::vector<uint32_t> bits() const {
    std::vector<uint32_t> all;
    for (const Tensor& buffer : numbers)
      for (const float value : fetched(device, buffer.data_ptr<float>(), count))
        all.push_back(std::bit_cast<uint32_t>(value));
    std::vector<uint16_t> leaves(static_cast<size_t>(count));
    copy_to_host(device, leaves.data(), leaf.data_ptr(), leaves.size() * sizeof(uint16_t));
    all.insert(all.end(), leaves.begin(), leaves.end());
    return all;
  }

  int device;
  int64_t count;
  Tensor numbers[5], leaf;  // master, gradient, both moments, average
};

AdamWFactors factors(int64_t updates) {
  return {.lr = 3e-3,
          .beta1 = 0.9,
          .beta2 = 0.98,
          .epsilon = 1e-6,
          .weight_decay = 0.1,
          .gradient_factor = 0.37,
          .ema_decay = 0.99,
          .updates = updates};
}

TEST_F(GpuKernels, AnUpdateHasTheBitsOfTheCpu) {
  for (const int64_t count : {64, 4096, 1000000 / 64 * 64})
    for (const auto& [has_ema, has_leaf] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
      const Buffers here(kCpu, count), there(kGpu, count);
      for (int64_t update = 0; update < 3; ++update)
        for (const Buffers* b : {&here, &there})
          adamw(b->device, std::array{AdamWJob{b->span(0, count, has_ema, has_leaf), factors(update)}});
      EXPECT_EQ(here.bits(), there.bits()) << count << " numbers, average " << has_ema << ", leaf " << has_leaf;
    }
}

TEST_F(GpuKernels, ManyUpdatesAtOnceKeepTheirOwnFactors) {
  constexpr int64_t kJobs = 100, kEach = 192;
  const Buffers here(kCpu, kJobs * kEach), there(kGpu, kJobs * kEach);
  for (const Buffers* b : {&here, &there}) {
    std::vector<AdamWJob> jobs;
    for (int64_t job = 0; job < kJobs; ++job) {
      jobs.push_back({b->span(job * kEach, kEach, job % 2 == 0, true), factors(job)});
      jobs.back().factors.lr *= 1 + 0.01 * double(job);
    }
    adamw(b->device, jobs);
  }
  EXPECT_EQ(here.bits(), there.bits());
}

TEST_F(GpuKernels, SumsOfSquaresAreThoseOfTheCpuAndRepeat) {
  constexpr int64_t kRows = 5, kColumns = 4, kCount = 64 * 333, kStride = kColumns * kCount + 640;
  const std::vector<float> values = wild(kRows * kStride, 7);
  const Tensor there = at::empty({kRows * kStride}, on_device(kGpu));
  copy_from_host(kGpu, there.data_ptr(), values.data(), values.size() * sizeof(float));
  const SquaresOf on_host{values.data(), kRows, kStride, kColumns, kCount};
  SquaresOf on_gpu = on_host;
  on_gpu.first = there.data_ptr<float>();
  const std::vector<double> wanted = sums_of_squares(kCpu, on_host), found = sums_of_squares(kGpu, on_gpu);
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-12 * wanted[i]) << i;
  EXPECT_EQ(sums_of_squares(kGpu, on_gpu), found);
  const SquaresOf last{on_gpu.first + 4 * kStride + 2 * kCount, 1, 0, 1, kCount};
  EXPECT_EQ(sums_of_squares(kGpu, last).front(), found[4 * kColumns + 2]) << "the place changed the sum";
}

TEST_F(GpuKernels, WhatIsCopiedThereAndBackIsTheSame) {
  const std::vector<float> values = wild(1000, 1);
  const Tensor there = at::empty({1000}, on_device(kGpu));
  copy_from_host(kGpu, there.data_ptr(), values.data(), 4000);
  EXPECT_EQ(fetched(kGpu, there.data_ptr<float>(), 1000), values);
  zero(kGpu, there.data_ptr(), 2000);
  const std::vector<float> half = fetched(kGpu, there.data_ptr<float>(), 1000);
  for (size_t i = 0; i < 500; ++i) EXPECT_EQ(half[i], 0.f);
  EXPECT_TRUE(std::equal(half.begin() + 500, half.end(), values.begin() + 500));
}

}  // namespace
}  // namespace weft
