// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kPi = 3.14159265358979323846;

uint64_t mix(uint64_t x) {  // the finaliser of splitmix64 (Steele et al., OOPSLA 2014)
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return c;
}

Stream::Stream(uint64_t seed, Purpose purpose, uint64_t step, uint64_t item) {
  WEFT_ASSERT(step < (1ull << 48) && item < (1ull << 48));
  const uint64_t key = mix(seed + 0x9E3779B97F4A7C15ull * (1 + static_cast<uint64_t>(purpose)));
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  const uint64_t high = (step >> 32 << 16) | (item >> 32);
  counter_ = {0, static_cast<uint32_t>(item), static_cast<uint32_t>(step), static_cast<uint32_t>(high)};
}

uint32_t Stream::bits() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double Stream::uniform() {
  return bits() * 0x1p-32;
}

uint64_t Stream::below(uint64_t n) {
  WEFT_ASSERT(n >= 1);
  const uint64_t limit =
      ~uint64_t{0} - (~uint64_t{0} % n + 1) % n;  // the last value that keeps every remainder equally likely
  for (;;) {
    const uint64_t high = bits();
    const uint64_t value = high << 32 | bits();
    if (value <= limit) return value % n;
  }
}

double Stream::normal() {  // Box and Muller; the second value is not kept, so that a draw costs the same everywhere
  const double radius = std::sqrt(-2 * std::log((bits() + 1.0) * 0x1p-32));
  return radius * std::cos(2 * kPi * uniform());
}

Permutation::Permutation(uint64_t size, uint64_t seed, uint64_t round) : size_(size), seed_(seed), round_(round) {
  WEFT_ASSERT(size >= 1);
  half_bits_ = 1;
  while (half_bits_ < 32 && (uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
}

uint64_t Permutation::encrypt(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (uint64_t r = 0; r < 8; ++r) {
    const uint64_t f = mix(right + mix(seed_ + mix(round_ * 8 + r)));
    const uint64_t next = (left ^ f) & mask;
    left = right;
    right = next;
  }
  return left << half_bits_ | right;
}

uint64_t Permutation::at(uint64_t index) const {
  WEFT_ASSERT(index < size_);
  do index = encrypt(index);
  while (index >= size_);
  return index;
}

}  // namespace weft
