// SPDX-License-Identifier: Apache-2.0
// One body of plain loops, inlined into a function for each instruction set, where the compiler makes vectors of it;
// all paths round alike, for the reason that trainer/adamw_kernel.cc gives.
//   exp x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2, e^r by its series to r^7 (the rest is below 5.3e-9 of it)
//   softplus s = max(s, 0) + log(1 + e), e = exp(-|s|); log(1 + e) = 2 artanh z, z = e / (2 + e) <= 1/3, by its series
//   to z^15 (the rest is below 1.5e-9 of it)
#include "losses/pair_paths.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#define WEFT_INLINE inline __attribute__((always_inline))

namespace weft {
namespace {

constexpr int64_t kLanes = 64;  // sums of a row are kept by column modulo this, so that every path adds alike

// Within 1.6 ulp on [-86.9, 88.7]; 0 below, inf above, NaN of NaN.
WEFT_INLINE float exp_of(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693145752f, kLn2Low = 1.42860677e-06f;
  constexpr float kRound = 12582912.f;  // 1.5 * 2^23: a sum with it has no fraction, and its last bits are the integer
  const float bounded = x > 89.f ? 89.f : x;
  const float shifted = std::fma(bounded, kLog2E, kRound);
  const float n = shifted - kRound;
  const float r = std::fma(n, -kLn2Low, std::fma(n, -kLn2High, bounded));
  float p = std::fma(r, 1.f / 5040, 1.f / 720);
  p = std::fma(p, r, 1.f / 120);
  p = std::fma(p, r, 1.f / 24);
  p = std::fma(p, r, 1.f / 6);
  p = std::fma(p, r, 0.5f);
  p = std::fma(p, r, 1.f);
  p = std::fma(p, r, 1.f);
  // In two steps, because 2^128 is no float.
  const uint32_t half = (std::bit_cast<uint32_t>(shifted) - 1) << 23;
  const float power = std::bit_cast<float>(half + (uint32_t{127} << 23));
  const float value = p * power * 2.f;
  return x < -86.9f ? 0.f : value;
}

WEFT_INLINE float largest_any(const float* x, int64_t n) {
  float lanes[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) lanes[l] = -std::numeric_limits<float>::infinity();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  for (; i < n; ++i) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  float most = lanes[0];
  for (int64_t l = 1; l < kLanes; ++l) most = lanes[l] > most ? lanes[l] : most;
  return most;
}

WEFT_INLINE double sum_of(const float* lanes) {
  double sum = 0;
  for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

WEFT_INLINE double add_exp_any(const float* __restrict x, int64_t n, float scale, float reference,
                               const float* __restrict copies, float* __restrict column_sums) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      const float e = exp_of((x[i + l] - reference) * scale);
      column_sums[i + l] += e;
      lanes[l] = std::fma(e, copies[i + l], lanes[l]);
    }
  for (int64_t l = 0; i < n; ++i, ++l) {
    const float e = exp_of((x[i] - reference) * scale);
    column_sums[i] += e;
    lanes[l] = std::fma(e, copies[i], lanes[l]);
  }
  return sum_of(lanes);
}

WEFT_INLINE void softmax_shared_any(float* __restrict x, int64_t n, float scale, float reference, float row,
                                    const float* __restrict copies, const float* __restrict column) {
  for (int64_t i = 0; i < n; ++i)
    x[i] = exp_of(std::fma(scale, x[i], -reference)) * std::fma(row, copies[i], column[i]);
}

WEFT_INLINE void softmax_apart_any(float* __restrict x, int64_t n, float scale, float row, float row_lse,
                                   const float* __restrict copies, const float* __restrict column,
                                   const float* __restrict lse) {
  for (int64_t i = 0; i < n; ++i) {
    const float of_row = row * copies[i] * exp_of(std::fma(scale, x[i], -row_lse));
    x[i] = std::fma(column[i], exp_of(std::fma(scale, x[i], -lse[i])), of_row);
  }
}

struct Judged {
  float sigmoid, softplus;
};
WEFT_INLINE Judged judged(float s) {
  const float size = std::fabs(s);
  const float e = exp_of(-size);
  const float inverse = 1.f / ((1.f + e) * (2.f + e));  // one division for both
  const float high = inverse * (2.f + e);               // sigmoid of |s|
  const float z = e * inverse * (1.f + e), zz = z * z;
  float series = std::fma(zz, 1.f / 15, 1.f / 13);
  series = std::fma(series, zz, 1.f / 11);
  series = std::fma(series, zz, 1.f / 9);
  series = std::fma(series, zz, 1.f / 7);
  series = std::fma(series, zz, 1.f / 5);
  series = std::fma(series, zz, 1.f / 3);
  series = std::fma(series, zz, 1.f);
  return {s < 0 ? e * high : high, std::fma(z + z, series, s > 0 ? s : 0.f)};
}

WEFT_INLINE double sigmoid_any(float* __restrict x, int64_t n, float scale, float bias, const float* __restrict copies,
                               double* slope) {
  float costs[kLanes] = {}, slopes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      const Judged j = judged(std::fma(scale, x[i + l], bias));
      costs[l] = std::fma(j.softplus, copies[i + l], costs[l]);
      slopes[l] = std::fma(j.sigmoid, copies[i + l], slopes[l]);
      x[i + l] = j.sigmoid * copies[i + l];
    }
  for (int64_t l = 0; i < n; ++i, ++l) {
    const Judged j = judged(std::fma(scale, x[i], bias));
    costs[l] = std::fma(j.softplus, copies[i], costs[l]);
    slopes[l] = std::fma(j.sigmoid, copies[i], slopes[l]);
    x[i] = j.sigmoid * copies[i];
  }
  *slope = sum_of(slopes);
  return sum_of(costs);
}

// The functions of one path, all with the attributes of its instruction set, which take no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define WEFT_PAIR_PATH(name, target)                                                                                   \
  target float largest_##name(const float* x, int64_t n) {                                                             \
    return largest_any(x, n);                                                                                          \
  }                                                                                                                    \
  target double add_exp_##name(const float* x, int64_t n, float scale, float reference, const float* copies,           \
                               float* column_sums) {                                                                   \
    return add_exp_any(x, n, scale, reference, copies, column_sums);                                                   \
  }                                                                                                                    \
  target void softmax_shared_##name(float* x, int64_t n, float scale, float reference, float row, const float* copies, \
                                    const float* column) {                                                             \
    softmax_shared_any(x, n, scale, reference, row, copies, column);                                                   \
  }                                                                                                                    \
  target void softmax_apart_##name(float* x, int64_t n, float scale, float row, float row_lse, const float* copies,    \
                                   const float* column, const float* lse) {                                            \
    softmax_apart_any(x, n, scale, row, row_lse, copies, column, lse);                                                 \
  }                                                                                                                    \
  target double sigmoid_##name(float* x, int64_t n, float scale, float bias, const float* copies, double* slope) {     \
    return sigmoid_any(x, n, scale, bias, copies, slope);                                                              \
  }                                                                                                                    \
  constexpr PairPath k_##name = {                                                                                      \
      #name, largest_##name, add_exp_##name, softmax_shared_##name, softmax_apart_##name, sigmoid_##name};
// NOLINTEND(bugprone-macro-parentheses)

WEFT_PAIR_PATH(portable, )
#if defined(__x86_64__)
WEFT_PAIR_PATH(avx2, __attribute__((target("avx2,fma"))))
WEFT_PAIR_PATH(avx512, __attribute__((target("avx512f,avx512bw,avx512vl,prefer-vector-width=512"))))
#endif

std::vector<PairPath> find_paths() {
  std::vector<PairPath> paths = {k_portable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) paths.push_back(k_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    paths.push_back(k_avx512);
#endif
  return paths;
}

}  // namespace

std::span<const PairPath> pair_paths() {
  static const std::vector<PairPath> paths = find_paths();
  return paths;
}

}  // namespace weft
