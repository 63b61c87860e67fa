// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: how to make a few valid inputs, and what to do with any bytes.  An Error is a good answer; a
// crash, a sanitizer's report, any other exception and an input that takes too long are not.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace weft::fuzz {

std::vector<Bytes> seeds();  // of the target
void parse(const Bytes& input);

inline Bytes bytes_of(const std::string& text) {
  return Bytes(text.begin(), text.end());
}
inline std::string text_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace weft::fuzz

extern "C" inline __attribute__((used)) int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    weft::fuzz::parse(weft::Bytes(data, data + size));
  } catch (const weft::Error&) {
  }
  return 0;
}
