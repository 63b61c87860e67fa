// SPDX-License-Identifier: Apache-2.0
// Views are made in one order: geometry, then background, then colours; the draws follow it.  All scaling is done by
// resize_bicubic, which does not alias when it shrinks, so that turning works at the view's own scale with 4 x 4 taps.
// An image with alpha is premultiplied from its first resampling to its last: no transparent pixel lends its colour.
#include "data/view.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kEvaluationZoom = 0.9;

uint8_t to_byte(float value) {
  return static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f);
}

uint8_t divide_by_255(int value) {
  return static_cast<uint8_t>((value + 127) / 255);
}

Image premultiplied(const Image& image) {
  Image out = image;
  uint8_t* pixel = out.pixels.data();
  for (size_t i = 0; i < out.pixels.size(); i += 4, pixel += 4)
    for (int c = 0; c < 3; ++c) pixel[c] = divide_by_255(pixel[c] * pixel[3]);
  return out;
}

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

// The four samples around a coordinate and their weights (Keys 1981, a = -1/2).
struct CubicTaps {
  int index[4];
  float weight[4];

  // Outside there is the image again, mirrored, or nothing.
  CubicTaps(double at, int size, bool mirrored) {
    const double whole = std::floor(at);
    const float t = static_cast<float>(at - whole);
    weight[0] = t * (-0.5f + t * (1 - 0.5f * t));
    weight[1] = 1 + t * t * (-2.5f + 1.5f * t);
    weight[2] = t * (0.5f + t * (2 - 1.5f * t));
    weight[3] = t * t * (-0.5f + 0.5f * t);
    for (int i = 0; i < 4; ++i) {
      index[i] = static_cast<int>(whole) - 1 + i;
      if (0 <= index[i] && index[i] < size) continue;
      if (!mirrored) weight[i] = 0;
      const int turn = ((index[i] % (2 * size)) + 2 * size) % (2 * size);
      index[i] = std::min(turn, 2 * size - 1 - turn);
    }
  }
};

struct Turn {
  double cosine, sine;
  explicit Turn(double degrees)
      : cosine(std::cos(degrees * std::numbers::pi / 180)), sine(std::sin(degrees * std::numbers::pi / 180)) {}
  double reach(double along, double across) const { return std::fabs(cosine) * along + std::fabs(sine) * across; }
};

// Pixels as four floats, which fill a vector.
std::vector<float> widened(const Image& image) {
  std::vector<float> lanes(size_t{4} * image.width * image.height);
  const uint8_t* from = image.pixels.data();
  for (size_t i = 0; i < lanes.size(); i += 4, from += image.channels)
    for (int c = 0; c < image.channels; ++c) lanes[i + c] = from[c];
  return lanes;
}

// out's centre lies on (centre_x, centre_y) of the image; scale 1.
void turn_into(const Image& image, const Turn& turn, double centre_x, double centre_y, Image& out) {
  const bool mirrored = image.channels == 3;
  const std::vector<float> lanes = widened(image);
  for (int y = 0; y < out.height; ++y) {
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, to += out.channels) {
      const double u = x + 0.5 - 0.5 * out.width, v = y + 0.5 - 0.5 * out.height;
      const double at_x = centre_x + turn.cosine * u + turn.sine * v - 0.5;
      const double at_y = centre_y - turn.sine * u + turn.cosine * v - 0.5;
      if (!mirrored && (at_x < -2 || at_y < -2 || at_x > image.width + 1 || at_y > image.height + 1)) continue;
      const CubicTaps across(at_x, image.width, mirrored), down(at_y, image.height, mirrored);
      float sums[4] = {};
      for (int j = 0; j < 4; ++j) {
        const float* row = lanes.data() + size_t{4} * image.width * down.index[j];
        float line[4] = {};
        for (int i = 0; i < 4; ++i)
          for (int c = 0; c < 4; ++c) line[c] += across.weight[i] * row[4 * across.index[i] + c];
        for (int c = 0; c < 4; ++c) sums[c] += down.weight[j] * line[c];
      }
      for (int c = 0; c < out.channels; ++c) to[c] = to_byte(sums[c]);
    }
  }
}

// Area share uniform, ratio log-uniform; after ten misses the middle of the image, cut to an allowed ratio.
Box draw_crop(const Image& image, const AugmentSettings& augment, Stream& stream) {
  const double width = image.width, height = image.height;
  const double most = std::log(augment.crop_ratio_max);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = width * height * stream.uniform(augment.crop_scale_min, augment.crop_scale_max);
    const double ratio = std::exp(stream.uniform(-most, most));
    const double w = std::sqrt(area * ratio), h = std::sqrt(area / ratio);
    if (w > width || h > height) continue;
    const double x = stream.uniform(0, width - w), y = stream.uniform(0, height - h);
    return {x, y, std::min(x + w, width), std::min(y + h, height)};
  }
  const double w = std::min(width, height * augment.crop_ratio_max),
               h = std::min(height, width * augment.crop_ratio_max);
  return {(width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2};
}

// Whole view pixels of length `step` between the crop's middle and an edge of the image, at most what the turn reaches.
int pixels_around(double room, double step, double reach) {
  return std::max(1, static_cast<int>(std::min(std::floor(room / step + 1e-9), std::ceil(reach) + 2)));
}

// The crop stretched to the square and turned about its middle; beyond the image's edges it is mirrored.
Image turned_crop(const Image& image, const Box& crop, double degrees, int size) {
  const Turn turn(degrees);
  const double reach = turn.reach(0.5 * size, 0.5 * size);
  const double step_x = (crop.x1 - crop.x0) / size, step_y = (crop.y1 - crop.y0) / size;
  const double x = (crop.x0 + crop.x1) / 2, y = (crop.y0 + crop.y1) / 2;
  const int left = pixels_around(x, step_x, reach), right = pixels_around(image.width - x, step_x, reach);
  const int up = pixels_around(y, step_y, reach), down = pixels_around(image.height - y, step_y, reach);
  const Box box = {std::max(x - left * step_x, 0.0), std::max(y - up * step_y, 0.0),
                   std::min(x + right * step_x, 1.0 * image.width), std::min(y + down * step_y, 1.0 * image.height)};
  Image view(size, size, 3);
  turn_into(resize_bicubic(image, box, left + right, up + down), turn, left, up, view);
  return view;
}

// An image with alpha, scaled so that its longer side has `side` pixels.
Image scaled_cutout(const Image& image, double side) {
  const double scale = side / std::max(image.width, image.height);
  const auto scaled = [scale](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  const Box whole = {0, 0, 1.0 * image.width, 1.0 * image.height};
  Image cutout = resize_bicubic(premultiplied(image), whole, scaled(image.width), scaled(image.height));
  keep_colour_below_alpha(cutout);
  return cutout;
}

Image turned_cutout(const Image& cutout, double degrees) {
  const Turn turn(degrees);
  Image out(static_cast<int>(std::ceil(turn.reach(cutout.width, cutout.height))),
            static_cast<int>(std::ceil(turn.reach(cutout.height, cutout.width))), 4);
  turn_into(cutout, turn, 0.5 * cutout.width, 0.5 * cutout.height, out);
  keep_colour_below_alpha(out);
  return out;
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

Image draw_background_image(int size, Stream& stream) {
  Image view(size, size, 3);
  draw_background(size, stream, view.pixels.data());
  return view;
}

Image draw_scene(const Image& image, const AugmentSettings& augment, int size, Stream& stream) {
  Image cutout = scaled_cutout(image, size * stream.uniform(augment.zoom_min, augment.zoom_max));
  const double degrees = stream.uniform(-augment.rotate_degrees, augment.rotate_degrees);
  if (degrees != 0) cutout = turned_cutout(cutout, degrees);
  if (stream.chance(augment.flip)) mirror(cutout);
  const int left = draw_offset(cutout.width, size, stream), top = draw_offset(cutout.height, size, stream);
  Image view = draw_background_image(size, stream);
  lay_over(cutout, left, top, view);
  return view;
}

Image draw_photo(const Image& image, const AugmentSettings& augment, int size, Stream& stream) {
  const Box crop = draw_crop(image, augment, stream);
  const double degrees = stream.uniform(-augment.rotate_degrees, augment.rotate_degrees);
  Image view = degrees == 0 ? resize_bicubic(image, crop, size, size) : turned_crop(image, crop, degrees, size);
  if (stream.chance(augment.flip)) mirror(view);
  return view;
}

float luma(const float* rgb) {
  return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

// Brightness scales; contrast moves away from the view's mean luma, saturation from each pixel's own; rounded once.
void jitter_colours(Image& view, double most, Stream& stream) {
  const float brightness = static_cast<float>(stream.uniform(1 - most, 1 + most));
  const float contrast = static_cast<float>(stream.uniform(1 - most, 1 + most));
  const float saturation = static_cast<float>(stream.uniform(1 - most, 1 + most));
  double sums[3] = {};
  for (size_t i = 0; i < view.pixels.size(); ++i) sums[i % 3] += view.pixels[i];
  const double count = static_cast<double>(view.width) * view.height;
  const float means[3] = {static_cast<float>(sums[0] / count), static_cast<float>(sums[1] / count),
                          static_cast<float>(sums[2] / count)};
  const float scale = brightness * contrast, shift = brightness * (1 - contrast) * luma(means);
  for (size_t i = 0; i < view.pixels.size(); i += 3) {
    uint8_t* pixel = &view.pixels[i];
    const float rgb[3] = {scale * pixel[0] + shift, scale * pixel[1] + shift, scale * pixel[2] + shift};
    const float grey = luma(rgb);
    for (int c = 0; c < 3; ++c) pixel[c] = to_byte(grey + saturation * (rgb[c] - grey));
  }
}

void drop_colours(Image& view) {
  for (size_t i = 0; i < view.pixels.size(); i += 3) {
    uint8_t* pixel = &view.pixels[i];
    const float rgb[3] = {1.0f * pixel[0], 1.0f * pixel[1], 1.0f * pixel[2]};
    std::fill_n(pixel, 3, to_byte(luma(rgb)));
  }
}

void write_planes(const Image& view, int left, int top, int size, uint8_t* out) {
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < size; ++y) {
      const uint8_t* from = view.row(top + y) + 3 * left + c;
      for (int x = 0; x < size; ++x, from += 3) *out++ = *from;
    }
}

}  // namespace

void AugmentSettings::fields(Fields& visit) {
  const Check share = between(0.01, 1);
  visit("crop_scale_min", crop_scale_min, share, "least share of the image's area that a training crop keeps");
  visit("crop_scale_max", crop_scale_max, share, "largest share of the image's area that a training crop keeps");
  visit("crop_ratio_max", crop_ratio_max, between(1, 8), "a crop's width / height lies in [1 / this, this]");
  visit("flip", flip, unit, "probability of a left-right flip; leave 0 where left and right mean something");
  visit("rotate_degrees", rotate_degrees, between(0, 180), "a view is turned by up to this, either way");
  visit("zoom_min", zoom_min, between(0.05, 4),
        "images with alpha: least length of the longer side, as a share of the view");
  visit("zoom_max", zoom_max, between(0.05, 4),
        "images with alpha: most length of the longer side, as a share of the view");
  visit("color_jitter", color_jitter, unit, "brightness, contrast and saturation are scaled by 1 - this to 1 + this");
  visit("grayscale", grayscale, unit, "probability that a view loses its colours");
}

void training_view(const Image& image, const AugmentSettings& augment, int size, Stream& stream, uint8_t* out) {
  WEFT_ASSERT(image.channels == 3 || image.channels == 4);
  Image view =
      image.channels == 4 ? draw_scene(image, augment, size, stream) : draw_photo(image, augment, size, stream);
  if (augment.color_jitter > 0) jitter_colours(view, augment.color_jitter, stream);
  if (stream.chance(augment.grayscale)) drop_colours(view);
  write_planes(view, 0, 0, size, out);
}

void evaluation_view(const Image& image, int size, Stream& background, uint8_t* out) {
  WEFT_ASSERT(image.channels == 3 || image.channels == 4);
  if (image.channels == 4) {
    const Image cutout = scaled_cutout(image, kEvaluationZoom * size);
    Image view = draw_background_image(size, background);
    lay_over(cutout, (size - cutout.width) / 2, (size - cutout.height) / 2, view);
    return write_planes(view, 0, 0, size, out);
  }
  const int64_t least = std::min(image.width, image.height);
  const int width = static_cast<int>(int64_t{size} * image.width / least);
  const int height = static_cast<int>(int64_t{size} * image.height / least);
  check(uint64_t(width) * height <= kMostPixels, "an image of ", image.width, " x ", image.height,
        " would be enlarged to ", width, " x ", height, " for a view of ", size, "; wanted one less narrow");
  const Image whole = resize_bicubic(image, {0, 0, 1.0 * image.width, 1.0 * image.height}, width, height);
  const auto middle = [size](int length) {
    return static_cast<int>(std::lrint((length - size) / 2.0));
  };  // half to even
  write_planes(whole, middle(width), middle(height), size, out);
}

}  // namespace weft
