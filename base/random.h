// SPDX-License-Identifier: Apache-2.0
// Random numbers without state: a stream is named by (seed, purpose, step, item), so that a draw depends neither on the
// rank nor on the thread that makes it, and a resumed run repeats it.  Philox4x32-10 (Salmon et al., SC 2011).
#pragma once

#include <array>
#include <cstdint>

namespace weft {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// Every use of randomness has a number of its own; a number is never given twice.
enum class Purpose : uint32_t {
  init = 1,
  order = 2,
  texts = 3,
  augment = 4,
  background = 5,
  split = 6,
  bootstrap = 7,
  mixture = 8,
  replacement = 9,
  strong_view = 10,
  mix = 11,
  scenes = 12,
  patch_dropout = 13,
  image_drop_path = 14,
  text_drop_path = 15,
  mix_partner = 20,
  mix_partner_view = 21,
  pasted_objects = 22,
  prompts = 23,
  regions = 24,
  objects = 25,
  mask_points = 26,
};

class Stream {
 public:
  // step and item below 2^48.
  Stream(uint64_t seed, Purpose purpose, uint64_t step, uint64_t item);

  uint32_t bits();
  double uniform();  // [0, 1), 32 bits
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  uint64_t below(uint64_t n);  // 0 .. n-1 without bias, n >= 1
  double normal();             // mean 0, variance 1
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// A permutation of 0 .. size-1 computed at a point, in no memory: a Feistel cipher with cycle walking.
class Permutation {
 public:
  Permutation(uint64_t size, uint64_t seed, uint64_t round);
  uint64_t at(uint64_t index) const;

 private:
  uint64_t encrypt(uint64_t value) const;
  uint64_t size_, seed_, round_;
  int half_bits_;
};

}  // namespace weft
