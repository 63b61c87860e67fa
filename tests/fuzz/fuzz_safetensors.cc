// SPDX-License-Identifier: Apache-2.0
#include "base/safetensors.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  const float values[6] = {1, 2, 3, 4, 5, 6};
  std::string file =
      safetensors_header({{"a.weight", "F32", {2, 2}, values}, {"b", "I64", {1}, values}}, {{"format", "pt"}});
  file.append(24, 'x');
  return {bytes_of(file)};
}

void parse(const Bytes& input) {
  for (const SafetensorsEntry& entry : parse_safetensors(input.data(), input.size()).entries)
    WEFT_ASSERT(entry.begin <= entry.end && entry.end <= input.size());
}

}  // namespace weft::fuzz
