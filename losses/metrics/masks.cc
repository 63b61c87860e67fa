// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/masks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "data/distance.h"

namespace weft {
namespace {

using Plane = std::vector<uint8_t>;

Plane known_part(const uint8_t* inside, const MaskView& of) {
  Plane part(of.size());
  for (size_t i = 0; i < part.size(); ++i) part[i] = inside[i] && of.is_known(i);
  return part;
}

// 1 where the whole square of 2 steps + 1 pixels around a pixel is 1: rows, then columns, by the run that ends here.
Plane eroded(const Plane& mask, int width, int height, int steps) {
  Plane rows(mask.size()), result(mask.size());
  const auto along = [steps](const Plane& from, Plane& to, size_t first, int length, size_t stride) {
    int run = 0;
    for (int i = 0; i < length; ++i) {
      run = from[first + i * stride] ? run + 1 : 0;
      if (i >= steps) to[first + (i - steps) * stride] = run > 2 * steps;
    }
    for (int i = std::max(0, length - steps); i < length; ++i) to[first + i * stride] = 0;
  };
  for (int y = 0; y < height; ++y) along(mask, rows, size_t(y) * width, width, 1);
  for (int x = 0; x < width; ++x) along(rows, result, size_t(x), height, size_t(width));
  return result;
}

Plane band_of(const Plane& mask, int width, int height, int steps) {
  Plane band = eroded(mask, width, height, steps);
  for (size_t i = 0; i < band.size(); ++i) band[i] = mask[i] && !band[i];
  return band;
}

// A contour by marching squares: its length in each square of four pixels, which may lie half outside the picture.
struct Contour {
  std::vector<double> length;  // (width + 1) x (height + 1); 0: the contour is not here
  std::vector<uint8_t> is_elsewhere;
  double total = 0;
};
Contour contour_of(const Plane& mask, int width, int height, double step_x, double step_y) {
  const double diagonal = std::hypot(step_x, step_y) / 2;
  Contour contour;
  contour.length.assign(size_t(width + 1) * (height + 1), 0);
  contour.is_elsewhere.assign(contour.length.size(), 1);
  const auto at = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < height && mask[size_t(y) * width + x] != 0;
  };
  for (int y = 0; y <= height; ++y)
    for (int x = 0; x <= width; ++x) {
      const bool a = at(x - 1, y - 1), b = at(x, y - 1), c = at(x - 1, y), d = at(x, y);
      const int inside = a + b + c + d;
      if (inside == 0 || inside == 4) continue;
      const size_t i = size_t(y) * (width + 1) + x;
      contour.length[i] = inside != 2 ? diagonal : a == b ? step_x : a == c ? step_y : 2 * diagonal;
      contour.is_elsewhere[i] = 0;
      contour.total += contour.length[i];
    }
  return contour;
}

double length_near(const Contour& contour, const Contour& other, int width, int height, double tolerance, double step_x,
                   double step_y) {
  const auto square =
      squared_distances(other.is_elsewhere.data(), width + 1, height + 1, Border::nothing, step_x, step_y);
  double near = 0;
  for (size_t i = 0; i < square.size(); ++i)
    if (std::sqrt(square[i]) <= tolerance) near += contour.length[i];
  return near;
}

}  // namespace

double Overlap::iou() const {
  const int64_t either = truth + prediction - both;
  return either == 0 ? 1 : double(both) / double(either);
}

double Overlap::dice() const {
  return truth + prediction == 0 ? 1 : 2 * double(both) / double(truth + prediction);
}

Overlap overlap(const MaskView& truth, const uint8_t* prediction) {
  Overlap sum;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!truth.is_known(i)) continue;
    const bool in_truth = truth.inside[i], in_prediction = prediction[i];
    sum.truth += in_truth;
    sum.prediction += in_prediction;
    sum.both += in_truth && in_prediction;
  }
  return sum;
}

double boundary_iou(const MaskView& truth, const uint8_t* prediction, double share) {
  const int steps = std::max(1, static_cast<int>(std::nearbyint(share * std::hypot(truth.width, truth.height))));
  const auto band = [&](const uint8_t* inside) {
    return band_of(known_part(inside, truth), truth.width, truth.height, steps);
  };
  const Plane truth_band = band(truth.inside), prediction_band = band(prediction);
  return overlap({truth_band.data(), truth.known, truth.width, truth.height}, prediction_band.data()).iou();
}

double surface_dice(const MaskView& truth, const uint8_t* prediction, double tolerance, double step_x, double step_y) {
  check(tolerance >= 0 && step_x > 0 && step_y > 0, "surface distance: tolerance is ", tolerance, " and pixels are ",
        step_x, " x ", step_y, "; wanted a tolerance >= 0 and pixels > 0");
  const int width = truth.width, height = truth.height;
  const Contour of_truth = contour_of(known_part(truth.inside, truth), width, height, step_x, step_y);
  const Contour of_prediction = contour_of(known_part(prediction, truth), width, height, step_x, step_y);
  const double total = of_truth.total + of_prediction.total;
  if (total == 0) return 1;
  return (length_near(of_truth, of_prediction, width, height, tolerance, step_x, step_y) +
          length_near(of_prediction, of_truth, width, height, tolerance, step_x, step_y)) /
         total;
}

}  // namespace weft
