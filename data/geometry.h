// SPDX-License-Identifier: Apache-2.0
// Where a statement holds.  Coordinates are pixel edges of the *upright* picture (EXIF orientation applied): x to the
// right, y down, (0, 0) the corner of the first pixel, whose centre is (0.5, 0.5); boxes are half-open.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "data/formats/rle.h"

namespace weft {

// Edges included as real numbers; empty unless x0 < x1 and y0 < y1.
struct Box {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  double width() const { return x1 - x0; }
  double height() const { return y1 - y0; }
  double area() const { return width() * height(); }
  bool is_empty() const { return !(x0 < x1 && y0 < y1); }
  bool operator==(const Box&) const = default;
};
Box intersection(const Box& a, const Box& b);

struct Point {
  float x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

// A polyline drawn with a round pen of `width` pixels.
struct Scribble {
  float width = 1;
  std::vector<Point> points;
};

// x' = a x + b y + c,  y' = d x + e y + f.
struct Affine {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
  Point apply(Point at) const;
  Affine then(const Affine& next) const;  // first this, then next
  Affine inverse() const;                 // Error where it has none
  double scale() const;                   // square root of how much areas grow
  bool is_upright() const { return b == 0 && d == 0; }
};
// The upright picture of a stored one of width x height (EXIF orientation 1 .. 8): stored coordinates to upright ones.
Affine upright_map(int orientation, double stored_width, double stored_height);

// Geometry as records keep it (docs/FORMATS.md): little-endian, nothing before the first number.
//   box: f32 x0 y0 x1 y1      point: f32 x y      scribble: f32 width, x y, x y, ...
//   mask: u32 height, width, then the runs as unsigned LEB128, column-major, background first (data/formats/rle.h)
//   pair: u64 high, low of the other sample's uid
Bytes box_bytes(const Box& box);
Bytes point_bytes(Point point);
Bytes scribble_bytes(const Scribble& scribble);
Bytes mask_bytes(const Rle& mask);
Bytes uid_bytes(const Uid& uid);
// Error where the bytes are none of that kind, a number is not finite, or runs do not fill the mask.
Box box_of(const Bytes& geometry);
Point point_of(const Bytes& geometry);
Scribble scribble_of(const Bytes& geometry);
Rle mask_of(const Bytes& geometry);
Uid uid_of(const Bytes& geometry);

}  // namespace weft
