// SPDX-License-Identifier: Apache-2.0
#include "launch/tree_sum.h"

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

using Sources = std::span<const float* const>;

constexpr int64_t kBlock = 1024;  // partial sums stay in the first-level cache
constexpr int64_t kStep = 16;     // a constant, so that the compiler makes vectors of it

template <class Sum>
void for_each_step(float* to, int64_t count, Sum sum) {
  for (int64_t i = 0; i < count; i += kStep) {
    float sums[kStep];
    for (int64_t j = 0; j < kStep; ++j) sums[j] = sum(i + j);
    std::memcpy(to + i, sums, sizeof sums);
  }
}

void add(float* to, const float* a, const float* b, int64_t count) {
  for_each_step(to, count, [=](int64_t i) { return a[i] + b[i]; });
}

void sum_block(float* to, Sources from, int64_t begin, int64_t count);

// Where the sum is: a source of its own, or `room`.
const float* half(float* room, Sources from, int64_t begin, int64_t count) {
  if (from.size() == 1) return from[0] + begin;
  sum_block(room, from, begin, count);
  return room;
}

void sum_block(float* to, Sources from, int64_t begin, int64_t count) {
  if (from.size() == 4) {
    const float *a = from[0] + begin, *b = from[1] + begin, *c = from[2] + begin, *d = from[3] + begin;
    for_each_step(to, count, [=](int64_t i) { return (a[i] + b[i]) + (c[i] + d[i]); });
    return;
  }
  float left[kBlock], right[kBlock];
  const size_t middle = from.size() / 2;
  add(to, half(left, from.first(middle), begin, count), half(right, from.subspan(middle), begin, count), count);
}

}  // namespace

void tree_sum(float* to, Sources from, int64_t count) {
  if (from.size() == 1) {
    if (to != from[0]) std::memcpy(to, from[0], static_cast<size_t>(count) * sizeof(float));
    return;
  }
  for (int64_t begin = 0; begin < count; begin += kBlock)
    sum_block(to + begin, from, begin, std::min(kBlock, count - begin));
}

}  // namespace weft
