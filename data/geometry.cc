// SPDX-License-Identifier: Apache-2.0
#include "data/geometry.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

static_assert(std::endian::native == std::endian::little, "geometry is little-endian, and so is every copy here");

template <class T>
void put(Bytes& bytes, std::initializer_list<T> values) {
  for (const T value : values) {
    const size_t at = bytes.size();
    bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
}

template <class T>
std::vector<T> numbers_of(const Bytes& geometry, size_t count, const char* what) {
  check(geometry.size() == count * sizeof(T), what, " has ", geometry.size(), " bytes of geometry, wanted ",
        count * sizeof(T));
  std::vector<T> numbers(count);
  if (count > 0) std::memcpy(numbers.data(), geometry.data(), geometry.size());
  return numbers;
}

std::vector<float> finite_numbers_of(const Bytes& geometry, size_t count, const char* what) {
  std::vector<float> numbers = numbers_of<float>(geometry, count, what);
  for (const float number : numbers) check(std::isfinite(number), what, " holds the number ", number);
  return numbers;
}

}  // namespace

Box intersection(const Box& a, const Box& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

Point Affine::apply(Point at) const {
  return {static_cast<float>(a * at.x + b * at.y + c), static_cast<float>(d * at.x + e * at.y + f)};
}

Affine Affine::then(const Affine& next) const {
  return {next.a * a + next.b * d, next.a * b + next.b * e, next.a * c + next.b * f + next.c,
          next.d * a + next.e * d, next.d * b + next.e * e, next.d * c + next.e * f + next.f};
}

Affine Affine::inverse() const {
  const double determinant = a * e - b * d;
  check(std::isfinite(determinant) && determinant != 0, "a map of the plane has the determinant ", determinant,
        " and no inverse");
  const Affine turned{e / determinant, -b / determinant, 0, -d / determinant, a / determinant, 0};
  return {turned.a, turned.b, -(turned.a * c + turned.b * f), turned.d, turned.e, -(turned.d * c + turned.e * f)};
}

double Affine::scale() const {
  return std::sqrt(std::abs(a * e - b * d));
}

Affine upright_map(int orientation, double stored_width, double stored_height) {
  check(orientation >= 1 && orientation <= 8, "the EXIF orientation is ", orientation, ", wanted 1 to 8");
  const double w = stored_width, h = stored_height;
  switch (orientation) {
    case 1:
      return {};
    case 2:
      return {-1, 0, w, 0, 1, 0};
    case 3:
      return {-1, 0, w, 0, -1, h};
    case 4:
      return {1, 0, 0, 0, -1, h};
    case 5:
      return {0, 1, 0, 1, 0, 0};
    case 6:
      return {0, -1, h, 1, 0, 0};
    case 7:
      return {0, -1, h, -1, 0, w};
    default:
      return {0, 1, 0, -1, 0, w};
  }
}

Bytes box_bytes(const Box& box) {
  Bytes bytes;
  put<float>(bytes, {float(box.x0), float(box.y0), float(box.x1), float(box.y1)});
  return bytes;
}

Bytes point_bytes(Point point) {
  Bytes bytes;
  put<float>(bytes, {point.x, point.y});
  return bytes;
}

Bytes scribble_bytes(const Scribble& scribble) {
  Bytes bytes;
  put<float>(bytes, {scribble.width});
  for (const Point& point : scribble.points) put<float>(bytes, {point.x, point.y});
  return bytes;
}

Bytes mask_bytes(const Rle& mask) {
  check_rle(mask);
  Bytes bytes;
  put<uint32_t>(bytes, {mask.height, mask.width});
  for (uint32_t run : mask.runs) {
    for (; run >= 0x80; run >>= 7) bytes.push_back(static_cast<uint8_t>(run | 0x80));
    bytes.push_back(static_cast<uint8_t>(run));
  }
  return bytes;
}

Bytes uid_bytes(const Uid& uid) {
  Bytes bytes;
  put<uint64_t>(bytes, {uid.high, uid.low});
  return bytes;
}

Box box_of(const Bytes& geometry) {
  const std::vector<float> edges = finite_numbers_of(geometry, 4, "a box");
  const Box box{edges[0], edges[1], edges[2], edges[3]};
  check(!box.is_empty(), "a box is ", box.x0, " ", box.y0, " ", box.x1, " ", box.y1, ", wanted x0 < x1 and y0 < y1");
  return box;
}

Point point_of(const Bytes& geometry) {
  const std::vector<float> at = finite_numbers_of(geometry, 2, "a point");
  return {at[0], at[1]};
}

Scribble scribble_of(const Bytes& geometry) {
  check(geometry.size() >= 12 && geometry.size() % 8 == 4, "a scribble has ", geometry.size(),
        " bytes of geometry, wanted a width and at least one point");
  const std::vector<float> numbers = finite_numbers_of(geometry, geometry.size() / 4, "a scribble");
  check(numbers[0] > 0, "a scribble has the width ", numbers[0], ", wanted more than 0");
  Scribble scribble{.width = numbers[0], .points = {}};
  for (size_t i = 1; i < numbers.size(); i += 2) scribble.points.push_back({numbers[i], numbers[i + 1]});
  return scribble;
}

Rle mask_of(const Bytes& geometry) {
  check(geometry.size() >= 8, "a mask has ", geometry.size(), " bytes of geometry, wanted its height and width first");
  Rle mask;
  std::memcpy(&mask.height, geometry.data(), 4);
  std::memcpy(&mask.width, geometry.data() + 4, 4);
  for (size_t at = 8; at < geometry.size();) {
    uint64_t run = 0;
    for (int bits = 0;; bits += 7) {
      check(at < geometry.size(), "a mask ends in the middle of run ", mask.runs.size());
      check(bits < 35, "run ", mask.runs.size(), " of a mask has more than 5 bytes");
      run |= uint64_t{geometry[at] & 0x7fu} << bits;
      if (geometry[at++] < 0x80) break;
    }
    check(run <= std::numeric_limits<uint32_t>::max(), "run ", mask.runs.size(), " of a mask is ", run);
    mask.runs.push_back(static_cast<uint32_t>(run));
  }
  check_rle(mask);
  return mask;
}

Uid uid_of(const Bytes& geometry) {
  const std::vector<uint64_t> halves = numbers_of<uint64_t>(geometry, 2, "a pair");
  return {halves[0], halves[1]};
}

}  // namespace weft
