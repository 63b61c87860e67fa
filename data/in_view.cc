// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "data/algebra.h"

namespace weft {
namespace {

struct Corner {
  double x, y;
};
using Polygon = std::vector<Corner>;

Polygon mapped(const Box& box, const Affine& map) {
  Polygon corners;
  for (const auto& [x, y] :
       std::initializer_list<Corner>{{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}, {box.x0, box.y1}})
    corners.push_back({map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f});
  return corners;
}

double area_of(const Polygon& polygon) {
  double twice = 0;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Corner &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    twice += a.x * b.y - a.y * b.x;
  }
  return std::abs(twice) / 2;
}

Box box_around(const Polygon& polygon) {
  Box box{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const Corner& at : polygon)
    box = {std::min(box.x0, at.x), std::min(box.y0, at.y), std::max(box.x1, at.x), std::max(box.y1, at.y)};
  return box;
}

// Sutherland and Hodgman: one edge of the view after the other; `outside` is positive beyond it.
template <class Outside>
Polygon cut(const Polygon& polygon, Outside outside) {
  Polygon kept;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Corner &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    const double beyond_a = outside(a), beyond_b = outside(b);
    if (beyond_a <= 0) kept.push_back(a);
    if ((beyond_a < 0 && beyond_b > 0) || (beyond_a > 0 && beyond_b < 0)) {
      const double t = beyond_a / (beyond_a - beyond_b);
      kept.push_back({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
    }
  }
  return kept;
}

Polygon clipped(Polygon polygon, double width, double height) {
  polygon = cut(polygon, [](const Corner& at) { return -at.x; });
  polygon = cut(polygon, [](const Corner& at) { return -at.y; });
  polygon = cut(polygon, [&](const Corner& at) { return at.x - width; });
  return cut(polygon, [&](const Corner& at) { return at.y - height; });
}

// What is to be seen of a region: its pieces, and how much of it they are.
struct Seen {
  double share = 0;
  std::vector<Bytes> pieces;
};

constexpr double kWhole = 1 - 1e-6;  // coordinates are f32

class Viewer {
 public:
  Viewer(const ViewFrame& frame, const Vocabulary& vocabulary, std::vector<Record>* left_out)
      : frame_(frame), vocabulary_(vocabulary), left_out_(left_out), back_(frame.upright_to_view.inverse()) {
    check(frame.width > 0 && frame.height > 0 && frame.picture_width > 0 && frame.picture_height > 0, "a view of ",
          frame.width, " x ", frame.height, " of a picture of ", frame.picture_width, " x ", frame.picture_height,
          "; wanted sizes above 0");
    picture_share_ = box_seen({0, 0, frame.picture_width, frame.picture_height}).share;
    const Affine& map = frame.upright_to_view;
    is_mirrored_ = map.a * map.e - map.b * map.d < 0;
  }

  void take(const Record& record) {
    Record here = record;
    if (is_mirrored_) mirror(here);
    switch (record.scope) {
      case Scope::image:
        return take_image(record, std::move(here));
      case Scope::bag:
      case Scope::pair:
        return said_.push_back(std::move(here));
      case Scope::box:
        return take_region(record, std::move(here), box_seen(box_of(record.geometry)));
      case Scope::point:
        return take_region(record, std::move(here), point_seen(point_of(record.geometry)));
      case Scope::scribble:
        return take_region(record, std::move(here), scribble_seen(scribble_of(record.geometry)));
      case Scope::mask:
        return take_region(record, std::move(here), mask_seen(mask_of(record.geometry)));
    }
  }

  std::vector<Record> finish() {
    each_once(said_);
    return std::move(said_);
  }

 private:
  void mirror(Record& record) const {
    record.concept_row = mirrored_row(record.concept_row, vocabulary_);
    if (record.kind != Kind::candidates) return;
    for (uint32_t& row : record.operands) row = mirrored_row(row, vocabulary_);
    std::sort(record.operands.begin(), record.operands.end());
  }

  void leave_out(const Record& record) {
    if (left_out_) left_out_->push_back(record);
  }

  void take_image(const Record& record, Record here) {
    if (picture_share_ >= kWhole) return said_.push_back(std::move(here));
    switch (record.kind) {
      case Kind::pos:
      case Kind::exists:
        if (picture_share_ == 0) return leave_out(record);
        here.kind = Kind::exists;
        here.confidence *= static_cast<float>(picture_share_);
        break;
      case Kind::count:
        here.operands[0] = 0;
        break;
      case Kind::soft:
      case Kind::candidates:
        leave_out(record);
        return say_unknown(here);
      case Kind::neg:
      case Kind::unknown:
      case Kind::exhaustive:
        break;
    }
    said_.push_back(std::move(here));
  }

  void take_region(const Record& record, Record here, const Seen& seen) {
    const bool is_no_interest = record.kind == Kind::neg && record.concept_row == kAnyConcept;
    const bool is_clipped = seen.share < kWhole;
    const bool is_too_little = seen.share < frame_.kept_share && !is_no_interest;
    const bool is_interval = record.kind == Kind::count || record.kind == Kind::exhaustive;  // holds of any piece
    const bool is_of_the_whole =
        record.kind == Kind::soft || record.kind == Kind::candidates || record.kind == Kind::exists;
    if (seen.pieces.empty() || (is_too_little && record.kind == Kind::neg)) return take_unseen(record, here);
    if (is_clipped && record.kind != Kind::neg) here.flags |= kTruncated;
    if (is_clipped && record.kind == Kind::count) here.operands[0] = 0;
    const bool is_unknown = (is_too_little && !is_interval) || (is_clipped && is_of_the_whole);
    if (is_unknown) leave_out(record);
    for (const Bytes& piece : seen.pieces) {
      here.geometry = piece;
      is_unknown ? say_unknown(here) : said_.push_back(here);
    }
  }

  // A box or a mask holds all of its object; what has a point or a stroke in it may reach farther.
  void take_unseen(const Record& record, const Record& here) {
    leave_out(record);
    const bool has_no_extent = record.scope == Scope::point || record.scope == Scope::scribble;
    if (!has_no_extent || record.kind == Kind::neg || record.kind == Kind::exhaustive) return;
    say_unknown({.item = here.item,
                 .view = here.view,
                 .concept_row = here.concept_row,
                 .kind = here.kind,
                 .source = here.source,
                 .operands = here.operands});
  }

  // Each candidate may be there.
  void say_unknown(Record here) {
    std::vector<uint32_t> rows{here.concept_row};
    if (here.kind == Kind::candidates) rows = here.operands;
    here.operands.clear();
    here.kind = Kind::unknown;
    for (const uint32_t row : rows) {
      here.concept_row = row;
      said_.push_back(here);
    }
  }

  Seen box_seen(const Box& box) const {
    const Polygon whole = mapped(box, frame_.upright_to_view), piece = clipped(whole, frame_.width, frame_.height);
    const double area = area_of(piece);
    if (area <= 0) return {};
    Seen seen{.share = std::min(1., area / area_of(whole)), .pieces = {}};
    const Bytes bytes = box_bytes(box_around(piece));
    std::array<float, 4> edges;
    std::copy_n(reinterpret_cast<const float*>(bytes.data()), 4, edges.begin());
    if (edges[0] < edges[2] && edges[1] < edges[3]) seen.pieces.push_back(bytes);
    return seen;
  }

  Seen point_seen(Point point) const {
    const Point at = frame_.upright_to_view.apply(point);
    const bool is_in = at.x >= 0 && at.y >= 0 && at.x < frame_.width && at.y < frame_.height;
    return is_in ? Seen{1, {point_bytes(at)}} : Seen{};
  }

  Seen scribble_seen(const Scribble& scribble) const;
  Seen mask_seen(const Rle& mask) const;

  const ViewFrame& frame_;
  const Vocabulary& vocabulary_;
  std::vector<Record>* left_out_;
  Affine back_;
  double picture_share_ = 0;
  bool is_mirrored_ = false;
  std::vector<Record> said_;
};

// The part of a line that lies in [0, width] x [0, height], as the shares of the way where it begins and ends (Liang
// and Barsky); nothing where it does not.
std::optional<std::pair<double, double>> part_inside(Point a, Point b, double width, double height) {
  double begin = 0, end = 1;
  const double dx = double(b.x) - a.x, dy = double(b.y) - a.y;
  for (const auto& [step, room] :
       {std::pair(-dx, double(a.x)), {dx, width - a.x}, {-dy, double(a.y)}, {dy, height - a.y}}) {
    if (step == 0 && room < 0) return {};
    if (step < 0) begin = std::max(begin, room / step);
    if (step > 0) end = std::min(end, room / step);
  }
  if (begin > end) return {};
  return std::pair(begin, end);
}

double distance(Point a, Point b) {
  return std::hypot(double(b.x) - a.x, double(b.y) - a.y);
}

// The line's pieces in the view; the pen's width is no part of the question.
Seen Viewer::scribble_seen(const Scribble& scribble) const {
  std::vector<Point> points;
  for (const Point point : scribble.points) points.push_back(frame_.upright_to_view.apply(point));
  const auto width = static_cast<float>(scribble.width * frame_.upright_to_view.scale());
  Seen seen;
  if (points.size() == 1) {
    const bool is_in = part_inside(points[0], points[0], frame_.width, frame_.height).has_value();
    return is_in ? Seen{1, {scribble_bytes({width, points})}} : seen;
  }
  double length = 0, kept = 0;
  Scribble piece{width, {}};
  const auto finish_piece = [&] {
    if (!piece.points.empty()) seen.pieces.push_back(scribble_bytes(piece));
    piece.points.clear();
  };
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    const Point a = points[i], b = points[i + 1];
    const double whole = distance(a, b);
    length += whole;
    const auto inside = part_inside(a, b, frame_.width, frame_.height);
    if (!inside) {
      finish_piece();
      continue;
    }
    const auto along = [&](double t) {
      return Point{float(a.x + t * (double(b.x) - a.x)), float(a.y + t * (double(b.y) - a.y))};
    };
    const auto [begin, end] = *inside;
    if (begin > 0) finish_piece();
    if (piece.points.empty()) piece.points.push_back(begin > 0 ? along(begin) : a);
    piece.points.push_back(end < 1 ? along(end) : b);
    kept += (end - begin) * whole;
  }
  finish_piece();
  seen.share = length > 0 ? kept / length : seen.pieces.empty() ? 0 : 1;
  return seen;
}

// Nearest: a pixel of the view is what its centre was in the picture.  Only the mask's own box is looked at.
Seen Viewer::mask_seen(const Rle& mask) const {
  check(mask.width == frame_.picture_width && mask.height == frame_.picture_height, "a mask of ", mask.width, " x ",
        mask.height, " in a picture of ", frame_.picture_width, " x ", frame_.picture_height);
  const auto [x, y, width, height] = box_of_rle(mask);
  if (width == 0) return {};
  const Rle part = crop(mask, static_cast<uint32_t>(x), static_cast<uint32_t>(y), static_cast<uint32_t>(width),
                        static_cast<uint32_t>(height));
  Bytes from(static_cast<size_t>(width * height));
  paint_rle(part, from.data(), 1);
  const Box around = box_around(mapped({x, y, x + width, y + height}, frame_.upright_to_view));
  const auto begin = [](double edge, int size) {
    return static_cast<int>(std::clamp(std::floor(edge), 0., double(size)));
  };
  const auto end = [](double edge, int size) {
    return static_cast<int>(std::clamp(std::ceil(edge), 0., double(size)));
  };
  Bytes to(static_cast<size_t>(frame_.width) * frame_.height);
  double seen_pixels = 0;
  for (int row = begin(around.y0, frame_.height); row < end(around.y1, frame_.height); ++row)
    for (int column = begin(around.x0, frame_.width); column < end(around.x1, frame_.width); ++column) {
      const double at_x = back_.a * (column + .5) + back_.b * (row + .5) + back_.c - x;
      const double at_y = back_.d * (column + .5) + back_.e * (row + .5) + back_.f - y;
      if (at_x < 0 || at_y < 0 || at_x >= width || at_y >= height) continue;
      const uint8_t value = from[static_cast<size_t>(at_y) * static_cast<size_t>(width) + static_cast<size_t>(at_x)];
      to[static_cast<size_t>(row) * frame_.width + column] = value;
      seen_pixels += value;
    }
  if (seen_pixels == 0) return {};
  // Whether it was clipped is a question of its outline; how much is left, of its pixels.
  const double scale = frame_.upright_to_view.scale(), area = static_cast<double>(weft::area_of(mask)) * scale * scale;
  const bool is_whole =
      around.x0 >= -1e-3 && around.y0 >= -1e-3 && around.x1 <= frame_.width + 1e-3 && around.y1 <= frame_.height + 1e-3;
  const double share = is_whole ? 1 : std::min(seen_pixels / area, 1 - 1e-3);
  return {share,
          {mask_bytes(
              rle_of_bitmap(to.data(), static_cast<uint32_t>(frame_.height), static_cast<uint32_t>(frame_.width)))}};
}

}  // namespace

std::vector<Record> in_view(const std::vector<Record>& records, const ViewFrame& frame, const Vocabulary& vocabulary,
                            std::vector<Record>* left_out) {
  Viewer viewer(frame, vocabulary, left_out);
  for (const Record& record : records) viewer.take(record);
  return viewer.finish();
}

}  // namespace weft
