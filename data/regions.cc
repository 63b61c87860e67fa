// SPDX-License-Identifier: Apache-2.0
#include "data/regions.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "data/distance.h"
#include "data/prompts/boxes.h"

namespace weft {
namespace {

Region known_part(const MaskView& mask) {
  Region part(mask.size());
  for (size_t i = 0; i < part.size(); ++i) part[i] = mask.inside[i] && mask.is_known(i);
  return part;
}

int64_t area_of(const Region& region) {
  return std::count(region.begin(), region.end(), uint8_t{1});
}

// Over what is known of the other mask.
double iou_with(const Region& region, const MaskView& other) {
  WEFT_ASSERT(region.size() == other.size());
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < region.size(); ++i) {
    if (!other.is_known(i)) continue;
    both += region[i] && other.inside[i];
    either += region[i] || other.inside[i];
  }
  return either == 0 ? 0 : double(both) / double(either);
}

bool is_like_any(const Region& region, std::span<const MaskView> labelled, double iou) {
  return std::any_of(labelled.begin(), labelled.end(),
                     [&](const MaskView& other) { return iou_with(region, other) >= iou; });
}

size_t draw_pixel(const Region& region, int64_t area, Stream& stream) {
  uint64_t left = stream.below(static_cast<uint64_t>(area));
  for (size_t i = 0;; ++i)
    if (region[i] && left-- == 0) return i;
}

// A connected blob of `wanted` pixels within `room`, grown from one of them by random neighbours; empty where the room
// around it is too small.
Region grow_blob(const Region& room, int width, int height, size_t seed, int64_t wanted, Stream& stream) {
  Region blob(room.size(), 0), seen(room.size(), 0);
  std::vector<size_t> frontier{seed};
  seen[seed] = 1;
  while (wanted > 0 && !frontier.empty()) {
    std::swap(frontier[stream.below(frontier.size())], frontier.back());
    const size_t i = frontier.back();
    frontier.pop_back();
    blob[i] = 1;
    --wanted;
    const auto reach = [&](bool is_there, size_t next) {
      if (!is_there || !room[next] || seen[next]) return;
      seen[next] = 1;
      frontier.push_back(next);
    };
    const int x = int(i % width), y = int(i / width);
    reach(x > 0, i - 1);
    reach(x + 1 < width, i + 1);
    reach(y > 0, i - width);
    reach(y + 1 < height, i + width);
  }
  return wanted > 0 ? Region{} : blob;
}

// The first of kRegionTries draws that `make` does not reject with an empty region.
template <class Make>
std::optional<MadeRegion> first_made(Counterfactual kind, float stuff, const Make& make) {
  for (int attempt = 0; attempt < kRegionTries; ++attempt) {
    Region region = make();
    if (!region.empty()) return MadeRegion{kind, std::move(region), 0, stuff};
  }
  return {};
}

// The object and, where one pixel (of eight neighbours) is beside it, the other.
bool touch(const Region& object, const MaskView& other) {
  const int width = other.width, height = other.height;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const size_t i = size_t(y) * width + x;
      if (!other.inside[i] || !other.is_known(i)) continue;
      for (int v = std::max(0, y - 1); v <= std::min(height - 1, y + 1); ++v)
        for (int u = std::max(0, x - 1); u <= std::min(width - 1, x + 1); ++u)
          if (object[size_t(v) * width + u]) return true;
    }
  return false;
}

Region with_ring(const MaskView& object, const Region& inside, double radius) {
  Region outside(inside.size()), merged(inside.size());
  for (size_t i = 0; i < inside.size(); ++i) outside[i] = !inside[i];
  const auto square = squared_distances(outside.data(), object.width, object.height, Border::nothing);
  for (size_t i = 0; i < inside.size(); ++i)
    merged[i] = inside[i] || (object.is_known(i) && double(square[i]) <= radius * radius);
  return merged;
}

}  // namespace

const char* name_of(Counterfactual kind) {
  switch (kind) {
    case Counterfactual::fragment:
      return "fragment";
    case Counterfactual::hole:
      return "hole";
    case Counterfactual::merge:
      return "merge";
    case Counterfactual::shift:
      return "shift";
    case Counterfactual::stuff_piece:
      return "stuff piece";
    case Counterfactual::transplant:
      return "transplant";
    case Counterfactual::shuffle_object:
      return "shuffle (object)";
    case Counterfactual::shuffle_stuff:
      return "shuffle (stuff)";
  }
  WEFT_ASSERT(false);
}

std::optional<MadeRegion> make_fragment(const MaskView& object, std::span<const MaskView> others, Stream& stream) {
  const Region inside = known_part(object);
  const int64_t area = area_of(inside);
  if (area < 2) return {};
  return first_made(Counterfactual::fragment, kUnsaid, [&]() -> Region {
    const size_t through = draw_pixel(inside, area, stream);
    const double angle = stream.uniform(0, 2 * std::numbers::pi), across = std::cos(angle), down = std::sin(angle);
    const int width = object.width, x0 = int(through % width), y0 = int(through / width);
    Region side(inside.size());
    for (size_t i = 0; i < inside.size(); ++i)
      side[i] = inside[i] && (int(i % width) - x0) * across + (int(i / width) - y0) * down > 0;
    const double share = double(area_of(side)) / double(area);
    if (share < 0.25 || share > 0.75 || is_like_any(side, others, kSameRegion)) return {};
    return side;
  });
}

std::optional<MadeRegion> make_hole(const MaskView& object, std::span<const MaskView> others, Stream& stream) {
  const Region inside = known_part(object);
  const int64_t area = area_of(inside);
  // Pixels whose eight neighbours are all inside: a blob of them opens nothing.
  const auto depth = squared_distances(inside.data(), object.width, object.height, Border::outside);
  Region core(inside.size());
  for (size_t i = 0; i < core.size(); ++i) core[i] = depth[i] > 2;
  const int64_t room = area_of(core);
  if (room == 0) return {};
  return first_made(Counterfactual::hole, kUnsaid, [&]() -> Region {
    const auto wanted = static_cast<int64_t>(std::ceil(stream.uniform(0.2, 0.5) * double(area)));
    const size_t seed = draw_pixel(core, room, stream);
    const Region blob = grow_blob(core, object.width, object.height, seed, wanted, stream);
    if (blob.empty()) return {};
    Region rest = inside;
    for (size_t i = 0; i < rest.size(); ++i) rest[i] = inside[i] && !blob[i];
    return is_like_any(rest, others, kSameRegion) ? Region{} : rest;
  });
}

std::optional<MadeRegion> make_merge(const MaskView& object, std::span<const MaskView> others, Stream& stream) {
  const Region inside = known_part(object);
  const int64_t area = area_of(inside);
  if (area == 0) return {};
  std::vector<const MaskView*> touching;
  for (const MaskView& other : others)
    if (touch(inside, other)) touching.push_back(&other);
  return first_made(Counterfactual::merge, kUnsaid, [&]() -> Region {
    Region merged = inside;
    if (!touching.empty() && stream.chance(0.5)) {
      const Region other = known_part(*touching[stream.below(touching.size())]);
      for (size_t i = 0; i < merged.size(); ++i) merged[i] = inside[i] || other[i];
    } else {
      merged = with_ring(object, inside, std::max(1.0, stream.uniform(0.15, 0.3) * std::sqrt(double(area))));
    }
    // A part adds nothing and a whole takes all: what looks like something labelled is no merge.
    const bool is_labelled = is_like_any(merged, others, kSameRegion) || iou_with(merged, object) >= kSameRegion;
    return is_labelled ? Region{} : merged;
  });
}

std::optional<MadeRegion> make_shift(const MaskView& object, std::span<const MaskView> others, Stream& stream) {
  const Region inside = known_part(object);
  const auto box = box_around(object);
  if (!box) return {};
  const int64_t area = area_of(inside);
  const int width = object.width, height = object.height;
  return first_made(Counterfactual::shift, kUnsaid, [&]() -> Region {
    const double angle = stream.uniform(0, 2 * std::numbers::pi), way = stream.uniform(0.3, 0.7);
    const long dx = std::lround(way * std::cos(angle) * box->width());
    const long dy = std::lround(way * std::sin(angle) * box->height());
    Region moved(inside.size(), 0);
    for (size_t i = 0; i < inside.size(); ++i) {
      if (!inside[i]) continue;
      const long x = long(i % width) + dx, y = long(i / width) + dy;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const size_t to = size_t(y) * width + x;
      moved[to] = object.is_known(to);
    }
    if (2 * area_of(moved) < area) return {};
    const bool is_near = is_like_any(moved, others, kNearRegion) || iou_with(moved, object) >= kNearRegion;
    return is_near ? Region{} : moved;
  });
}

std::optional<MadeRegion> make_stuff_piece(const MaskView& stuff, Stream& stream) {
  const Region inside = known_part(stuff);
  const int64_t area = area_of(inside);
  if (area < 2) return {};
  return first_made(Counterfactual::stuff_piece, 1, [&]() -> Region {
    const auto wanted = std::max<int64_t>(1, std::llround(stream.uniform(0.1, 0.6) * double(area)));
    const size_t seed = draw_pixel(inside, area, stream);
    return grow_blob(inside, stuff.width, stuff.height, seed, wanted, stream);
  });
}

}  // namespace weft
