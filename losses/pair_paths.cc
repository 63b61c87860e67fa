// SPDX-License-Identifier: Apache-2.0
// One body of plain loops, inlined into a function for each instruction set, where the compiler makes vectors of it;
// all paths round alike, for the reason that trainer/adamw_kernel.cc gives.
#include "losses/pair_paths.h"

#include <cmath>
#include <limits>
#include <vector>

#include "losses/row_math.h"

namespace weft {
namespace {

constexpr int64_t kLanes = 64;  // sums of a row are kept by column modulo this, so that every path adds alike

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
