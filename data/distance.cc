// SPDX-License-Identifier: Apache-2.0
#include "data/distance.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

template <class T>
constexpr T none =
    std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();

// Squares of the way up or down to the nearest 0 of each column.
template <class T>
std::vector<T> column_squares(const uint8_t* inside, int width, int height, Border border, T step) {
  std::vector<T> square(static_cast<size_t>(width) * height);
  const int far = width + height + 2, beyond = border == Border::outside ? 0 : far;
  std::vector<int> since(width, beyond);  // rows since the last 0
  std::vector<int> rows(square.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      rows[size_t(y) * width + x] = since[x] = inside[size_t(y) * width + x] ? std::min(since[x] + 1, far) : 0;
  std::fill(since.begin(), since.end(), beyond);
  for (int y = height - 1; y >= 0; --y)
    for (int x = 0; x < width; ++x) {
      const size_t i = size_t(y) * width + x;
      since[x] = inside[i] ? std::min(since[x] + 1, far) : 0;
      const T least = std::min(rows[i], since[x]);
      square[i] = least == far ? none<T> : (least * step) * (least * step);
    }
  return square;
}

// Replaces each number f(x) of a row by the least of f(v) + ((x - v) step)^2.
template <class T>
class Envelope {
 public:
  Envelope(int width, T step) : site_(width), from_(width), height_(width), step2_(step * step), width_(width) {}

  void apply(T* row) {
    int last = -1;  // site_[0 .. last]: parabolas of the envelope; site_[k] is lowest from from_[k] on
    for (int v = 0; v < width_; ++v) {
      if (row[v] == none<T>) continue;
      double from = -std::numeric_limits<double>::infinity();
      while (last >= 0 && (from = crossing(site_[last], height_[last], v, row[v])) <= from_[last]) --last;
      ++last;
      site_[last] = v;
      height_[last] = row[v];
      from_[last] = last == 0 ? -std::numeric_limits<double>::infinity() : from;
    }
    if (last < 0) return;
    for (int x = 0, k = 0; x < width_; ++x) {
      while (k < last && from_[k + 1] < x) ++k;
      const T way = x - site_[k];
      row[x] = height_[k] + way * way * step2_;
    }
  }

 private:
  // Where the parabola of the right site falls below that of the left one.
  double crossing(int left, T left_height, int right, T right_height) const {
    return (static_cast<double>(right_height - left_height) / static_cast<double>(step2_) +
            (double(right) * right - double(left) * left)) /
           (2.0 * (right - left));
  }

  std::vector<int> site_;
  std::vector<double> from_;
  std::vector<T> height_;
  T step2_;
  int width_;
};

template <class T>
std::vector<T> transform(const uint8_t* inside, int width, int height, Border border, T step_x, T step_y) {
  WEFT_ASSERT(width >= 0 && height >= 0 && step_x > 0 && step_y > 0);
  std::vector<T> square = column_squares(inside, width, height, border, step_y);
  Envelope<T> envelope(width, step_x);
  for (int y = 0; y < height; ++y) {
    T* row = square.data() + size_t(y) * width;
    envelope.apply(row);
    if (border == Border::nothing) continue;
    for (int x = 0; x < width; ++x) {
      const T side = std::min(x + 1, width - x) * step_x;
      row[x] = std::min(row[x], side * side);
    }
  }
  return square;
}

}  // namespace

std::vector<int64_t> squared_distances(const uint8_t* inside, int width, int height, Border border) {
  return transform<int64_t>(inside, width, height, border, 1, 1);
}

std::vector<double> squared_distances(const uint8_t* inside, int width, int height, Border border, double step_x,
                                      double step_y) {
  return transform<double>(inside, width, height, border, step_x, step_y);
}

}  // namespace weft
