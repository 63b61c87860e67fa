// SPDX-License-Identifier: Apache-2.0
// Numbers from (name, index), the same as tests/golden/counter_fill.py, so that large models need not be kept:
//   z = splitmix64(fnv1a64(name) + (index + 1) 0x9E3779B97F4A7C15),  u = (z >> 40) / 2^23 - 1 in [-1, 1)
#pragma once

#include <ATen/ops/empty.h>

#include <cmath>
#include <string>

#include "models/parameters.h"

namespace weft {

class CounterBits {
 public:
  explicit CounterBits(const std::string& name) {
    for (const char c : name) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 1099511628211ull;
  }
  uint64_t at(int64_t index) const {
    uint64_t z = hash_ + (static_cast<uint64_t>(index) + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  uint64_t hash_ = 14695981039346656037ull;
};

inline void fill_by_counter(ParameterSet& parameters) {
  for (Parameter& parameter : parameters.all()) {
    const std::string& name = parameter.name;
    const int64_t count = parameter.value.numel();
    const bool is_vector = parameter.value.dim() < 2, is_norm = is_vector && name.ends_with("weight");
    bool is_table = false;
    for (const char* part : {"token_embedding", "positional_embedding", "pos_embed", "latent"})
      is_table = is_table || name.find(part) != std::string::npos;
    double scale = is_vector ? 0.1 : 0.5;
    if (!is_vector && !is_table) scale = std::sqrt(3.0 / static_cast<double>(count / parameter.value.size(0)));
    const CounterBits bits(name);
    float* data = parameter.value.data_ptr<float>();
    for (int64_t i = 0; i < count; ++i)
      data[i] = static_cast<float>((is_norm ? 1 : 0) + scale * (static_cast<double>(bits.at(i) >> 40) / (1 << 23) - 1));
  }
}

// u8 [images, 3, side, side]
inline Tensor pixels_by_counter(int64_t images, int64_t side) {
  Tensor pixels = at::empty({images, 3, side, side}, at::kByte);
  const CounterBits bits("pixels");
  for (int64_t i = 0; i < pixels.numel(); ++i) pixels.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(bits.at(i) >> 56);
  return pixels;
}

}  // namespace weft
