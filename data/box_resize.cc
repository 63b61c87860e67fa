// SPDX-License-Identifier: Apache-2.0
// Weights of the antialiased resize and its way over the rows; the loops over pixels are in box_resize_paths.cc.
#include "data/box_resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace weft {

double filter_weight(Filter filter, double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (filter == Filter::bilinear) return std::max(0.0, 1 - x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return a * (((x - 5) * x + 8) * x - 4);
  return 0;
}

namespace {

// As fine as 16 bits allow.  What rounding leaves over goes to the largest weight, so that flat pictures stay flat.
void quantise(AxisTaps& taps, const std::vector<double>& exact, int most_bits) {
  const double largest = *std::max_element(exact.begin(), exact.end());
  taps.bits = most_bits;
  while (largest * (1 << taps.bits) > 32000) --taps.bits;
  const double one = 1 << taps.bits;
  taps.weights.resize(exact.size());
  for (size_t start = 0; start < exact.size(); start += taps.stride) {
    int left = 1 << taps.bits;
    size_t best = start;
    for (size_t t = start; t < start + taps.stride; ++t) {
      const int weight = static_cast<int>(exact[t] * one + (exact[t] < 0 ? -0.5 : 0.5));
      taps.weights[t] = static_cast<int16_t>(weight);
      left -= weight;
      if (exact[t] > exact[best]) best = t;
    }
    taps.weights[best] = static_cast<int16_t>(taps.weights[best] + left);
  }
}

// `group`: taps come in multiples of it.  Sums of `most_bits` fit into 32 bits.
void fill_taps(AxisTaps& taps, std::vector<double>& exact, int length, double from, double to, int size, Filter filter,
               int group, int most_bits) {
  const double step = (to - from) / size, stretch = std::max(step, 1.0), narrowing = 1 / stretch;
  const double reach = (filter == Filter::bilinear ? 1 : 2) * stretch;
  const auto first_of = [&](double centre) { return std::max(static_cast<int>(centre - reach + 0.5), 0); };
  const auto end_of = [&](double centre) { return std::min(static_cast<int>(centre + reach + 0.5), length); };
  int most = 0;
  taps.first.resize(size);
  for (int i = 0; i < size; ++i) {
    const double centre = from + (i + 0.5) * step;
    taps.first[i] = first_of(centre);
    most = std::max(most, end_of(centre) - taps.first[i]);
  }
  taps.stride = (most + group - 1) / group * group;
  exact.assign(static_cast<size_t>(size) * taps.stride, 0);
  for (int i = 0; i < size; ++i) {
    const double centre = from + (i + 0.5) * step;
    const int count = end_of(centre) - taps.first[i];
    double* weights = exact.data() + static_cast<size_t>(i) * taps.stride;
    double sum = 0;
    for (int t = 0; t < count; ++t)
      sum += weights[t] = filter_weight(filter, (taps.first[i] + t - centre + 0.5) * narrowing);
    for (int t = 0; t < count; ++t) weights[t] *= 1 / sum;
    if (i == size - 1) taps.source = {taps.first[0], taps.first[i] + count};
  }
  quantise(taps, exact, most_bits);
}

void run_backwards(AxisTaps& taps) {
  std::reverse(taps.first.begin(), taps.first.end());
  for (size_t front = 0, back = taps.weights.size() - taps.stride; front < back;
       front += taps.stride, back -= taps.stride)
    std::swap_ranges(taps.weights.begin() + front, taps.weights.begin() + front + taps.stride,
                     taps.weights.begin() + back);
}

void fill_pairs(AxisTaps& taps) {
  const size_t size = taps.first.size(), groups = static_cast<size_t>(taps.stride) / 2;
  taps.pairs.resize(groups * size);
  for (size_t i = 0; i < size; ++i)
    for (size_t g = 0; g < groups; ++g)
      std::memcpy(&taps.pairs[g * size + i], &taps.weights[i * taps.stride + 2 * g], sizeof(int32_t));
}

constexpr int kMostBitsDown = 22, kMostBitsAlong = 16;  // 255 and 255 * 64, with what a cubic overshoots, in 31 bits
constexpr int kPadding = 64;                            // what the passes may read beyond a row

}  // namespace

void ResizePlan::fill(int width, int height, const Box& box, int out_width, int out_height, int channels, Filter filter,
                      bool mirror_x, bool mirror_y) {
  WEFT_ASSERT(out_width >= 1 && out_height >= 1 && 0 <= box.x0 && 0 <= box.y0 && !box.is_empty());
  WEFT_ASSERT(box.x1 <= width && box.y1 <= height);
  fill_taps(along, scratch, width, box.x0, box.x1, out_width, filter, channels == 1 ? 8 : 2, kMostBitsAlong);
  fill_taps(down, scratch, height, box.y0, box.y1, out_height, filter, 2, kMostBitsDown);
  if (mirror_x) run_backwards(along);
  if (channels == 3) fill_pairs(along);
  y_back = mirror_y;
  for (int& first : along.first) first -= static_cast<int>(along.source.begin);  // as rows are given
}

void BoxResizer::run(RowSource& source, int channels, uint8_t* out) {
  WEFT_ASSERT(channels == 1 || channels == 3);
  const int count = static_cast<int>(plan.along.source.size()) * channels;
  const int width = plan.out_width(), height = plan.out_height(), stride = plan.down.stride;
  const int64_t plane = int64_t{width} * height;
  // A last group of taps may reach over the row's end, where the weights are 0.
  row_.resize(count + static_cast<size_t>(plan.along.stride) * channels + kPadding);
  rows_.resize(stride);
  int given = static_cast<int>(plan.down.source.begin), kept = 0;
  std::vector<const uint8_t*>& window = rows_;
  for (int y = 0; y < height; ++y) {
    const int first = plan.down.first[y];
    const int end = std::min<int>(first + stride, static_cast<int>(plan.down.source.end));
    const int dropped = std::min(kept, kept - (given - first));
    if (dropped > 0) {
      std::copy(window.begin() + dropped, window.begin() + kept, window.begin());
      kept -= dropped;
    }
    for (; given < first; ++given) source.row(given);
    for (; given < end; ++given) window[kept++] = source.row(given);
    for (int t = kept; t < stride; ++t) window[t] = window[kept - 1];  // weight 0
    path_.down(window.data(), plan.down.weights.data() + static_cast<size_t>(y) * stride, stride, plan.down.bits, count,
               row_.data());
    uint8_t* to = out + static_cast<size_t>(plan.y_back ? height - 1 - y : y) * width;
    if (channels == 1)
      path_.along1(row_.data(), plan.along, to);
    else
      path_.along3(row_.data(), plan.along, to, plane);
  }
  if (channels == 1)
    for (int c = 1; c < 3; ++c) std::memcpy(out + c * plane, out, plane);
}

}  // namespace weft
