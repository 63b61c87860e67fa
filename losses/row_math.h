// SPDX-License-Identifier: Apache-2.0
// Functions of one number for loops that are inlined into a function for each instruction set, where the compiler makes
// vectors of them; all paths round alike, for the reason that trainer/adamw_kernel.cc gives.
//   exp x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2, e^r by its series to r^7 (the rest is below 5.3e-9 of it)
//   softplus s = max(s, 0) + log(1 + e), e = exp(-|s|); log(1 + e) = 2 artanh z, z = e / (2 + e) <= 1/3, by its series
//   to z^15 (the rest is below 1.5e-9 of it)
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#define WEFT_INLINE inline __attribute__((always_inline))

namespace weft {

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

struct Judged {
  float sigmoid, rest, softplus;  // rest: 1 - sigmoid, with all its digits
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
  const float low = e * high;
  return {s < 0 ? low : high, s < 0 ? high : low, std::fma(z + z, series, s > 0 ? s : 0.f)};
}

}  // namespace weft
