// SPDX-License-Identifier: Apache-2.0
// One body of plain loops, inlined into a function for each instruction set, as losses/pair_paths.cc has it.
//   p = sigmoid(z), u = p (1 - t) + (1 - p) t, a = alpha t + (1 - alpha) (1 - t), c = softplus(z) - t z
//   focal = a c u^gamma
//   d focal / dz = a ((p - t) u^gamma + c gamma u^(gamma - 1) (1 - 2 t) p (1 - p))
#include "losses/mask_paths.h"

#include <cmath>
#include <vector>

#include "losses/row_math.h"

namespace weft {
namespace {

// u^gamma and gamma u^(gamma - 1).
struct Power {
  float value, slope;
};
struct Square {
  explicit Square(int) {}
  WEFT_INLINE Power operator()(float u) const { return {u * u, u + u}; }
};
struct AnyPower {
  explicit AnyPower(int gamma) : less(gamma > 0 ? gamma - 1 : 0), factor(static_cast<float>(gamma)) {}
  WEFT_INLINE Power operator()(float u) const {
    float power = 1, square = u;
    for (int bit = 0; bit < 5; ++bit) {
      power = less >> bit & 1 ? power * square : power;
      square = square * square;
    }
    return {factor > 0 ? power * u : 1.f, factor * power};
  }
  int less;
  float factor;
};

struct Pixel {
  float z, p, q, u, a, cost, t, known;  // q = 1 - p
};
// A row's numbers, each known not to be what a store changes.
struct Columns {
  explicit Columns(const MaskRow& row)
      : above(row.above), below(row.below), truth(row.truth), known(row.known), share(row.share) {}
  const float* __restrict above, * __restrict below, * __restrict truth, * __restrict known;
  float share;
};

WEFT_INLINE Pixel pixel_at(const Columns& row, float alpha, int64_t x) {
  const float z = std::fma(row.share, row.below[x] - row.above[x], row.above[x]);
  const float t = row.truth[x], rest = 1.f - t;
  const Judged j = judged(z);
  return {z,
          j.sigmoid,
          j.rest,
          std::fma(j.sigmoid, rest, j.rest * t),
          std::fma(alpha + alpha - 1.f, t, 1.f - alpha),
          std::fma(-t, z, j.softplus),
          t,
          row.known[x]};
}

template <class Shape>
WEFT_INLINE void add_lanes(const Columns& row, const PixelCost& cost, const Shape& shape, int64_t x, int64_t count,
                           float* __restrict lanes) {
  const float once = cost.squared ? 0.f : 1.f, square = 1.f - once;
  for (int64_t l = 0; l < count; ++l) {
    const Pixel i = pixel_at(row, cost.alpha, x + l);
    const float weight = shape(i.u).value * i.known, inside = i.p * i.known;
    const float hard = i.z > 0 ? i.known : 0.f;
    lanes[l] = std::fma(weight, i.a * i.cost, lanes[l]);
    lanes[l + kMaskLanes] += weight;
    lanes[l + 2 * kMaskLanes] = std::fma(inside, std::fma(square, i.p, once), lanes[l + 2 * kMaskLanes]);
    lanes[l + 3 * kMaskLanes] = std::fma(inside, i.t, lanes[l + 3 * kMaskLanes]);
    lanes[l + 4 * kMaskLanes] += hard;
    lanes[l + 5 * kMaskLanes] += i.t > 0.5f ? hard : 0.f;
  }
}

template <class Shape>
WEFT_INLINE void add_any(const MaskRow& row, const PixelCost& given, float* lanes) {
  const PixelCost cost = given;
  const Columns columns(row);
  const Shape shape(cost.gamma);
  int64_t x = 0;
  for (; x + kMaskLanes <= row.n; x += kMaskLanes) add_lanes(columns, cost, shape, x, kMaskLanes, lanes);
  add_lanes(columns, cost, shape, x, row.n - x, lanes);
}

template <class Shape>
WEFT_INLINE void slope_any(const MaskRow& given, const PixelCost& cost, const float* factors,
                           float* __restrict to_above, float* __restrict to_below) {
  const Columns row(given);
  const Shape shape(cost.gamma);
  const float alpha = cost.alpha, focal = factors[0], inside = cost.squared ? 0.f : factors[1],
              square = cost.squared ? factors[1] : 0.f, overlap = factors[2], share = row.share;
  for (int64_t x = 0; x < given.n; ++x) {
    const Pixel i = pixel_at(row, alpha, x);
    const Power power = shape(i.u);
    const float slope = i.p * i.q, turn = 1.f - (i.t + i.t);
    const float of_focal = std::fma(i.p - i.t, power.value, i.cost * power.slope * turn * slope) * i.a;
    const float of_sums = std::fma(overlap, i.t, std::fma(square + square, i.p, inside)) * slope;
    const float g = std::fma(focal, of_focal, of_sums) * i.known;
    to_above[x] = std::fma(1.f - share, g, to_above[x]);
    to_below[x] = std::fma(share, g, to_below[x]);
  }
}

WEFT_INLINE void add_truth_lanes(const float* __restrict truth, const float* __restrict known, int64_t count,
                                 float square, float* __restrict lanes) {
  const float once = 1.f - square;
  for (int64_t l = 0; l < count; ++l) {
    const float t = truth[l], k = known[l];
    lanes[l] += k;
    lanes[l + kMaskLanes] = std::fma(t * k, std::fma(square, t, once), lanes[l + kMaskLanes]);
    lanes[l + 2 * kMaskLanes] += t > 0.5f ? k : 0.f;
  }
}

WEFT_INLINE void add_truth_any(const float* truth, const float* known, int64_t n, const PixelCost& cost, float* lanes) {
  const float square = cost.squared ? 1.f : 0.f;
  int64_t x = 0;
  for (; x + kMaskLanes <= n; x += kMaskLanes) add_truth_lanes(truth + x, known + x, kMaskLanes, square, lanes);
  add_truth_lanes(truth + x, known + x, n - x, square, lanes);
}

WEFT_INLINE void inside_any(const MaskRow& given, uint8_t* __restrict out) {
  const Columns row(given);
  for (int64_t x = 0; x < given.n; ++x)
    out[x] = std::fma(row.share, row.below[x] - row.above[x], row.above[x]) > 0 ? 1 : 0;
}

WEFT_INLINE void widen_any(const uint8_t* __restrict from, int64_t n, float* __restrict to) {
  for (int64_t x = 0; x < n; ++x) to[x] = from[x];
}

WEFT_INLINE void stretch_any(const float* __restrict row, const int32_t* __restrict left, const float* __restrict share,
                             int64_t n, float* __restrict out) {
  for (int64_t x = 0; x < n; ++x) {
    const float from = row[left[x]], to = row[left[x] + 1];
    out[x] = std::fma(share[x], to - from, from);
  }
}

// The functions of one path, all with the attributes of its instruction set, which take no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define WEFT_MASK_PATH(name, target)                                                                             \
  target void stretch_##name(const float* row, const int32_t* left, const float* share, int64_t n, float* out) { \
    stretch_any(row, left, share, n, out);                                                                       \
  }                                                                                                              \
  target void add_##name(const MaskRow& row, const PixelCost& cost, float* lanes) {                              \
    cost.gamma == 2 ? add_any<Square>(row, cost, lanes) : add_any<AnyPower>(row, cost, lanes);                   \
  }                                                                                                              \
  target void slope_##name(const MaskRow& row, const PixelCost& cost, const float* factors, float* to_above,     \
                           float* to_below) {                                                                    \
    cost.gamma == 2 ? slope_any<Square>(row, cost, factors, to_above, to_below)                                  \
                    : slope_any<AnyPower>(row, cost, factors, to_above, to_below);                               \
  }                                                                                                              \
  target void add_truth_##name(const float* truth, const float* known, int64_t n, const PixelCost& cost,         \
                               float* lanes) {                                                                   \
    add_truth_any(truth, known, n, cost, lanes);                                                                 \
  }                                                                                                              \
  target void inside_##name(const MaskRow& row, uint8_t* out) {                                                  \
    inside_any(row, out);                                                                                        \
  }                                                                                                              \
  target void widen_##name(const uint8_t* from, int64_t n, float* to) {                                          \
    widen_any(from, n, to);                                                                                      \
  }                                                                                                              \
  constexpr MaskPath k_##name = {#name,         stretch_##name, add_##name,  add_truth_##name,                   \
                                 inside_##name, widen_##name,   slope_##name};
// NOLINTEND(bugprone-macro-parentheses)

WEFT_MASK_PATH(portable, )
#if defined(__x86_64__)
WEFT_MASK_PATH(avx2, __attribute__((target("avx2,fma"))))
WEFT_MASK_PATH(avx512, __attribute__((target("avx512f,avx512bw,avx512vl,prefer-vector-width=512"))))
#endif

std::vector<MaskPath> find_paths() {
  std::vector<MaskPath> paths = {k_portable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) paths.push_back(k_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    paths.push_back(k_avx512);
#endif
  return paths;
}

}  // namespace

std::span<const MaskPath> mask_paths() {
  static const std::vector<MaskPath> paths = find_paths();
  return paths;
}

}  // namespace weft
