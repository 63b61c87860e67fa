// SPDX-License-Identifier: Apache-2.0
// Numbers out of a file's bytes, in the byte order that the file says; reading past the end is an Error.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace weft {

static_assert(std::endian::native == std::endian::little);

class ByteReader {
 public:
  ByteReader(const uint8_t* data, size_t size, bool big_endian = false)
      : data_(data), size_(size), big_endian_(big_endian) {}

  template <class Number>
  Number get() {
    std::array<uint8_t, sizeof(Number)> bytes;
    std::memcpy(bytes.data(), take(bytes.size()), bytes.size());
    if (big_endian_) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Number>(bytes);
  }
  const uint8_t* take(size_t count) {
    check(count <= left(), "the data ends after ", size_, " bytes; wanted ", count, " from byte ", at_, " on");
    at_ += count;
    return data_ + at_ - count;
  }
  void seek(size_t place) {
    check(place <= size_, "the data ends after ", size_, " bytes; wanted those from byte ", place, " on");
    at_ = place;
  }
  void skip(size_t count) { take(count); }
  size_t at() const { return at_; }
  size_t left() const { return size_ - at_; }
  bool big_endian() const { return big_endian_; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
  bool big_endian_;
};

}  // namespace weft
