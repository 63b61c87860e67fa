// SPDX-License-Identifier: Apache-2.0
// Content hashes (XXH3) and the checksum of single samples and TensorBoard records (CRC-32C).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/files.h"

namespace weft {

// What a sample is called everywhere: the XXH3-128 of its bytes, so that equal content has one name.
struct Uid {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Uid&) const = default;
  std::string text() const;  // 32 hexadecimal digits
};

Uid content_uid(const void* data, size_t size);
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);
std::string hash_text(uint64_t hash);        // 16 hexadecimal digits
std::string hash_of_file(const Path& path);  // hash_text of its content, read in pieces

// CRC-32C (Castagnoli): crc32c("123456789") = e3069283.  Uses the CPU's instruction where there is one.
uint32_t crc32c(const void* data, size_t size, uint32_t start = 0);

}  // namespace weft

template <>
struct std::hash<weft::Uid> {
  size_t operator()(const weft::Uid& uid) const noexcept { return uid.low; }
};
