// SPDX-License-Identifier: Apache-2.0
// The two passes of data/box_resize.h over one row, for each instruction set.  All of them add the same integers.
#include <algorithm>
#include <cstring>
#include <vector>

#include "data/box_resize.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)  // GCC 12 warns of what its own header of AVX-512 does
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace weft {
namespace {

constexpr int kFraction = 6;  // bits kept between the passes

int32_t rounded(int32_t sum, int bits) {
  return (sum + (1 << (bits - 1))) >> bits;
}

void down_from(int begin, const uint8_t* const* rows, const int16_t* weights, int taps, int bits, int count,
               int16_t* out) {
  for (int x = begin; x < count; ++x) {
    int32_t sum = 0;
    for (int t = 0; t < taps; ++t) sum += rows[t][x] * weights[t];
    out[x] = static_cast<int16_t>(rounded(sum, bits - kFraction));
  }
}

template <int kChannels>
void along_from(size_t begin, const int16_t* row, const AxisTaps& taps, uint8_t* out, int64_t plane) {
  for (size_t x = begin; x < taps.first.size(); ++x) {
    const int16_t* weights = taps.weights.data() + x * taps.stride;
    const int16_t* from = row + static_cast<size_t>(taps.first[x]) * kChannels;
    for (int c = 0; c < kChannels; ++c) {
      int32_t sum = 0;
      for (int t = 0; t < taps.stride; ++t) sum += from[t * kChannels + c] * weights[t];
      out[c * plane + static_cast<int64_t>(x)] =
          static_cast<uint8_t>(std::clamp(rounded(sum, taps.bits + kFraction), 0, 255));
    }
  }
}

void down_portable(const uint8_t* const* rows, const int16_t* weights, int taps, int bits, int count, int16_t* out) {
  down_from(0, rows, weights, taps, bits, count, out);
}
void along1_portable(const int16_t* row, const AxisTaps& taps, uint8_t* out) {
  along_from<1>(0, row, taps, out, 0);
}
void along3_portable(const int16_t* row, const AxisTaps& taps, uint8_t* out, int64_t plane) {
  along_from<3>(0, row, taps, out, plane);
}

#if defined(__x86_64__)
#define WEFT_AVX2 __attribute__((target("avx2")))
#define WEFT_AVX512 __attribute__((target("avx512f,avx512bw")))

// Two weights as the two halves of every 32 bits.
int pair_of(const int16_t* weights) {
  int pair;
  std::memcpy(&pair, weights, sizeof pair);
  return pair;
}

WEFT_AVX2 void down_avx2(const uint8_t* const* rows, const int16_t* weights, int taps, int bits, int count,
                         int16_t* out) {
  constexpr int kStep = 32;
  if (count < kStep) return down_from(0, rows, weights, taps, bits, count, out);
  const __m256i zero = _mm256_setzero_si256(), half = _mm256_set1_epi32(1 << (bits - kFraction - 1));
  const __m128i shift = _mm_cvtsi32_si128(bits - kFraction);
  for (int begin = 0; begin < count; begin += kStep) {
    const int x = std::min(begin, count - kStep);  // the last step overlaps the one before it
    __m256i sum0 = half, sum1 = half, sum2 = half, sum3 = half;
    for (int t = 0; t < taps; t += 2) {
      const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[t] + x));
      const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[t + 1] + x));
      const __m256i pair = _mm256_set1_epi32(pair_of(weights + t));
      const __m256i low = _mm256_unpacklo_epi8(a, b), high = _mm256_unpackhi_epi8(a, b);
      sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), pair));
      sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), pair));
      sum2 = _mm256_add_epi32(sum2, _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), pair));
      sum3 = _mm256_add_epi32(sum3, _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), pair));
    }
    const __m256i low = _mm256_packs_epi32(_mm256_sra_epi32(sum0, shift), _mm256_sra_epi32(sum1, shift));
    const __m256i high = _mm256_packs_epi32(_mm256_sra_epi32(sum2, shift), _mm256_sra_epi32(sum3, shift));
    __m256i* to = reinterpret_cast<__m256i*>(out + x);
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(low, high, 0x31));
  }
}

// Eight taps of one output are one product; four outputs are added together.
WEFT_AVX2 void along1_avx2(const int16_t* row, const AxisTaps& taps, uint8_t* out) {
  const size_t size = taps.first.size(), whole = size / 4 * 4;
  const __m128i half = _mm_set1_epi32(1 << (taps.bits + kFraction - 1));
  const __m128i shift = _mm_cvtsi32_si128(taps.bits + kFraction);
  for (size_t x = 0; x < whole; x += 4) {
    __m128i sums[4];
    for (size_t i = 0; i < 4; ++i) {
      const int16_t* from = row + taps.first[x + i];
      const int16_t* weights = taps.weights.data() + (x + i) * taps.stride;
      sums[i] = _mm_setzero_si128();
      for (int t = 0; t < taps.stride; t += 8)
        sums[i] =
            _mm_add_epi32(sums[i], _mm_madd_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + t)),
                                                  _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + t))));
    }
    __m128i four = _mm_hadd_epi32(_mm_hadd_epi32(sums[0], sums[1]), _mm_hadd_epi32(sums[2], sums[3]));
    four = _mm_sra_epi32(_mm_add_epi32(four, half), shift);
    const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(four, four), four));
    std::memcpy(out + x, &bytes, sizeof bytes);
  }
  along_from<1>(whole, row, taps, out, 0);
}

// Of each of the four outputs a lane of 128 bits holds R0 R1 G0 G1 B0 B1 of two taps, and becomes R G B and nothing.
WEFT_AVX2 inline __m128i lane_at(const int16_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
WEFT_AVX2 inline __m128i colours_of_taps() {
  return _mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
}

// Bytes R G B and nothing of four outputs, in the order that `planes` undoes, to three planes.
WEFT_AVX2 inline void store_planes(__m128i bytes, __m128i planes, uint8_t* out, int64_t plane) {
  bytes = _mm_shuffle_epi8(bytes, planes);
  const int four[3] = {_mm_cvtsi128_si32(bytes), _mm_extract_epi32(bytes, 1), _mm_extract_epi32(bytes, 2)};
  for (int c = 0; c < 3; ++c) std::memcpy(out + c * plane, &four[c], sizeof four[c]);
}

WEFT_AVX2 void along3_avx2(const int16_t* row, const AxisTaps& taps, uint8_t* out, int64_t plane) {
  const size_t size = taps.first.size(), whole = size / 4 * 4, groups = static_cast<size_t>(taps.stride) / 2;
  const __m256i half = _mm256_set1_epi32(1 << (taps.bits + kFraction - 1));
  const __m128i shift = _mm_cvtsi32_si128(taps.bits + kFraction);
  const __m256i colours = _mm256_broadcastsi128_si256(colours_of_taps());
  const __m256i first_two = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1),
                last_two = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
  const __m128i planes = _mm_setr_epi8(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
  for (size_t x = 0; x < whole; x += 4) {
    const int16_t* from[4];
    for (size_t i = 0; i < 4; ++i) from[i] = row + static_cast<size_t>(taps.first[x + i]) * 3;
    __m256i sum01 = half, sum23 = half;
    for (size_t g = 0; g < groups; ++g) {
      const __m256i pairs =
          _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(taps.pairs.data() + g * size + x)));
      const __m256i taps01 =
          _mm256_inserti128_si256(_mm256_castsi128_si256(lane_at(from[0] + 6 * g)), lane_at(from[1] + 6 * g), 1);
      const __m256i taps23 =
          _mm256_inserti128_si256(_mm256_castsi128_si256(lane_at(from[2] + 6 * g)), lane_at(from[3] + 6 * g), 1);
      sum01 = _mm256_add_epi32(sum01, _mm256_madd_epi16(_mm256_shuffle_epi8(taps01, colours),
                                                        _mm256_permutevar8x32_epi32(pairs, first_two)));
      sum23 = _mm256_add_epi32(
          sum23, _mm256_madd_epi16(_mm256_shuffle_epi8(taps23, colours), _mm256_permutevar8x32_epi32(pairs, last_two)));
    }
    const __m256i both = _mm256_packs_epi32(_mm256_sra_epi32(sum01, shift), _mm256_sra_epi32(sum23, shift));
    store_planes(_mm_packus_epi16(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1)), planes, out + x,
                 plane);
  }
  along_from<3>(whole, row, taps, out, plane);
}

WEFT_AVX512 void down_avx512(const uint8_t* const* rows, const int16_t* weights, int taps, int bits, int count,
                             int16_t* out) {
  constexpr int kStep = 64;
  if (count < kStep) return down_avx2(rows, weights, taps, bits, count, out);
  const __m512i zero = _mm512_setzero_si512(), half = _mm512_set1_epi32(1 << (bits - kFraction - 1));
  // The 128-bit lanes of both packed vectors in the order in which the bytes came.
  const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  const __m128i shift = _mm_cvtsi32_si128(bits - kFraction);
  for (int begin = 0; begin < count; begin += kStep) {
    const int x = std::min(begin, count - kStep);
    __m512i sum0 = half, sum1 = half, sum2 = half, sum3 = half;
    for (int t = 0; t < taps; t += 2) {
      const __m512i a = _mm512_loadu_si512(rows[t] + x), b = _mm512_loadu_si512(rows[t + 1] + x);
      const __m512i pair = _mm512_set1_epi32(pair_of(weights + t));
      const __m512i low = _mm512_unpacklo_epi8(a, b), high = _mm512_unpackhi_epi8(a, b);
      sum0 = _mm512_add_epi32(sum0, _mm512_madd_epi16(_mm512_unpacklo_epi8(low, zero), pair));
      sum1 = _mm512_add_epi32(sum1, _mm512_madd_epi16(_mm512_unpackhi_epi8(low, zero), pair));
      sum2 = _mm512_add_epi32(sum2, _mm512_madd_epi16(_mm512_unpacklo_epi8(high, zero), pair));
      sum3 = _mm512_add_epi32(sum3, _mm512_madd_epi16(_mm512_unpackhi_epi8(high, zero), pair));
    }
    const __m512i low = _mm512_packs_epi32(_mm512_sra_epi32(sum0, shift), _mm512_sra_epi32(sum1, shift));
    const __m512i high = _mm512_packs_epi32(_mm512_sra_epi32(sum2, shift), _mm512_sra_epi32(sum3, shift));
    _mm512_storeu_si512(out + x, _mm512_permutex2var_epi64(low, front, high));
    _mm512_storeu_si512(out + x + kStep / 2, _mm512_permutex2var_epi64(low, back, high));
  }
}

WEFT_AVX512 void along3_avx512(const int16_t* row, const AxisTaps& taps, uint8_t* out, int64_t plane) {
  const size_t size = taps.first.size(), whole = size / 4 * 4, groups = static_cast<size_t>(taps.stride) / 2;
  const __m512i half = _mm512_set1_epi32(1 << (taps.bits + kFraction - 1));
  const __m128i shift = _mm_cvtsi32_si128(taps.bits + kFraction);
  const __m512i colours = _mm512_broadcast_i32x4(colours_of_taps());
  const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m128i planes = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  for (size_t x = 0; x < whole; x += 4) {
    const int16_t* from[4];
    for (size_t i = 0; i < 4; ++i) from[i] = row + static_cast<size_t>(taps.first[x + i]) * 3;
    __m512i sum = half;
    for (size_t g = 0; g < groups; ++g) {
      const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps.pairs.data() + g * size + x));
      __m512i four = _mm512_castsi128_si512(lane_at(from[0] + 6 * g));
      four = _mm512_inserti32x4(four, lane_at(from[1] + 6 * g), 1);
      four = _mm512_inserti32x4(four, lane_at(from[2] + 6 * g), 2);
      four = _mm512_inserti32x4(four, lane_at(from[3] + 6 * g), 3);
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_shuffle_epi8(four, colours),
                                                    _mm512_permutexvar_epi32(lanes, _mm512_castsi128_si512(pairs))));
    }
    const __m512i whole_numbers = _mm512_max_epi32(_mm512_sra_epi32(sum, shift), _mm512_setzero_si512());
    store_planes(_mm512_cvtusepi32_epi8(whole_numbers), planes, out + x, plane);
  }
  along_from<3>(whole, row, taps, out, plane);
}
#endif

std::vector<ResizePath> find_paths() {
  std::vector<ResizePath> paths = {{"portable", down_portable, along1_portable, along3_portable}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) paths.push_back({"avx2", down_avx2, along1_avx2, along3_avx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
    paths.push_back({"avx512", down_avx512, along1_avx2, along3_avx512});
#endif
  return paths;
}

}  // namespace

std::span<const ResizePath> resize_paths() {
  static const std::vector<ResizePath> paths = find_paths();
  return paths;
}

}  // namespace weft
