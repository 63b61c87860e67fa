// SPDX-License-Identifier: Apache-2.0
// Images with alpha over a background.  An image with alpha is premultiplied from its first
// resampling to its last: no transparent pixel lends its colour.  All scaling here is resize_bicubic, which does not
// alias when it shrinks, so that turning works at the view's own scale with 4 x 4 taps.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "data/view_lanes.h"
#include "data/view_parts.h"

namespace weft {
namespace {

constexpr double kEvaluationZoom = 0.9;

// A cubic kernel overshoots at edges; colour beyond alpha would be brighter than white.
void keep_colour_below_alpha(Image& image) {
  uint8_t* pixel = image.pixels.data();
  for (size_t i = 0; i < image.pixels.size(); i += 4, pixel += 4)
    for (int c = 0; c < 3; ++c) pixel[c] = std::min(pixel[c], pixel[3]);
}

void mirror(Image& image) {
  uint8_t* pixels = image.pixels.data();
  const size_t channels = image.channels;
  for (int y = 0; y < image.height; ++y, pixels += image.width * channels)
    for (size_t left = 0, right = image.width - 1; left < right; ++left, --right)
      std::swap_ranges(pixels + left * channels, pixels + (left + 1) * channels, pixels + right * channels);
}

// What is laid over the background, and where the picture lies in it.
struct Cutout {
  Image image;
  Affine to_cutout;
};

// Scaled so that its longer side has `side` pixels.
Cutout scaled_cutout(const Image& image, double side) {
  const double scale = side / std::max(image.width, image.height);
  const auto scaled = [scale](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  const int width = scaled(image.width), height = scaled(image.height);
  const Box whole = {0, 0, 1.0 * image.width, 1.0 * image.height};
  Image cutout = resize_bicubic(premultiplied(image), whole, width, height);
  keep_colour_below_alpha(cutout);
  return {std::move(cutout), {1.0 * width / image.width, 0, 0, 0, 1.0 * height / image.height, 0}};
}

Cutout turned_cutout(const Cutout& straight, double degrees) {
  const Image& from = straight.image;
  const Affine turn = turn_about(0, 0, degrees);
  const Box around = mapped_box(turn, {0, 0, 1.0 * from.width, 1.0 * from.height});
  Image out(static_cast<int>(std::ceil(around.width())), static_cast<int>(std::ceil(around.height())), 4);
  const Affine map = Affine{1, 0, -0.5 * from.width, 0, 1, -0.5 * from.height}.then(turn).then(
      {1, 0, 0.5 * out.width, 0, 1, 0.5 * out.height});
  Lanes lanes{from.width, from.height, std::vector<float>(from.pixels.begin(), from.pixels.end())};
  sample_lanes(lanes, map.inverse(), Outside::nothing, out.width, out.height,
               [&](int x, int y, const float* sums, double, double) {
                 for (int c = 0; c < 4; ++c)
                   out.row(y)[4 * x + c] = static_cast<uint8_t>(std::clamp(sums[c], 0.0f, 255.0f) + 0.5f);
               });
  keep_colour_below_alpha(out);
  return {std::move(out), straight.to_cutout.then(map)};
}

void lay_over(const Image& cutout, int left, int top, Image& view) {
  const int x_begin = std::max(left, 0), x_end = std::min(left + cutout.width, view.width);
  for (int y = std::max(top, 0); y < std::min(top + cutout.height, view.height); ++y) {
    const uint8_t* from = cutout.row(y - top) + 4 * (x_begin - left);
    uint8_t* to = view.row(y) + 3 * x_begin;
    for (int x = x_begin; x < x_end; ++x, from += 4, to += 3)
      for (int c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(from[c] + divide_by_255(to[c] * (255 - from[3])));
  }
}

// Inside the view where it fits, else over all of the view.
int draw_offset(int length, int size, Stream& stream) {
  return std::min(0, size - length) + static_cast<int>(stream.below(std::abs(size - length) + 1));
}

ViewMap over_background(const Image& image, const Cutout& cutout, int left, int top, int size, Stream& stream,
                        uint8_t* out) {
  Image view(size, size, 3);
  draw_background(size, stream, view.pixels.data());
  lay_over(cutout.image, left, top, view);
  write_planes(view, out);
  ViewMap map;
  map.to_view = cutout.to_cutout.then({1, 0, 1.0 * left, 0, 1, 1.0 * top});
  map.picture_width = image.width;
  map.picture_height = image.height;
  map.has_background = true;
  return map;
}

}  // namespace

Image premultiplied(const Image& image) {
  Image out = image;
  uint8_t* pixel = out.pixels.data();
  for (size_t i = 0; i < out.pixels.size(); i += 4, pixel += 4)
    for (int c = 0; c < 3; ++c) pixel[c] = divide_by_255(pixel[c] * pixel[3]);
  return out;
}

ViewMap draw_scene(const Image& image, const AugmentSettings& augment, int size, Stream& stream, uint8_t* out) {
  Cutout cutout = scaled_cutout(image, size * stream.uniform(augment.zoom_min, augment.zoom_max));
  const double degrees = stream.uniform(-augment.rotate_degrees, augment.rotate_degrees);
  if (degrees != 0) cutout = turned_cutout(cutout, degrees);
  if (stream.chance(augment.flip)) {
    mirror(cutout.image);
    cutout.to_cutout = cutout.to_cutout.then({-1, 0, 1.0 * cutout.image.width, 0, 1, 0});
  }
  const int left = draw_offset(cutout.image.width, size, stream), top = draw_offset(cutout.image.height, size, stream);
  return over_background(image, cutout, left, top, size, stream, out);
}

ViewMap draw_evaluation_scene(const Image& image, int size, Stream& background, uint8_t* out) {
  const Cutout cutout = scaled_cutout(image, kEvaluationZoom * size);
  const int left = (size - cutout.image.width) / 2, top = (size - cutout.image.height) / 2;
  return over_background(image, cutout, left, top, size, background, out);
}

}  // namespace weft
