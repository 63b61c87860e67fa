// SPDX-License-Identifier: Apache-2.0
#include "data/objects.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "data/prompts/boxes.h"

namespace weft {

void ObjectSettings::fields(Fields& visit) {
  visit("per_image", per_image, non_negative, "objects asked for in each image of a step, where it has as many");
  visit("least_pixels", least_pixels, at_least(1), "of the view; what is smaller is not asked for");
  visit("most_share", most_share, between(0.01, 1), "of the view; what is larger is not asked for");
}

namespace {

using Plane = std::vector<uint8_t>;
constexpr double kPointRadius = 3;  // pixels of the view around a point that its statement holds of

bool is_region(const Record& record) {
  return record.scope == Scope::mask || record.scope == Scope::box;
}
bool is_touch(const Record& record) {
  return record.scope == Scope::point || record.scope == Scope::scribble;
}

size_t place_of(int x, int y, int side) {
  return static_cast<size_t>(y) * static_cast<size_t>(side) + static_cast<size_t>(x);
}

void paint_box(const Box& box, int side, Plane& plane) {
  const auto clamped = [side](double edge) { return std::clamp(static_cast<int>(std::lround(edge)), 0, side); };
  for (int y = clamped(box.y0); y < clamped(box.y1); ++y)
    std::fill(plane.begin() + y * side + clamped(box.x0),
              plane.begin() + y * side + std::max(clamped(box.x0), clamped(box.x1)), uint8_t{1});
}

// The pixels whose centres lie within `radius` of the line from a to b, and the one that holds a.
void paint_stroke(Point a, Point b, double radius, int side, Plane& plane) {
  const double dx = double(b.x) - a.x, dy = double(b.y) - a.y, length = dx * dx + dy * dy;
  const auto clamped = [side](double edge) { return std::clamp(static_cast<int>(std::floor(edge)), 0, side - 1); };
  for (int y = clamped(std::min(a.y, b.y) - radius); y <= clamped(std::max(a.y, b.y) + radius); ++y)
    for (int x = clamped(std::min(a.x, b.x) - radius); x <= clamped(std::max(a.x, b.x) + radius); ++x) {
      const double px = x + .5 - a.x, py = y + .5 - a.y;
      const double along = length > 0 ? std::clamp((px * dx + py * dy) / length, 0., 1.) : 0;
      if (std::hypot(px - along * dx, py - along * dy) <= radius) plane[place_of(x, y, side)] = 1;
    }
  plane[place_of(clamped(a.x), clamped(a.y), side)] = 1;
}

void paint_touch(const Record& record, int side, Plane& plane) {
  if (record.scope == Scope::point) {
    const Point at = point_of(record.geometry);
    return paint_stroke(at, at, kPointRadius, side, plane);
  }
  const Scribble scribble = scribble_of(record.geometry);
  const double radius = std::max(.5, scribble.width / 2.);
  for (size_t i = 0; i < scribble.points.size(); ++i)
    paint_stroke(scribble.points[i], scribble.points[std::min(i + 1, scribble.points.size() - 1)], radius, side, plane);
}

void paint_region(const Record& record, int side, Plane& plane) {
  if (record.scope == Scope::mask)
    paint_rle(mask_of(record.geometry), plane.data(), 1);
  else
    paint_box(box_of(record.geometry), side, plane);
}

// A region that can be asked for, before its pixels are painted.
struct Candidate {
  int64_t number;
  ObjectLabel label;
  std::vector<const Record*> said;  // one region, or the touches of a concept
};

double pixels_of(const Record& record) {
  return record.scope == Scope::mask ? static_cast<double>(area_of(mask_of(record.geometry)))
                                     : box_of(record.geometry).area();
}

std::vector<Candidate> candidates_of(const std::vector<Record>& records, int side, const ObjectSettings& settings) {
  std::vector<Candidate> found;
  std::map<std::pair<uint16_t, uint32_t>, size_t> by_id;
  std::map<uint32_t, size_t> by_concept;
  for (size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    if (record.kind != Kind::pos || (record.flags & kCrowd)) continue;
    if (is_touch(record)) {
      const auto [place, is_new] = by_concept.try_emplace(record.concept_row, found.size());
      if (is_new) found.push_back({static_cast<int64_t>(i), ObjectLabel::points, {}});
      found[place->second].said.push_back(&record);
    }
    if (!is_region(record)) continue;
    const ObjectLabel label = record.scope == Scope::mask ? ObjectLabel::mask : ObjectLabel::box;
    if (record.id != 0) {
      const auto [place, is_new] = by_id.try_emplace({record.source, record.id}, found.size());
      if (!is_new) {
        Candidate& before = found[place->second];
        if (label == ObjectLabel::mask && before.label == ObjectLabel::box)
          before.label = label, before.said = {&record};
        continue;
      }
    }
    found.push_back({static_cast<int64_t>(i), label, {&record}});
  }
  const double most = settings.most_share * side * side;
  std::erase_if(found, [&](const Candidate& candidate) {
    if (candidate.label == ObjectLabel::points) return false;
    const double pixels = pixels_of(*candidate.said[0]);
    return pixels < static_cast<double>(settings.least_pixels) || pixels > most;
  });
  return found;
}

ViewObject painted(const Candidate& candidate, const std::vector<Record>& records, int side) {
  const Record& first = *candidate.said[0];
  ViewObject object{candidate.number, candidate.label, first.concept_row, first.region, first.confidence, {}, {}, {}};
  const auto pixels = static_cast<size_t>(side) * static_cast<size_t>(side);
  object.inside.resize(pixels);
  if (candidate.label == ObjectLabel::points) {
    object.known.resize(pixels);
    for (const Record& record : records) {
      const bool is_same = record.concept_row == first.concept_row;
      if (!is_touch(record) || !((record.kind == Kind::pos) || (record.kind == Kind::neg && is_same))) continue;
      paint_touch(record, side, object.known);
      if (is_same && record.kind == Kind::pos) paint_touch(record, side, object.inside);
    }
  } else {
    paint_region(first, side, object.inside);
  }
  Plane unknown;
  for (const Record& record : records) {
    if (record.kind != Kind::unknown || !is_region(record)) continue;
    if (record.concept_row != kAnyConcept && record.concept_row != first.concept_row) continue;
    unknown.resize(pixels);
    paint_region(record, side, unknown);
  }
  if (!unknown.empty()) {
    if (object.known.empty()) object.known.assign(pixels, 1);
    for (size_t i = 0; i < pixels; ++i) object.known[i] &= !unknown[i];
  }
  object.box = candidate.label == ObjectLabel::box
                   ? box_of(first.geometry)
                   : box_around(MaskView{object.inside.data(), nullptr, side, side}).value_or(Box());
  return object;
}

// Where everything of interest is said, what is left holds nothing.
Plane elsewhere_of(const std::vector<Record>& records, int side) {
  const bool all_said = std::any_of(records.begin(), records.end(), [](const Record& record) {
    return record.kind == Kind::exhaustive && record.scope == Scope::image && record.concept_row == kAnyConcept;
  });
  if (!all_said) return {};
  Plane taken(static_cast<size_t>(side) * static_cast<size_t>(side));
  for (const Record& record : records) {
    if (record.kind == Kind::neg) continue;
    if (is_region(record)) paint_region(record, side, taken);
    if (is_touch(record)) paint_touch(record, side, taken);
  }
  for (uint8_t& pixel : taken) pixel = !pixel;
  return taken;
}

ViewObjects painted_all(const std::vector<Candidate>& candidates, const std::vector<Record>& records, int side) {
  ViewObjects objects;
  for (const Candidate& candidate : candidates) objects.asked.push_back(painted(candidate, records, side));
  objects.elsewhere = elsewhere_of(records, side);
  return objects;
}

}  // namespace

ViewObjects draw_objects(const std::vector<Record>& records, int side, const ObjectSettings& settings, Stream stream) {
  std::vector<Candidate> candidates = candidates_of(records, side, settings);
  const auto count = std::min(candidates.size(), static_cast<size_t>(settings.per_image));
  for (size_t i = 0; i < count; ++i) std::swap(candidates[i], candidates[i + stream.below(candidates.size() - i)]);
  candidates.resize(count);
  std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return painted_all(candidates, records, side);
}

ViewObjects all_objects(const std::vector<Record>& records, int side, const ObjectSettings& settings) {
  return painted_all(candidates_of(records, side, settings), records, side);
}

}  // namespace weft
