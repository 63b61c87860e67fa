// SPDX-License-Identifier: Apache-2.0
// What data/view.cc puts a view together from; the rest of weft includes data/view.h.
#pragma once

#include <type_traits>
#include <vector>

#include "data/box_resize.h"
#include "data/view.h"

namespace weft {

// Planes of pixels one behind the other: u8, or f32 in 0 .. 1.
template <class T>
struct Planes {
  T* data = nullptr;
  int width = 0, height = 0, channels = 0;
  int64_t plane() const { return int64_t{width} * height; }
  T* row(int c, int y) const { return data + c * plane() + int64_t{y} * width; }
};

// Of padding and cutouts.
template <class T>
constexpr float mid_grey() {
  return std::is_same_v<T, float> ? 0.5f : 127.0f;
}

// view_geometry.cc: where a view looks.  The draws come in one order, and those of augmentations that are off are left
// out, except that a rotation and a flip are always drawn.
ViewMap draw_map(double width, double height, const AugmentSettings& augment, int size, Stream& stream);
Box draw_cutout(const AugmentSettings& augment, int size, Stream& stream);  // empty: none
void finish_map(ViewMap& map, int size);                                    // kept_share and flipped, from the rest
// The box around the image of a box.
Box mapped_box(const Affine& map, const Box& box);
Affine turn_about(double x, double y, double degrees);

// view_affine.cc: `from` as the view sees it, through a map of about scale 1; cubic.  Beyond the edges there is the
// picture again, mirrored, or mid-grey.
template <class T>
void sample_planes(const Planes<T>& from, const Affine& view_to_source, bool mirrored, const Planes<T>& view);
// A box of values, antialiased, to planes of f32.
void resize_values(const Raster& values, const Box& box, Filter filter, bool mirror_x, bool mirror_y,
                   const Planes<float>& out);

// view_colours.cc
template <class T>
void change_colours(const Planes<T>& view, const AugmentSettings& augment, Stream& stream);
template <class T>
void fill_grey(const Planes<T>& view, const Box& part);

// view_scene.cc: an Image with alpha over a background, or the windowed values of a Raster (T: float).
template <class Picture, class T>
ViewMap draw_scene(const Picture& picture, const AugmentSettings& augment, Stream& stream, const Planes<T>& view);
// The whole image, centred, 0.9 of the view's side.
ViewMap draw_evaluation_scene(const Image& image, int size, Stream& background, uint8_t* out);
Image premultiplied(const Image& image);

// view_evaluation.cc: a square of three channels as planes.
void write_planes(const Image& view, uint8_t* out);

}  // namespace weft
