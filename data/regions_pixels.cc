// SPDX-License-Identifier: Apache-2.0
// The counterfactual regions that come with pixels of their own.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "data/distance.h"
#include "data/prompts/boxes.h"
#include "data/regions.h"

namespace weft {
namespace {

constexpr int kPlanes = 3, kFade = 2, kGrid = 3;

struct ColourJitter {
  double factor = 1, shift = 0;
  uint8_t apply(uint8_t value) const {
    return static_cast<uint8_t>(std::clamp(std::lround(value * factor + shift), 0l, 255l));
  }
};

bool covers_too_much(const Region& moved, std::span<const MaskView> objects) {
  return std::any_of(objects.begin(), objects.end(), [&](const MaskView& object) {
    int64_t area = 0, covered = 0;
    for (size_t i = 0; i < moved.size(); ++i) {
      if (!object.inside[i] || !object.is_known(i)) continue;
      ++area;
      covered += moved[i];
    }
    return 2 * covered > area;
  });
}

}  // namespace

std::optional<MadeRegion> transplant(const MaskView& object, const uint8_t* from, uint8_t* onto,
                                     std::span<const MaskView> onto_objects, Stream& stream) {
  const auto box = box_around(object);
  if (!box) return {};
  const int width = object.width, height = object.height;
  const size_t size = object.size();
  Region inside(size);
  for (size_t i = 0; i < size; ++i) inside[i] = object.inside[i] && object.is_known(i);

  Region moved;
  int64_t way = 0;  // in pixels of the plane
  for (int attempt = 0;; ++attempt) {
    if (attempt == kRegionTries) return {};
    const auto x = static_cast<int64_t>(stream.below(static_cast<uint64_t>(width - box->width()) + 1));
    const auto y = static_cast<int64_t>(stream.below(static_cast<uint64_t>(height - box->height()) + 1));
    way = (y - int64_t(box->y0)) * width + (x - int64_t(box->x0));
    moved.assign(size, 0);
    for (size_t i = 0; i < size; ++i)
      if (inside[i]) moved[size_t(int64_t(i) + way)] = 1;
    if (!covers_too_much(moved, onto_objects)) break;
  }

  std::array<ColourJitter, kPlanes> jitter;
  for (ColourJitter& plane : jitter) plane = {stream.uniform(0.8, 1.2), stream.uniform(-16, 16)};
  const auto depth = squared_distances(inside.data(), width, height, Border::outside);
  for (size_t i = 0; i < size; ++i) {
    if (!inside[i]) continue;
    const double alpha = std::min(1.0, std::sqrt(double(depth[i])) / (kFade + 1));
    for (size_t plane = 0; plane < kPlanes; ++plane) {
      uint8_t& below = onto[plane * size + size_t(int64_t(i) + way)];
      const uint8_t above = jitter[plane].apply(from[plane * size + i]);
      below = static_cast<uint8_t>(std::lround(alpha * above + (1 - alpha) * below));
    }
  }
  return MadeRegion{Counterfactual::transplant, std::move(moved), 1, 0};
}

std::optional<MadeRegion> shuffle_pixels(const MaskView& region, bool is_stuff, uint8_t* pixels, Stream& stream) {
  const auto box = box_around(region);
  if (!box || box->width() < kGrid || box->height() < kGrid) return {};
  const size_t size = region.size(), width = size_t(region.width);
  const size_t left = size_t(box->x0), top = size_t(box->y0);
  const size_t cell_x = size_t(box->width()) / kGrid, cell_y = size_t(box->height()) / kGrid;
  MadeRegion made{is_stuff ? Counterfactual::shuffle_stuff : Counterfactual::shuffle_object, Region(size), 0,
                  is_stuff ? 1 : kUnsaid};
  int64_t area = 0;
  for (size_t i = 0; i < size; ++i) area += made.inside[i] = region.inside[i] && region.is_known(i);

  std::array<size_t, kGrid * kGrid> cell;
  std::vector<std::pair<size_t, size_t>> moves;  // to, from
  for (int attempt = 0; attempt < kRegionTries; ++attempt) {
    std::iota(cell.begin(), cell.end(), size_t{0});
    for (size_t i = cell.size(); i > 1; --i) std::swap(cell[i - 1], cell[stream.below(i)]);
    moves.clear();
    for (size_t c = 0; c < cell.size(); ++c) {
      if (cell[c] == c) continue;
      for (size_t v = 0; v < cell_y; ++v)
        for (size_t u = 0; u < cell_x; ++u) {
          const auto pixel = [&](size_t of) {
            return (top + of / kGrid * cell_y + v) * width + left + of % kGrid * cell_x + u;
          };
          if (made.inside[pixel(c)] && made.inside[pixel(cell[c])]) moves.emplace_back(pixel(c), pixel(cell[c]));
        }
    }
    if (2 * int64_t(moves.size()) < area) continue;
    for (size_t plane = 0; plane < kPlanes; ++plane) {
      const std::vector<uint8_t> before(pixels + plane * size, pixels + (plane + 1) * size);
      for (const auto& [to, from] : moves) pixels[plane * size + to] = before[from];
    }
    return made;
  }
  return {};
}

}  // namespace weft
