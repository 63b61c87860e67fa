// SPDX-License-Identifier: Apache-2.0
// Views that are turned or sheared, and the float twin of data/box_resize.cc for values beyond eight bits.
#include <algorithm>
#include <cmath>

#include "data/view_lanes.h"
#include "data/view_parts.h"

namespace weft {
namespace {

uint8_t rounded(float value, uint8_t) {
  return static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f);
}
float rounded(float value, float) {
  return value;
}

template <class T>
Lanes widened(const Planes<T>& planes, int first, int count) {
  Lanes lanes{planes.width, planes.height, std::vector<float>(4 * static_cast<size_t>(planes.plane()))};
  for (int c = 0; c < count; ++c) {
    const T* from = planes.row(first + c, 0);
    for (int64_t i = 0; i < planes.plane(); ++i) lanes.values[4 * static_cast<size_t>(i) + c] = from[i];
  }
  return lanes;
}

struct RealTaps {
  std::vector<int> first, count;
  std::vector<double> weights;
  int stride = 0;
};

RealTaps make_real_taps(int length, double from, double to, int size, Filter filter, bool backwards) {
  const double step = (to - from) / size, stretch = std::max(step, 1.0);
  const double reach = (filter == Filter::bilinear ? 1 : 2) * stretch;
  RealTaps taps;
  taps.stride = 2 * static_cast<int>(std::ceil(reach)) + 1;
  taps.weights.assign(static_cast<size_t>(size) * taps.stride, 0);
  for (int i = 0; i < size; ++i) {
    const double centre = from + ((backwards ? size - 1 - i : i) + 0.5) * step;
    const int first = std::max(static_cast<int>(centre - reach + 0.5), 0);
    const int count = std::min(static_cast<int>(centre + reach + 0.5), length) - first;
    double* weights = taps.weights.data() + static_cast<size_t>(i) * taps.stride;
    double sum = 0;
    for (int t = 0; t < count; ++t) sum += weights[t] = filter_weight(filter, (first + t - centre + 0.5) / stretch);
    for (int t = 0; t < count; ++t) weights[t] /= sum;
    taps.first.push_back(first);
    taps.count.push_back(count);
  }
  return taps;
}

}  // namespace

template <class T>
void sample_planes(const Planes<T>& from, const Affine& view_to_source, bool mirrored, const Planes<T>& view) {
  const T grey = rounded(mid_grey<T>(), T{});
  for (int first = 0; first < from.channels; first += 4) {
    const int count = std::min(4, from.channels - first);
    sample_lanes(widened(from, first, count), view_to_source, Outside::mirrored, view.width, view.height,
                 [&](int x, int y, const float* sums, double at_x, double at_y) {
                   const bool is_inside = 0 <= at_x && at_x < from.width && 0 <= at_y && at_y < from.height;
                   for (int c = 0; c < count; ++c)
                     view.row(first + c, y)[x] = mirrored || is_inside ? rounded(sums[c], T{}) : grey;
                 });
  }
}
template void sample_planes(const Planes<uint8_t>&, const Affine&, bool, const Planes<uint8_t>&);
template void sample_planes(const Planes<float>&, const Affine&, bool, const Planes<float>&);

void resize_values(const Raster& values, const Box& box, Filter filter, bool mirror_x, bool mirror_y,
                   const Planes<float>& out) {
  const RealTaps along = make_real_taps(values.width, box.x0, box.x1, out.width, filter, mirror_x);
  const RealTaps down = make_real_taps(values.height, box.y0, box.y1, out.height, filter, mirror_y);
  const size_t row_length = static_cast<size_t>(values.width) * values.channels;
  std::vector<double> row(row_length);
  for (int y = 0; y < out.height; ++y) {
    std::fill(row.begin(), row.end(), 0);
    for (int t = 0; t < down.count[y]; ++t) {
      const double weight = down.weights[static_cast<size_t>(y) * down.stride + t];
      const float* from = values.values.data() + row_length * (down.first[y] + t);
      for (size_t i = 0; i < row_length; ++i) row[i] += weight * from[i];
    }
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < out.channels; ++c) {
        double sum = 0;
        for (int t = 0; t < along.count[x]; ++t)
          sum += along.weights[static_cast<size_t>(x) * along.stride + t] *
                 row[static_cast<size_t>(along.first[x] + t) * values.channels + c];
        out.row(c, y)[x] = static_cast<float>(sum);
      }
  }
}

}  // namespace weft
