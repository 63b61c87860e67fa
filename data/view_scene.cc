// SPDX-License-Identifier: Apache-2.0
// Images with alpha over a background.  An image with alpha is premultiplied from its first resampling to its last: no
// transparent pixel lends its colour.  All scaling here is cubic (resize_bicubic, resize_values) and does not alias
// when it shrinks, so that turning works at the view's own scale with 4 x 4 taps.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "base/error.h"
#include "data/view_lanes.h"
#include "data/view_parts.h"

namespace weft {
namespace {

constexpr double kEvaluationZoom = 0.9;

// What is laid over a background, where the picture lies in it.  Pixels of interleaved channels, premultiplied, with
// opacity last: u8, or f32 in 0 .. 1.
template <class T>
struct Cutout {
  int width = 0, height = 0, channels = 0;
  std::vector<T> pixels;
  Affine to_cutout;
  T* row(int y) { return pixels.data() + int64_t{y} * width * channels; }
  const T* row(int y) const { return pixels.data() + int64_t{y} * width * channels; }
};

uint8_t divide_by_255(int value) {
  return static_cast<uint8_t>((value + 127) / 255);
}
uint8_t product(uint8_t a, uint8_t b) {
  return divide_by_255(a * b);
}
float product(float a, float b) {
  return a * b;
}
uint8_t transparency(uint8_t opacity) {
  return static_cast<uint8_t>(255 - opacity);
}
float transparency(float opacity) {
  return 1 - opacity;
}
template <class T>
T in_range(float value) {
  if constexpr (std::is_same_v<T, float>) return std::clamp(value, 0.0f, 1.0f);
  return static_cast<T>(std::clamp(value, 0.0f, 255.0f) + 0.5f);
}

template <class T>
std::vector<T> premultiplied(std::vector<T> pixels, int channels) {
  for (T* pixel = pixels.data(); pixel < pixels.data() + pixels.size(); pixel += channels)
    for (int c = 0; c + 1 < channels; ++c) pixel[c] = product(pixel[c], pixel[channels - 1]);
  return pixels;
}

// A cubic kernel overshoots at edges; colour beyond alpha would be brighter than white.
template <class T>
void keep_colour_below_alpha(Cutout<T>& cutout) {
  T* const end = cutout.pixels.data() + cutout.pixels.size();
  for (T* pixel = cutout.pixels.data(); pixel < end; pixel += cutout.channels)
    for (int c = 0; c + 1 < cutout.channels; ++c) pixel[c] = std::min(pixel[c], pixel[cutout.channels - 1]);
}

template <class T>
void mirror(Cutout<T>& cutout) {
  for (int y = 0; y < cutout.height; ++y)
    for (int left = 0, right = cutout.width - 1; left < right; ++left, --right)
      std::swap_ranges(cutout.row(y) + left * cutout.channels, cutout.row(y) + (left + 1) * cutout.channels,
                       cutout.row(y) + right * cutout.channels);
  cutout.to_cutout = cutout.to_cutout.then({-1, 0, 1.0 * cutout.width, 0, 1, 0});
}

// Its longer side has `side` pixels.
template <class T>
Cutout<T> empty_cutout(int width, int height, int channels, double side) {
  const double scale = side / std::max(width, height);
  const auto scaled = [scale](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  Cutout<T> cutout{scaled(width), scaled(height), channels, {}, {}};
  cutout.to_cutout = {1.0 * cutout.width / width, 0, 0, 0, 1.0 * cutout.height / height, 0};
  return cutout;
}

Cutout<uint8_t> scaled_cutout(const Image& image, double side) {
  Cutout<uint8_t> cutout = empty_cutout<uint8_t>(image.width, image.height, image.channels, side);
  const Box whole = {0, 0, 1.0 * image.width, 1.0 * image.height};
  cutout.pixels = resize_bicubic(premultiplied(image), whole, cutout.width, cutout.height).pixels;
  keep_colour_below_alpha(cutout);
  return cutout;
}

Cutout<float> scaled_cutout(const Raster& values, double side) {
  Cutout<float> cutout = empty_cutout<float>(values.width, values.height, values.channels, side);
  Raster flat = values;
  flat.values = premultiplied(std::move(flat.values), flat.channels);
  std::vector<float> planes(size_t(cutout.channels) * cutout.width * cutout.height);
  resize_values(flat, {0, 0, 1.0 * values.width, 1.0 * values.height}, Filter::bicubic, false, false,
                {planes.data(), cutout.width, cutout.height, cutout.channels});
  cutout.pixels.resize(planes.size());
  const size_t plane = planes.size() / cutout.channels;
  for (size_t i = 0; i < planes.size(); ++i)
    cutout.pixels[i % plane * cutout.channels + i / plane] = in_range<float>(planes[i]);
  keep_colour_below_alpha(cutout);
  return cutout;
}

template <class T>
Cutout<T> turned_cutout(const Cutout<T>& from, double degrees) {
  const Affine turn = turn_about(0, 0, degrees);
  const Box around = mapped_box(turn, {0, 0, 1.0 * from.width, 1.0 * from.height});
  Cutout<T> out{
      static_cast<int>(std::ceil(around.width())), static_cast<int>(std::ceil(around.height())), from.channels, {}, {}};
  out.pixels.resize(size_t(out.channels) * out.width * out.height);
  const Affine map = Affine{1, 0, -0.5 * from.width, 0, 1, -0.5 * from.height}.then(turn).then(
      {1, 0, 0.5 * out.width, 0, 1, 0.5 * out.height});
  out.to_cutout = from.to_cutout.then(map);
  for (int first = 0; first < from.channels; first += 4) {
    const int count = std::min(4, from.channels - first);
    Lanes lanes{from.width, from.height, std::vector<float>(size_t{4} * from.width * from.height)};
    const T* pixel = from.pixels.data() + first;
    for (size_t i = 0; i < lanes.values.size(); i += 4, pixel += from.channels)
      std::copy_n(pixel, count, lanes.values.data() + i);
    sample_lanes(lanes, map.inverse(), Outside::nothing, out.width, out.height,
                 [&](int x, int y, const float* sums, double, double) {
                   for (int c = 0; c < count; ++c) out.row(y)[x * out.channels + first + c] = in_range<T>(sums[c]);
                 });
  }
  keep_colour_below_alpha(out);
  return out;
}

// Onto planes.
template <class T>
void lay_over(const Cutout<T>& cutout, int left, int top, const Planes<T>& view) {
  const int x_begin = std::max(left, 0), x_end = std::min(left + cutout.width, view.width);
  for (int y = std::max(top, 0); y < std::min(top + cutout.height, view.height); ++y)
    for (int c = 0; c < view.channels; ++c) {
      const T* from = cutout.row(y - top) + cutout.channels * (x_begin - left);
      T* to = view.row(c, y);
      for (int x = x_begin; x < x_end; ++x, from += cutout.channels)
        to[x] = static_cast<T>(from[c] + product(to[x], transparency(from[cutout.channels - 1])));
    }
}

// Inside the view where it fits, else over all of the view.
int draw_offset(int length, int size, Stream& stream) {
  return std::min(0, size - length) + static_cast<int>(stream.below(std::abs(size - length) + 1));
}

void draw_ground(Stream& stream, const Planes<uint8_t>& view) {
  Image ground(view.width, view.height, 3);
  draw_background(view.width, stream, ground.pixels.data());
  write_planes(ground, view.data);
}

// Three channels are colours; of any other number each has the background's grey (BT.601).
void draw_ground(Stream& stream, const Planes<float>& view) {
  Image ground(view.width, view.height, 3);
  draw_background(view.width, stream, ground.pixels.data());
  const uint8_t* pixel = ground.pixels.data();
  for (int64_t i = 0; i < view.plane(); ++i, pixel += 3) {
    const float grey = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
    for (int c = 0; c < view.channels; ++c)
      view.data[c * view.plane() + i] = (view.channels == 3 ? pixel[c] : grey) / 255;
  }
}

template <class T>
ViewMap over_background(const Cutout<T>& cutout, int left, int top, Stream& stream, const Planes<T>& view) {
  draw_ground(stream, view);
  lay_over(cutout, left, top, view);
  ViewMap map;
  map.to_view = cutout.to_cutout.then({1, 0, 1.0 * left, 0, 1, 1.0 * top});
  map.has_background = true;
  return map;
}

}  // namespace

Image premultiplied(const Image& image) {
  Image out(image.width, image.height, image.channels);
  out.pixels = premultiplied(image.pixels, image.channels);
  return out;
}

template <class Picture, class T>
ViewMap draw_scene(const Picture& picture, const AugmentSettings& augment, Stream& stream, const Planes<T>& view) {
  const int size = view.width;
  Cutout<T> cutout = scaled_cutout(picture, size * stream.uniform(augment.zoom_min, augment.zoom_max));
  const double degrees = stream.uniform(-augment.rotate_degrees, augment.rotate_degrees);
  if (degrees != 0) cutout = turned_cutout(cutout, degrees);
  if (stream.chance(augment.flip)) mirror(cutout);
  const int left = draw_offset(cutout.width, size, stream), top = draw_offset(cutout.height, size, stream);
  ViewMap map = over_background(cutout, left, top, stream, view);
  map.picture_width = picture.width;
  map.picture_height = picture.height;
  return map;
}
template ViewMap draw_scene(const Image&, const AugmentSettings&, Stream&, const Planes<uint8_t>&);
template ViewMap draw_scene(const Raster&, const AugmentSettings&, Stream&, const Planes<float>&);

ViewMap draw_evaluation_scene(const Image& image, int size, Stream& background, uint8_t* out) {
  const Cutout<uint8_t> cutout = scaled_cutout(image, kEvaluationZoom * size);
  const int left = (size - cutout.width) / 2, top = (size - cutout.height) / 2;
  ViewMap map = over_background<uint8_t>(cutout, left, top, background, {out, size, size, 3});
  map.picture_width = image.width;
  map.picture_height = image.height;
  return map;
}

}  // namespace weft
