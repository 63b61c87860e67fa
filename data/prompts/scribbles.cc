// SPDX-License-Identifier: Apache-2.0
// Differences from the paper's own program: a warp takes the nearest pixel (its scribbles are grey, ours are bytes),
// the contour of a set is its pixels beside others instead of Canny's edges of it, and scribbles are not dilated.
#include "data/prompts/scribbles.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/prompts/plane.h"
#include "data/prompts/skeleton.h"

namespace weft {
namespace {

using Bytes2 = std::vector<uint8_t>;  // one a pixel

size_t ones(const Bytes2& plane) {
  return static_cast<size_t>(std::count_if(plane.begin(), plane.end(), [](uint8_t v) { return v != 0; }));
}

Bytes2 both(Bytes2 a, const Bytes2& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] = a[i] && b[i];
  return a;
}

size_t pixel_of(const Bytes2& region, uint64_t k) {  // the k-th that is not 0
  for (size_t i = 0;; ++i)
    if (region[i] && k-- == 0) return i;
}

void draw_line(Bytes2& plane, int width, size_t from, size_t to) {
  const int x0 = int(from % width), y0 = int(from / width), x1 = int(to % width), y1 = int(to / width);
  const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
  for (int s = 0; s <= steps; ++s) {
    const long x = std::lround(x0 + double(x1 - x0) * s / steps), y = std::lround(y0 + double(y1 - y0) * s / steps);
    plane[size_t(y) * width + x] = 1;
  }
}

Bytes2 lines_in(const Bytes2& region, int width, int lines, Stream& stream) {
  const uint64_t count = ones(region);
  Bytes2 plane(region.size(), 0);
  for (int n = 0; n < lines; ++n) {
    const size_t from = pixel_of(region, stream.below(count)), to = pixel_of(region, stream.below(count));
    draw_line(plane, width, from, to);
  }
  return plane;
}

Bytes2 centerline_of(const Bytes2& region, int width, int height) {
  Bytes2 inner = region;
  for (int x = 0; x < width; ++x) inner[x] = inner[inner.size() - width + x] = 0;
  for (int y = 0; y < height; ++y) inner[size_t(y) * width] = inner[size_t(y + 1) * width - 1] = 0;
  const Bytes2 line = skeleton_of(inner, width, height);
  return ones(line) ? line : region;  // all of it lies on the view's border
}

// The pixels of `set` beside one that is not in it, or beside the view's edge.
Bytes2 contour_of(const Bytes2& set, int width, int height) {
  Bytes2 edge(set.size(), 0);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const size_t i = size_t(y) * width + x;
      edge[i] = set[i] && (x == 0 || y == 0 || x + 1 == width || y + 1 == height || !set[i - 1] || !set[i + 1] ||
                           !set[i - width] || !set[i + width]);
    }
  return edge;
}

Bytes2 shrunk_contour_of(const Bytes2& region, int width, int height, Stream& stream) {
  constexpr int kRadius = 16;  // 33 taps
  std::vector<float> outside(region.size());
  for (size_t i = 0; i < region.size(); ++i) outside[i] = region[i] ? 0.f : 1.f;
  const std::vector<float> blurred = blur(outside, width, height, stream.uniform(5, 20), kRadius);
  float low = 1, high = 0;
  for (size_t i = 0; i < region.size(); ++i)
    if (region[i]) low = std::min(low, blurred[i]), high = std::max(high, blurred[i]);
  const float level = std::max(low, static_cast<float>(stream.uniform(low, high)));
  Bytes2 set(region.size());
  for (size_t i = 0; i < region.size(); ++i) set[i] = region[i] && blurred[i] <= level;
  return contour_of(set, width, height);
}

// Where smooth noise is positive: about half of the view, in blobs.
Bytes2 broken(const Bytes2& scribble, int width, int height, Stream& stream) {
  const std::vector<float> noise = smooth_noise(width, height, stream.uniform(4, 16), stream);
  Bytes2 kept = scribble;
  for (size_t i = 0; i < kept.size(); ++i) kept[i] = kept[i] && noise[i] > 0;
  return ones(kept) ? kept : scribble;
}

Bytes2 warped(const Bytes2& scribble, int width, int height, Stream& stream) {
  const std::vector<float> dx = displacement(width, height, stream.uniform(4, 16), stream.uniform(1, 6), stream);
  const std::vector<float> dy = displacement(width, height, stream.uniform(4, 16), stream.uniform(1, 6), stream);
  Bytes2 moved(scribble.size(), 0);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const size_t i = size_t(y) * width + x;
      const long from_x = std::lround(x + dx[i]), from_y = std::lround(y + dy[i]);
      if (from_x < 0 || from_x >= width || from_y < 0 || from_y >= height) continue;
      moved[i] = scribble[size_t(from_y) * width + from_x];
    }
  return moved;
}

}  // namespace

std::vector<uint8_t> draw_scribble(const MaskView& region, ScribbleKind kind, int lines, Stream& stream) {
  WEFT_ASSERT(lines >= 1);
  const int width = region.width, height = region.height;
  Bytes2 inside(region.size());
  for (size_t i = 0; i < inside.size(); ++i) inside[i] = region.inside[i] && region.is_known(i);
  if (!ones(inside)) return inside;
  const auto unwarped = [&] {
    switch (kind) {
      case ScribbleKind::line:
        return lines_in(inside, width, lines, stream);
      case ScribbleKind::centerline:
        return broken(centerline_of(inside, width, height), width, height, stream);
      case ScribbleKind::contour:
        return broken(shrunk_contour_of(inside, width, height, stream), width, height, stream);
    }
    WEFT_ASSERT(false);
  };
  const Bytes2 scribble = unwarped();
  const Bytes2 moved = both(warped(scribble, width, height, stream), inside);
  return ones(moved) ? moved : both(scribble, inside);
}

std::vector<uint8_t> outside_of(const MaskView& region) {
  std::vector<uint8_t> outside(region.size());
  for (size_t i = 0; i < outside.size(); ++i) outside[i] = !region.inside[i] && region.is_known(i);
  return outside;
}

PromptPoints points_of(const std::vector<uint8_t>& scribble, int width, int64_t count, PointLabel label,
                       Stream& stream) {
  PromptPoints points;
  uint64_t left = ones(scribble), wanted = std::min<uint64_t>(left, static_cast<uint64_t>(count));
  for (size_t i = 0; wanted > 0; ++i) {
    if (!scribble[i]) continue;
    if (stream.below(left--) >= wanted) continue;
    const size_t row = i / width;
    points.push_back({float(i % width), float(row), label});
    --wanted;
  }
  return points;
}

}  // namespace weft
