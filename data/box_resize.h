// SPDX-License-Identifier: Apache-2.0
// Antialiased resize of a box to u8 planes, one pass over the source's rows: first down (rows are weighted and added as
// they come), then along.  Output i of n over [a, b) looks at the source around c = a + (i + 1/2) s, s = (b - a) / n,
// through a triangle or a cubic (a = -1/2) stretched by max(s, 1), as Pillow's and torchvision's antialiased filters
// do. Weights are 16-bit fixed point; between the passes values keep 6 bits of fraction; rounding is once, at the end.
// Within 1 of Pillow, which rounds after each pass (and clamps what a cubic overshoots after each, we at the end).
// Integers throughout: the same bytes on every instruction set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/range.h"
#include "data/geometry.h"

namespace weft {

enum class Filter : uint8_t { bilinear, bicubic };
double filter_weight(Filter filter, double x);  // not stretched

// One axis: output i sums weights[i * stride + t] * source[first[i] + t] over t < stride, in 1 / 2^bits; weights past
// the filter's reach are 0.
struct AxisTaps {
  int stride = 0, bits = 0;
  std::vector<int> first;
  std::vector<int16_t> weights;
  std::vector<int32_t> pairs;  // of three channels along: taps 2 g and 2 g + 1 of output i at [g * outputs + i]
  Range source;                // what of the source is read
};

// What a resize reads and with which weights.  A plan is filled anew for every view and keeps its memory.
struct ResizePlan {
  AxisTaps along, down;
  bool y_back = false;  // rows are written from the last to the first
  std::vector<double> scratch;
  // A box within width x height; channels 1 or 3.  The result may be mirrored either way.
  void fill(int width, int height, const Box& box, int out_width, int out_height, int channels, Filter filter,
            bool mirror_x = false, bool mirror_y = false);
  int out_width() const { return static_cast<int>(along.first.size()); }
  int out_height() const { return static_cast<int>(down.first.size()); }
};

// Rows of pixels (channels interleaved) that come in order: row(y) is called with y that never falls, and the last
// `down.stride` rows given out stay as they are.  A row starts with the column `along.source.begin`.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const uint8_t* row(int y) = 0;
};

// A way to do the two passes; the fastest that the machine has is taken.
struct ResizePath {
  const char* name;
  // Adds rows[t][x] * weights[t] over the taps (an even number of them) and keeps 6 bits of fraction.
  void (*down)(const uint8_t* const* rows, const int16_t* weights, int taps, int bits, int count, int16_t* out);
  void (*along1)(const int16_t* row, const AxisTaps& taps, uint8_t* out);
  void (*along3)(const int16_t* row, const AxisTaps& taps, uint8_t* out, int64_t plane);
};
std::span<const ResizePath> resize_paths();  // the portable one first, the fastest last

// A resize with its buffers; one for each thread.
class BoxResizer {
 public:
  ResizePlan plan;
  explicit BoxResizer(const ResizePath& path = resize_paths().back()) : path_(path) {}
  // Writes the plan's three planes one behind the other; of one channel, all three are alike.
  void run(RowSource& source, int channels, uint8_t* out);

 private:
  ResizePath path_;
  std::vector<int16_t> row_;
  std::vector<const uint8_t*> rows_;
};

}  // namespace weft
