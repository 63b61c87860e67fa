// SPDX-License-Identifier: Apache-2.0
#include "data/formats/rle.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

uint64_t pixels_of(uint32_t height, uint32_t width) {
  const uint64_t pixels = uint64_t{height} * width;
  check(pixels <= std::numeric_limits<uint32_t>::max(), "a mask of ", width, " x ", height, " pixels is too large");
  return pixels;
}

// Runs being put one behind the other; equal neighbours become one.
class Runs {
 public:
  void add(uint64_t length, bool is_foreground) {
    if (length == 0) return;
    if (runs_.empty() && is_foreground) runs_.push_back(0);
    const bool last_is_foreground = runs_.size() % 2 == 0;
    if (!runs_.empty() && is_foreground == last_is_foreground)
      runs_.back() += static_cast<uint32_t>(length);
    else
      runs_.push_back(static_cast<uint32_t>(length));
  }
  // Foreground at [begin, end), behind everything so far.
  void add_foreground(uint64_t begin, uint64_t end) {
    add(begin - at_, false), add(end - begin, true);
    at_ = end;
  }
  Rle finish(uint32_t height, uint32_t width, uint64_t pixels) {
    add(pixels - at_, false);
    if (runs_.empty()) runs_.push_back(0);
    return {height, width, std::move(runs_)};
  }

 private:
  std::vector<uint32_t> runs_;
  uint64_t at_ = 0;
};

// Calls piece(column, first row, row behind the last) for what is foreground, in order.
template <class Piece>
void for_each_piece(const Rle& mask, Piece&& piece) {
  check_rle(mask);
  uint64_t at = 0;
  for (size_t i = 0; i < mask.runs.size(); at += mask.runs[i], ++i) {
    if (i % 2 == 0) continue;
    for (uint64_t begin = at, end = at + mask.runs[i]; begin < end;) {
      const uint64_t column = begin / mask.height, row = begin % mask.height;
      const uint64_t rows = std::min(end - begin, mask.height - row);
      piece(static_cast<uint32_t>(column), static_cast<uint32_t>(row), static_cast<uint32_t>(row + rows));
      begin += rows;
    }
  }
}

// Calls stretch(length, in a, in b) for stretches over which neither mask changes.
template <class Stretch>
void walk_both(const Rle& a, const Rle& b, Stretch&& stretch) {
  check_rle(a), check_rle(b);
  check(a.height == b.height && a.width == b.width, "a mask of ", a.width, " x ", a.height, " meets one of ", b.width,
        " x ", b.height, "; wanted masks of one size");
  size_t i = 0, j = 0;
  uint32_t left_a = a.runs.empty() ? 0 : a.runs[0], left_b = b.runs.empty() ? 0 : b.runs[0];
  while (i < a.runs.size() && j < b.runs.size()) {
    const uint32_t length = std::min(left_a, left_b);
    stretch(length, i % 2 == 1, j % 2 == 1);
    left_a -= length, left_b -= length;
    if (left_a == 0 && ++i < a.runs.size()) left_a = a.runs[i];
    if (left_b == 0 && ++j < b.runs.size()) left_b = b.runs[j];
  }
}

// Where the outline crosses the middles of columns, as places in column-major order; an even number at one place is
// none.  Two neighbouring columns of the grid of fifths, 5c + 2 and 5c + 3, enclose the middle of column c.
class Crossings {
 public:
  Crossings(uint32_t height, uint32_t width) : height_(height), width_(width) {}

  void add_edge(int64_t x0, int64_t y0, int64_t x1, int64_t y1) {
    const int64_t dx = std::abs(x1 - x0), dy = std::abs(y1 - y0);
    if (dx == 0) return;
    if (dx >= dy ? x0 > x1 : y0 > y1) std::swap(x0, x1), std::swap(y0, y1);
    const int64_t left = std::min(x0, x1), right = std::max(x0, x1);
    const int64_t first = left <= 2 ? 0 : (left + 2) / 5;  // smallest c with left <= 5c + 2
    for (int64_t c = first; c < width_ && 5 * c + 3 <= right; ++c) {
      if (dx >= dy) {
        const double slope = static_cast<double>(y1 - y0) / static_cast<double>(dx);
        const auto y_at = [&](int64_t x) { return static_cast<int64_t>(y0 + slope * (x - x0) + .5); };
        add(c, std::min(y_at(5 * c + 2), y_at(5 * c + 3)));
      } else {
        add(c, y0 + last_step_before(x0, static_cast<double>(x1 - x0) / static_cast<double>(dy), dy, c));
      }
    }
    if (places_.size() > limit_) tidy();
  }

  Rle finish() {
    tidy();
    Runs runs;
    const uint64_t pixels = uint64_t{height_} * width_;
    for (size_t i = 0; i < places_.size(); i += 2)
      runs.add_foreground(places_[i], i + 1 < places_.size() ? places_[i + 1] : pixels);
    return runs.finish(height_, width_, pixels);
  }

 private:
  // A steep edge steps down row by row: the last step at which it has not yet crossed the middle of column c.
  static int64_t last_step_before(int64_t x0, double slope, int64_t steps, int64_t c) {
    const auto has_crossed = [&](int64_t t) {
      const auto x = static_cast<int64_t>(x0 + slope * t + .5);
      return slope > 0 ? x >= 5 * c + 3 : x <= 5 * c + 2;
    };
    auto t = std::clamp(static_cast<int64_t>((5 * c + 2.5 - x0) / slope), int64_t{0}, steps);
    while (t > 0 && has_crossed(t)) --t;
    while (t < steps && !has_crossed(t + 1)) ++t;
    return t;
  }
  void add(int64_t column, int64_t y_in_fifths) {
    const double y = std::clamp((static_cast<double>(y_in_fifths) + .5) / 5 - .5, 0., static_cast<double>(height_));
    places_.push_back(static_cast<uint64_t>(column) * height_ + static_cast<uint64_t>(std::ceil(y)));
  }
  void tidy() {  // sorted, and pairs gone, so that there are no more places than pixels
    std::sort(places_.begin(), places_.end());
    size_t kept = 0;
    for (const uint64_t place : places_)
      if (kept > 0 && places_[kept - 1] == place)
        --kept;
      else
        places_[kept++] = place;
    places_.resize(kept);
    limit_ = std::max(limit_, 2 * kept);
  }

  uint32_t height_, width_;
  std::vector<uint64_t> places_;
  size_t limit_ = size_t{1} << 20;
};

// In fifths of a pixel, rounded as the COCO API does (towards 0 where negative).
int64_t in_fifths(double coordinate) {
  constexpr double kLargest = 1e8;
  check(std::abs(coordinate) <= kLargest, "a corner lies at ", coordinate, ", wanted a number within ", kLargest);
  return static_cast<int64_t>(5 * coordinate + .5);
}

}  // namespace

void check_rle(const Rle& mask) {
  const uint64_t pixels = pixels_of(mask.height, mask.width);
  uint64_t sum = 0;
  for (size_t i = 0; i < mask.runs.size(); ++i) {
    check(mask.runs[i] > 0 || i == 0, "run ", i, " of a mask is 0; only the first may be");
    sum += mask.runs[i];
  }
  check(sum == pixels, "the runs of a mask add up to ", sum, " pixels, but it has ", mask.width, " x ", mask.height);
}

Rle rle_of_bitmap(const uint8_t* pixels, uint32_t height, uint32_t width) {
  const uint64_t count = pixels_of(height, width);
  Runs runs;
  for (uint64_t x = 0; x < width; ++x)
    for (uint64_t y = 0; y < height;) {
      const bool is_foreground = pixels[y * width + x] != 0;
      uint64_t end = y + 1;
      while (end < height && (pixels[end * width + x] != 0) == is_foreground) ++end;
      if (is_foreground) runs.add_foreground(x * height + y, x * height + end);
      y = end;
    }
  return runs.finish(height, width, count);
}

void paint_rle(const Rle& mask, uint8_t* pixels, uint8_t value) {
  for_each_piece(mask, [&](uint64_t column, uint64_t begin, uint64_t end) {
    for (uint64_t row = begin; row < end; ++row) pixels[row * mask.width + column] = value;
  });
}

std::string rle_to_string(const Rle& mask) {
  check_rle(mask);
  std::string text;
  for (size_t i = 0; i < mask.runs.size(); ++i) {
    int64_t rest = mask.runs[i];
    if (i > 2) rest -= mask.runs[i - 2];
    bool has_more = true;
    while (has_more) {
      int64_t group = rest & 0x1f;
      rest >>= 5;
      has_more = (group & 0x10) ? rest != -1 : rest != 0;
      if (has_more) group |= 0x20;
      text.push_back(static_cast<char>(group + 48));
    }
  }
  return text;
}

Rle rle_from_string(std::string_view text, uint32_t height, uint32_t width) {
  constexpr int kMostBits = 35;  // seven groups hold every difference of two runs
  std::vector<uint64_t> counts;
  for (size_t at = 0; at < text.size();) {
    int64_t value = 0;
    int bits = 0;
    bool has_more = true;
    while (has_more) {
      check(at < text.size(), "the run-length string ends at character ", at, " in the middle of a number");
      const int group = static_cast<unsigned char>(text[at]) - 48;
      check(group >= 0 && group < 64, "character ", at, " of the run-length string is no part of one (code ",
            static_cast<int>(static_cast<unsigned char>(text[at])), ")");
      check(bits < kMostBits, "the number at character ", at, " of the run-length string is too large");
      value |= int64_t{group & 0x1f} << bits;
      bits += 5;
      has_more = (group & 0x20) != 0;
      if (!has_more && (group & 0x10)) value -= int64_t{1} << bits;
      ++at;
    }
    if (counts.size() > 2) value += static_cast<int64_t>(counts[counts.size() - 2]);
    check(value >= 0 && value <= std::numeric_limits<uint32_t>::max(), "the run that ends at character ", at - 1,
          " of the run-length string is ", value);
    counts.push_back(static_cast<uint64_t>(value));
  }
  return rle_from_counts(counts, height, width);
}

Rle rle_from_counts(const std::vector<uint64_t>& counts, uint32_t height, uint32_t width) {
  const uint64_t pixels = pixels_of(height, width);
  uint64_t sum = 0;
  Runs runs;
  for (size_t i = 0; i < counts.size(); ++i) {
    check(counts[i] <= pixels - sum, "run ", i, " of the mask ends beyond its ", width, " x ", height, " pixels");
    if (i % 2 == 1) runs.add_foreground(sum, sum + counts[i]);
    sum += counts[i];
  }
  check(sum == pixels, "the runs of the mask end after ", sum, " of its ", width, " x ", height, " pixels");
  return runs.finish(height, width, pixels);
}

Rle rle_of_polygon(const std::vector<double>& xy, uint32_t height, uint32_t width) {
  pixels_of(height, width);
  check(xy.size() % 2 == 0, "a polygon has ", xy.size(), " numbers, wanted pairs");
  std::vector<int64_t> corners;
  corners.reserve(xy.size() + 2);
  for (const double coordinate : xy) corners.push_back(in_fifths(coordinate));
  Crossings crossings(height, width);
  for (size_t i = 0; i < corners.size(); i += 2) {
    const size_t next = (i + 2) % corners.size();
    crossings.add_edge(corners[i], corners[i + 1], corners[next], corners[next + 1]);
  }
  return crossings.finish();
}

uint64_t area_of(const Rle& mask) {
  check_rle(mask);
  uint64_t area = 0;
  for (size_t i = 1; i < mask.runs.size(); i += 2) area += mask.runs[i];
  return area;
}

std::array<double, 4> box_of_rle(const Rle& mask) {
  check_rle(mask);
  uint32_t left = mask.width, top = mask.height, right = 0, bottom = 0, at = 0;
  for (size_t i = 0; i < mask.runs.size(); at += mask.runs[i], ++i) {
    if (i % 2 == 0) continue;
    const uint32_t last = at + mask.runs[i] - 1;
    const bool is_one_column = at / mask.height == last / mask.height;  // else it holds a last row and a first one
    left = std::min(left, at / mask.height), right = std::max(right, last / mask.height + 1);
    top = std::min(top, is_one_column ? at % mask.height : 0);
    bottom = std::max(bottom, is_one_column ? last % mask.height + 1 : mask.height);
  }
  if (right == 0) return {};
  return {double(left), double(top), double(right - left), double(bottom - top)};
}

Rle merge(const std::vector<Rle>& masks, bool intersect) {
  check(!masks.empty(), "no masks to merge, wanted at least one");
  Rle all = masks[0];
  check_rle(all);
  for (size_t i = 1; i < masks.size(); ++i) {
    Runs runs;
    uint64_t at = 0;
    walk_both(all, masks[i], [&](uint32_t length, bool in_a, bool in_b) {
      if (intersect ? in_a && in_b : in_a || in_b) runs.add_foreground(at, at + length);
      at += length;
    });
    all = runs.finish(all.height, all.width, at);
  }
  return all;
}

double iou(const Rle& a, const Rle& b, bool b_is_crowd) {
  uint64_t both = 0, any = 0, in_first = 0;
  walk_both(a, b, [&](uint32_t length, bool in_a, bool in_b) {
    if (in_a && in_b) both += length;
    if (in_a || in_b) any += length;
    if (in_a) in_first += length;
  });
  return both == 0 ? 0 : static_cast<double>(both) / static_cast<double>(b_is_crowd ? in_first : any);
}

Rle crop(const Rle& mask, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
  check(x <= mask.width && width <= mask.width - x && y <= mask.height && height <= mask.height - y, "a crop of ",
        width, " x ", height, " at ", x, " ", y, " leaves the mask of ", mask.width, " x ", mask.height);
  Runs runs;
  for_each_piece(mask, [&](uint32_t column, uint32_t begin, uint32_t end) {
    begin = std::max(begin, y), end = std::min(end, y + height);
    if (column < x || column >= x + width || begin >= end) return;
    const uint64_t start = uint64_t{column - x} * height;
    runs.add_foreground(start + begin - y, start + end - y);
  });
  return runs.finish(height, width, uint64_t{height} * width);
}

Rle mirrored(const Rle& mask) {
  struct Piece {
    uint64_t column, begin, end;
  };
  std::vector<Piece> pieces;
  for_each_piece(mask, [&](uint32_t column, uint32_t begin, uint32_t end) {
    pieces.push_back({mask.width - 1 - column, begin, end});
  });
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.column < b.column; });
  Runs runs;
  for (const Piece& piece : pieces)
    runs.add_foreground(piece.column * mask.height + piece.begin, piece.column * mask.height + piece.end);
  return runs.finish(mask.height, mask.width, uint64_t{mask.height} * mask.width);
}

}  // namespace weft
