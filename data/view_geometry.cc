// SPDX-License-Identifier: Apache-2.0
// Where views look: a random crop stretched to the square, or large-scale jitter (the picture scaled to fit the square
// and then by 0.1 to 2, cut or padded), then shear, scale, rotation and shift about the view's middle, then flips and
// quarter turns.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/view_parts.h"

namespace weft {
namespace {

// Area share uniform, ratio log-uniform; after ten misses the middle of the image, cut to an allowed ratio.
Box draw_crop(double width, double height, const AugmentSettings& augment, Stream& stream) {
  const double most = std::log(augment.crop_ratio_max);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = width * height * stream.uniform(augment.crop_scale_min, augment.crop_scale_max);
    const double ratio = std::exp(stream.uniform(-most, most));
    const double w = std::sqrt(area * ratio), h = std::sqrt(area / ratio);
    if (w > width || h > height) continue;
    const double x = stream.uniform(0, width - w), y = stream.uniform(0, height - h);
    return {x, y, std::min(x + w, width), std::min(y + h, height)};
  }
  const double w = std::min(width, height * augment.crop_ratio_max);
  const double h = std::min(height, width * augment.crop_ratio_max);
  return {(width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2};
}

// Whole pixels, so that the picture's edges fall between pixels of the view.
Affine draw_scale_jitter(double width, double height, const AugmentSettings& augment, int size, Stream& stream) {
  const double scale =
      size * stream.uniform(augment.scale_jitter_min, augment.scale_jitter_max) / std::max(width, height);
  const auto placed = [&](double length) {
    const int scaled = std::max(1, static_cast<int>(std::lround(length * scale)));
    const int room = size - scaled;
    return std::pair{scaled / length, std::min(0, room) + static_cast<double>(stream.below(std::abs(room) + 1))};
  };
  const auto [a, c] = placed(width);
  const auto [e, f] = placed(height);
  return {a, 0, c, 0, e, f};
}

Affine shift(double x, double y) {
  return {1, 0, x, 0, 1, y};
}

Affine draw_deformation(const AugmentSettings& augment, int size, Stream& stream) {
  constexpr double kDegree = std::numbers::pi / 180;
  const double middle = 0.5 * size;
  Affine map;
  if (augment.shear_degrees > 0) {
    const double along = std::tan(kDegree * stream.uniform(-augment.shear_degrees, augment.shear_degrees));
    const double across = std::tan(kDegree * stream.uniform(-augment.shear_degrees, augment.shear_degrees));
    map = map.then({1, along, -along * middle, across, 1, -across * middle});
  }
  if (augment.rescale > 0) {
    const double most = std::log(1 + augment.rescale), factor = std::exp(stream.uniform(-most, most));
    map = map.then({factor, 0, middle * (1 - factor), 0, factor, middle * (1 - factor)});
  }
  if (augment.translate > 0) {
    const double x = size * stream.uniform(-augment.translate, augment.translate);
    map = map.then(shift(x, size * stream.uniform(-augment.translate, augment.translate)));
  }
  return map;
}

Affine draw_mirrors(const AugmentSettings& augment, int size, Stream& stream) {
  const double side = size;
  Affine map;
  if (stream.chance(augment.flip)) map = {-1, 0, side, 0, 1, 0};
  if (augment.flip_vertical > 0 && stream.chance(augment.flip_vertical)) map = map.then({1, 0, 0, 0, -1, side});
  if (augment.quarter_turns > 0 && stream.chance(augment.quarter_turns))
    for (uint64_t turns = 1 + stream.below(3); turns > 0; --turns) map = map.then({0, -1, side, 1, 0, 0});
  return map;
}

using Polygon = std::vector<std::array<double, 2>>;

// The part of a convex polygon where sign * (coordinate - limit) <= 0.
Polygon cut(const Polygon& polygon, int axis, double limit, double sign) {
  Polygon kept;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const auto &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    const double from = sign * (a[axis] - limit), to = sign * (b[axis] - limit);
    if (from <= 0) kept.push_back(a);
    if ((from < 0 && to > 0) || (from > 0 && to < 0)) {
      const double t = from / (from - to);
      kept.push_back({a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])});
    }
  }
  return kept;
}

// Area that the mapped picture has in a box of the view.
double area_in(const ViewMap& map, const Box& box) {
  Polygon corners;
  const double w = map.picture_width, h = map.picture_height;
  for (const auto& [x, y] : {std::pair{0.0, 0.0}, {w, 0.0}, {w, h}, {0.0, h}}) {
    const Affine& m = map.to_view;
    corners.push_back({m.a * x + m.b * y + m.c, m.d * x + m.e * y + m.f});
  }
  corners = cut(cut(cut(cut(corners, 0, box.x0, -1), 0, box.x1, 1), 1, box.y0, -1), 1, box.y1, 1);
  double twice = 0;
  for (size_t i = 0; i < corners.size(); ++i) {
    const auto &a = corners[i], &b = corners[(i + 1) % corners.size()];
    twice += a[0] * b[1] - b[0] * a[1];
  }
  return std::abs(twice) / 2;
}

}  // namespace

Affine turn_about(double x, double y, double degrees) {
  const double angle = degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  return shift(-x, -y).then({cosine, -sine, 0, sine, cosine, 0}).then(shift(x, y));
}

Box mapped_box(const Affine& m, const Box& box) {
  const double x[4] = {m.a * box.x0 + m.b * box.y0, m.a * box.x1 + m.b * box.y0, m.a * box.x0 + m.b * box.y1,
                       m.a * box.x1 + m.b * box.y1};
  const double y[4] = {m.d * box.x0 + m.e * box.y0, m.d * box.x1 + m.e * box.y0, m.d * box.x0 + m.e * box.y1,
                       m.d * box.x1 + m.e * box.y1};
  const auto [left, right] = std::minmax_element(x, x + 4);
  const auto [top, bottom] = std::minmax_element(y, y + 4);
  return {*left + m.c, *top + m.f, *right + m.c, *bottom + m.f};
}

ViewMap draw_map(double width, double height, const AugmentSettings& augment, int size, Stream& stream) {
  ViewMap map;
  map.picture_width = width;
  map.picture_height = height;
  if (augment.scale_jitter_max > 0) {
    map.to_view = draw_scale_jitter(width, height, augment, size, stream);
  } else {
    const Box crop = draw_crop(width, height, augment, stream);
    const double x = size / crop.width(), y = size / crop.height();
    map.to_view = {x, 0, -crop.x0 * x, 0, y, -crop.y0 * y};
  }
  const double degrees = stream.uniform(-augment.rotate_degrees, augment.rotate_degrees);
  map.to_view = map.to_view.then(draw_deformation(augment, size, stream));
  if (degrees != 0) map.to_view = map.to_view.then(turn_about(0.5 * size, 0.5 * size, degrees));
  map.to_view = map.to_view.then(draw_mirrors(augment, size, stream));
  return map;
}

Box draw_cutout(const AugmentSettings& augment, int size, Stream& stream) {
  if (augment.cutout == 0 || !stream.chance(augment.cutout)) return {};
  const double area = stream.uniform(0.02, augment.cutout_area_max), ratio = std::exp(stream.uniform(-1.2, 1.2));
  const auto length = [&](double share) { return std::clamp(std::round(size * share), 1.0, 1.0 * size); };
  const double w = length(std::sqrt(area * ratio)), h = length(std::sqrt(area / ratio));
  const double x = static_cast<double>(stream.below(static_cast<uint64_t>(size - w) + 1));
  const double y = static_cast<double>(stream.below(static_cast<uint64_t>(size - h) + 1));
  return {x, y, x + w, y + h};
}

void finish_map(ViewMap& map, int size) {
  const Affine& m = map.to_view;
  const double determinant = m.a * m.e - m.b * m.d;
  const double whole = std::abs(determinant) * map.picture_width * map.picture_height;
  const double seen = area_in(map, {0, 0, 1.0 * size, 1.0 * size});
  const double hidden = map.hidden.is_empty() ? 0 : area_in(map, map.hidden);
  map.kept_share = std::clamp((seen - hidden) / whole, 0.0, 1.0);
  if (map.kept_share > 1 - 1e-9) map.kept_share = 1;  // "the view holds the whole picture" survives rounding
  map.flipped = determinant < 0;
}

namespace {

// Whether the picture is what lies at a place of the view.
bool shows_picture(const ViewMap& map, const Affine& back, double u, double v) {
  const double at_x = back.a * u + back.b * v + back.c, at_y = back.d * u + back.e * v + back.f;
  return 0 <= at_x && at_x < map.picture_width && 0 <= at_y && at_y < map.picture_height;
}

}  // namespace

bool is_all_known(const ViewMap& map, int size) {
  if (!map.hidden.is_empty()) return false;
  const Affine back = map.to_view.inverse();
  const double first = 0.5, last = size - 0.5;
  return map.has_background || (shows_picture(map, back, first, first) && shows_picture(map, back, last, first) &&
                                shows_picture(map, back, first, last) && shows_picture(map, back, last, last));
}

void paint_known(const ViewMap& map, int size, uint8_t* known) {
  const Affine back = map.to_view.inverse();
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x, ++known) {
      const double u = x + 0.5, v = y + 0.5;
      const bool is_hidden = map.hidden.x0 <= u && u < map.hidden.x1 && map.hidden.y0 <= v && v < map.hidden.y1;
      *known = (map.has_background || shows_picture(map, back, u, v)) && !is_hidden;
    }
}

}  // namespace weft
