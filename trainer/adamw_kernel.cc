// SPDX-License-Identifier: Apache-2.0
// One body of plain loops, inlined into a function for each instruction set, where the compiler makes vectors of it.
// All of them round alike because a multiply and an add become one operation only where std::fma says so: no product
// here is an operand of a plain + or -, so there is nothing that a compiler could fuse on one path alone.
#include "trainer/adamw_kernel.h"

#include <bit>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "trainer/adamw_paths.h"

#define WEFT_INLINE inline __attribute__((always_inline))

namespace weft {
namespace {

constexpr int64_t kBlock = 64;  // every count is a multiple of it
constexpr int64_t kLanes = 32;
// Numbers to fetch ahead, because the hardware's own prefetching ends with every 4 KiB: into the first level of cache
// where five arrays are read at once, into the second where one is and the way to memory is short of requests.
constexpr int64_t kAheadOfUpdate = 512, kAheadOfSum = 1024;

// Rounded to nearest even.  A NaN may lose all bits of its payload, so it becomes the plain one.
WEFT_INLINE uint16_t bf16_of(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const uint32_t is_nan = -static_cast<uint32_t>((bits & 0x7fffffff) > 0x7f800000);  // all ones: no branch, for vectors
  return static_cast<uint16_t>((rounded & ~is_nan) | (0x7fc0 & is_nan));
}

// Blends are written x + w (y - x), which stays at y once it is there.  The decay is part of the step rather than a
// factor of the master, because 1 - lr * weight_decay keeps few digits of lr * weight_decay; the master is rounded
// once.
template <bool kEma, bool kLeaf>
WEFT_INLINE void update_block(float* __restrict master, const float* __restrict gradient, float* __restrict moment1,
                              float* __restrict moment2, float* __restrict ema, uint16_t* __restrict leaf,
                              const AdamWScalars& s) {
  for (int64_t i = 0; i < kBlock; ++i) {
    const float g = gradient[i] * s.gradient_factor;
    const float m = std::fma(s.blend1, std::fma(gradient[i], s.gradient_factor, -moment1[i]), moment1[i]);
    const float v = std::fma(s.blend2, std::fma(g, g, -moment2[i]), moment2[i]);
    const float root = std::fma(std::sqrt(v), s.root_factor, s.epsilon);
    const float p = master[i] - std::fma(s.decay, master[i], s.step * (m / root));
    moment1[i] = m;
    moment2[i] = v;
    master[i] = p;
    if constexpr (kEma) ema[i] = std::fma(s.ema_blend, p - ema[i], ema[i]);
    if constexpr (kLeaf) leaf[i] = bf16_of(p);
  }
}

template <int kLocality, int64_t kCount>
WEFT_INLINE void fetch(const float* numbers) {
  for (int64_t i = 0; i < kCount; i += 16) __builtin_prefetch(numbers + i, 0, kLocality);
}

template <bool kEma, bool kLeaf>
WEFT_INLINE void update_all(const AdamWSpan& span, const AdamWScalars& scalars) {
  const AdamWScalars s = scalars;
  for (int64_t i = 0; i < span.count; i += kBlock) {
    fetch<3, kBlock>(span.master + i + kAheadOfUpdate);
    fetch<3, kBlock>(span.gradient + i + kAheadOfUpdate);
    fetch<3, kBlock>(span.moment1 + i + kAheadOfUpdate);
    fetch<3, kBlock>(span.moment2 + i + kAheadOfUpdate);
    if constexpr (kEma) fetch<3, kBlock>(span.ema + i + kAheadOfUpdate);
    update_block<kEma, kLeaf>(span.master + i, span.gradient + i, span.moment1 + i, span.moment2 + i,
                              kEma ? span.ema + i : nullptr, kLeaf ? span.leaf_bf16 + i : nullptr, s);
  }
}

WEFT_INLINE void update_any(const AdamWSpan& span, const AdamWScalars& scalars) {
  if (span.ema != nullptr && span.leaf_bf16 != nullptr)
    update_all<true, true>(span, scalars);
  else if (span.ema != nullptr)
    update_all<true, false>(span, scalars);
  else if (span.leaf_bf16 != nullptr)
    update_all<false, true>(span, scalars);
  else
    update_all<false, false>(span, scalars);
}

// Lane l adds the squares of x[l], x[l + kLanes], ...; squares of floats are exact in double.  The lanes are added as a
// binary tree.
WEFT_INLINE double sum_any(const float* values, int64_t count) {
  double lanes[kLanes] = {};
  for (int64_t i = 0; i < count; i += kLanes) {
    fetch<2, kLanes>(values + i + kAheadOfSum);
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(values[i + l]) * values[i + l];
  }
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

// std::fma without an instruction for it is a call: slow, and the same bits.
void update_portable(const AdamWSpan& span, const AdamWScalars& scalars) {
  update_any(span, scalars);
}
double sum_portable(const float* values, int64_t count) {
  return sum_any(values, count);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void update_avx2(const AdamWSpan& span, const AdamWScalars& scalars) {
  update_any(span, scalars);
}
__attribute__((target("avx2,fma"))) double sum_avx2(const float* values, int64_t count) {
  return sum_any(values, count);
}
__attribute__((target("avx512f,avx512bw"))) void update_avx512(const AdamWSpan& span, const AdamWScalars& scalars) {
  update_any(span, scalars);
}
__attribute__((target("avx512f,avx512bw"))) double sum_avx512(const float* values, int64_t count) {
  return sum_any(values, count);
}
#endif

std::vector<AdamWPath> find_paths() {
  std::vector<AdamWPath> paths = {{"portable", update_portable, sum_portable}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) paths.push_back({"avx2", update_avx2, sum_avx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
    paths.push_back({"avx512", update_avx512, sum_avx512});
#endif
  return paths;
}

}  // namespace

AdamWScalars::AdamWScalars(const AdamWFactors& f) {
  const double t = static_cast<double>(f.updates) + 1;
  gradient_factor = static_cast<float>(f.gradient_factor);
  blend1 = static_cast<float>(1 - f.beta1);
  blend2 = static_cast<float>(1 - f.beta2);
  root_factor = static_cast<float>(1 / std::sqrt(1 - std::pow(f.beta2, t)));
  epsilon = static_cast<float>(f.epsilon);
  step = static_cast<float>(f.lr / (1 - std::pow(f.beta1, t)));
  decay = static_cast<float>(f.lr * f.weight_decay);
  ema_blend = static_cast<float>(1 - f.ema_decay);
}

std::span<const AdamWPath> adamw_paths() {
  static const std::vector<AdamWPath> paths = find_paths();
  return paths;
}

void adamw(const AdamWSpan& span, const AdamWFactors& factors) {
  WEFT_ASSERT(span.count % kBlock == 0);
  adamw_paths().back().update(span, AdamWScalars(factors));
}

double sum_of_squares(const float* values, int64_t count) {
  WEFT_ASSERT(count % kBlock == 0);
  return adamw_paths().back().sum_of_squares(values, count);
}

}  // namespace weft
