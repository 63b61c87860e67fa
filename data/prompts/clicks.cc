// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/clicks.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "data/distance.h"

namespace weft {
namespace {

PromptPoint click(size_t pixel, int width, PointLabel label) {
  const size_t row = pixel / width;
  return {static_cast<float>(pixel % width), static_cast<float>(row), label};
}

// Uniform over the pixels that `is_in` holds of: counted, then walked to.
template <class IsIn>
std::optional<size_t> draw_pixel(size_t size, const IsIn& is_in, Stream& stream) {
  uint64_t count = 0;
  for (size_t i = 0; i < size; ++i) count += is_in(i);
  if (count == 0) return {};
  uint64_t left = stream.below(count);
  for (size_t i = 0;; ++i)
    if (is_in(i) && left-- == 0) return i;
}

// The first of the deepest pixels of a region; clicked ones do not count.
struct Deepest {
  size_t pixel = 0;
  int64_t depth = 0;  // 0: there is none
};
template <class IsIn>
Deepest deepest(const MaskView& view, const IsIn& is_in, std::span<const uint8_t> clicked) {
  int left = view.width, top = view.height, right = -1, bottom = -1;
  for (int y = 0; y < view.height; ++y)
    for (int x = 0; x < view.width; ++x) {
      if (!is_in(size_t(y) * view.width + x)) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = y;
    }
  if (right < 0) return {};
  // Beside its box nothing is in the region, so the box alone, ringed by zeros, has the view's distances.
  const int width = right - left + 1, height = bottom - top + 1;
  const auto in_view = [&](size_t i) { return (top + i / width) * view.width + left + i % width; };
  std::vector<uint8_t> region(size_t(width) * height);
  for (size_t i = 0; i < region.size(); ++i) region[i] = is_in(in_view(i));
  const std::vector<int64_t> depth = squared_distances(region.data(), width, height, Border::outside);
  Deepest best;
  for (size_t i = 0; i < depth.size(); ++i)
    if (depth[i] > best.depth && (clicked.empty() || !clicked[in_view(i)])) best = {in_view(i), depth[i]};
  return best;
}

}  // namespace

std::optional<PromptPoint> inside_click(const MaskView& truth, Stream& stream) {
  const auto is_in = [&](size_t i) { return truth.inside[i] && truth.is_known(i); };
  const auto pixel = draw_pixel(truth.size(), is_in, stream);
  if (!pixel) return {};
  return click(*pixel, truth.width, PointLabel::positive);
}

std::optional<PromptPoint> outside_click(const MaskView& truth, Stream& stream) {
  const auto is_in = [&](size_t i) { return !truth.inside[i] && truth.is_known(i); };
  const auto pixel = draw_pixel(truth.size(), is_in, stream);
  if (!pixel) return {};
  return click(*pixel, truth.width, PointLabel::negative);
}

std::optional<PromptPoint> error_click(const MaskView& truth, const uint8_t* prediction, double from_truth,
                                       Stream& stream) {
  std::optional<PromptPoint> drawn;
  if (stream.chance(from_truth)) {
    drawn = inside_click(truth, stream);
  } else {
    const auto is_wrong = [&](size_t i) { return !truth.inside[i] != !prediction[i] && truth.is_known(i); };
    if (const auto pixel = draw_pixel(truth.size(), is_wrong, stream))
      drawn = click(*pixel, truth.width, truth.inside[*pixel] ? PointLabel::positive : PointLabel::negative);
  }
  if (!drawn) drawn = outside_click(truth, stream);
  if (!drawn) drawn = inside_click(truth, stream);
  return drawn;
}

std::optional<PromptPoint> centre_click(const MaskView& truth) {
  const std::vector<uint8_t> nothing(truth.size(), 0);
  return centre_error_click(truth, nothing.data(), {});
}

std::optional<PromptPoint> centre_error_click(const MaskView& truth, const uint8_t* prediction,
                                              std::span<const PromptPoint> clicked) {
  const int width = truth.width, height = truth.height;
  std::vector<uint8_t> before(clicked.empty() ? 0 : truth.size(), 0);
  for (const PromptPoint& point : clicked) {
    const long x = std::lround(point.x), y = std::lround(point.y);
    if (x >= 0 && x < width && y >= 0 && y < height) before[size_t(y) * width + x] = 1;
  }
  const auto is_missed = [&](size_t i) { return truth.inside[i] && !prediction[i] && truth.is_known(i); };
  const auto is_excess = [&](size_t i) { return !truth.inside[i] && prediction[i] && truth.is_known(i); };
  const Deepest missed = deepest(truth, is_missed, before), excess = deepest(truth, is_excess, before);
  if (missed.depth == 0 && excess.depth == 0) return {};
  if (missed.depth > excess.depth) return click(missed.pixel, width, PointLabel::positive);
  return click(excess.pixel, width, PointLabel::negative);
}

PromptPoint click_at(Point place, PointLabel label, int width, int height) {
  check(place.x >= 0 && place.x <= width && place.y >= 0 && place.y <= height, "a point at (", place.x, ", ", place.y,
        ") lies outside the view of ", width, " x ", height, " pixels");
  return {place.x - 0.5f, place.y - 0.5f, label};
}

}  // namespace weft
