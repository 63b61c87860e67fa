// SPDX-License-Identifier: Apache-2.0
// Evaluation views.  Sizes and offsets, with S the view's side:
//   shortest   the short side becomes S, the long one floor(S long / short)
//   squash     both become S
//   longest    with r = long / S, a side becomes side / r, rounded half to even
//   corner     a side becomes floor(side S / long + 1/2), bilinear; segment-anything's, beginning at 0
//   a length L > S is cut from (L - S) / 2, rounded half to even; a length L < S begins at floor((S - L) / 2)
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/image_codecs.h"
#include "data/view_parts.h"

namespace weft {
namespace {

enum class Fourth { none, alpha, key };  // what a fourth channel is: nothing, opacity, or black ink

struct Lengths {
  int width, height;
};

Lengths fitted(const Image& image, int size, Resize resize) {
  if (resize == Resize::squash) return {size, size};
  const int64_t width = image.width, height = image.height, least = std::min(width, height);
  if (resize == Resize::shortest)
    return {static_cast<int>(std::min<int64_t>(size * width / least, kMostPixels)),
            static_cast<int>(std::min<int64_t>(size * height / least, kMostPixels))};
  if (resize == Resize::corner) {
    const double scale = 1.0 * size / static_cast<double>(std::max(width, height));
    const auto scaled = [scale](int length) { return std::max(1, static_cast<int>(length * scale + 0.5)); };
    return {scaled(image.width), scaled(image.height)};
  }
  const double ratio = static_cast<double>(std::max(width, height)) / size;
  const auto shrunk = [ratio](int length) { return std::max(1, static_cast<int>(std::lrint(length / ratio))); };
  return {shrunk(image.width), shrunk(image.height)};
}

// Where a picture's first pixel lies along one side of the view.
int offset_of(int length, int size) {
  return length > size ? -static_cast<int>(std::lrint((length - size) / 2.0)) : (size - length) / 2;
}

Image resized(const Image& image, const Lengths& to, Fourth fourth, Resize resize) {
  if (to.width == image.width && to.height == image.height) return image;
  const Box whole = {0, 0, 1.0 * image.width, 1.0 * image.height};
  const auto scale = resize == Resize::corner ? resize_bilinear : resize_bicubic;
  if (fourth != Fourth::alpha) return scale(image, whole, to.width, to.height);
  Image out = scale(premultiplied(image), whole, to.width, to.height);
  uint8_t* pixel = out.pixels.data();
  for (size_t i = 0; i < out.pixels.size(); i += 4, pixel += 4)
    for (int c = 0; c < 3 && pixel[3] > 0; ++c)
      pixel[c] = static_cast<uint8_t>(std::min(255, 255 * pixel[c] / pixel[3]));
  return out;
}

// A row of `count` pixels as three colours.
void to_colours(const uint8_t* from, Fourth fourth, int count, uint8_t* to) {
  if (fourth == Fourth::key) return inks_to_rgb(from, count, to);
  const int channels = fourth == Fourth::none ? 3 : 4;
  for (int x = 0; x < count; ++x, from += channels, to += 3) std::copy_n(from, 3, to);
}

// segment-anything pads with 0 after it has taken off the mean, which the mean's nearest bytes become but for 0.006.
void fill_with_mean(Image& view) {
  constexpr uint8_t kMean[] = {124, 116, 104};
  for (size_t i = 0; i < view.pixels.size(); i += 3) std::copy_n(kMean, 3, &view.pixels[i]);
}

ViewMap opaque_view(const Image& image, Fourth fourth, const EvaluationShape& shape, uint8_t* out) {
  const int size = shape.size;
  const Lengths to = fitted(image, size, shape.resize);
  check(uint64_t(to.width) * to.height <= kMostPixels, "an image of ", image.width, " x ", image.height,
        " would be enlarged to ", to.width, " x ", to.height, " for a view of ", size, "; wanted one less narrow");
  const Image whole = resized(image, to, fourth, shape.resize);
  const bool cornered = shape.resize == Resize::corner;
  const int left = cornered ? 0 : offset_of(to.width, size), top = cornered ? 0 : offset_of(to.height, size);
  Image view(size, size, 3);
  if (cornered) {
    fill_with_mean(view);
  } else {  // padding is zero before it becomes a colour: of inks, white
    std::fill(view.pixels.begin(), view.pixels.end(), fourth == Fourth::key ? 255 : 0);
  }
  const int first = std::max(left, 0), columns = std::min(left + to.width, size) - first;
  for (int y = std::max(top, 0); y < std::min(top + to.height, size); ++y)
    to_colours(whole.row(y - top) + int64_t{first - left} * image.channels, fourth, columns, view.row(y) + 3 * first);
  write_planes(view, out);
  ViewMap map;
  map.to_view = {1.0 * to.width / image.width, 0, 1.0 * left, 0, 1.0 * to.height / image.height, 1.0 * top};
  map.picture_width = image.width;
  map.picture_height = image.height;
  return map;
}

}  // namespace

void write_planes(const Image& view, uint8_t* out) {
  const size_t plane = view.pixels.size() / 3;
  for (size_t c = 0; c < 3; ++c)
    for (size_t i = 0; i < plane; ++i) *out++ = view.pixels[3 * i + c];
}

ViewMap evaluation_view(const Image& image, const EvaluationShape& shape, Stream& background, uint8_t* out) {
  WEFT_ASSERT(image.channels == 3 || image.channels == 4);
  if (image.channels == 4 && is_opaque(image)) return evaluation_view(colours_of(image), shape, background, out);
  const bool has_alpha = image.channels == 4;
  ViewMap map = has_alpha && shape.alpha == Alpha::over_background
                    ? draw_evaluation_scene(image, shape.size, background, out)
                    : opaque_view(image, has_alpha ? Fourth::alpha : Fourth::none, shape, out);
  finish_map(map, shape.size);
  return map;
}

ViewMap evaluation_view(const SampleInfo& info, const Bytes& content, const EvaluationShape& shape, Stream& background,
                        uint8_t* out) {
  const ImageHeader expected{info.codec, info.width, info.height, info.channels};
  const std::optional<Image> inks = info.codec == Codec::jpeg && info.channels == 3
                                        ? decode_inks(content.data(), content.size(), &expected)
                                        : std::nullopt;
  if (!inks) return evaluation_view(decode_image(content.data(), content.size(), 0, &expected), shape, background, out);
  ViewMap map = opaque_view(*inks, Fourth::key, shape, out);
  finish_map(map, shape.size);
  return map;
}

}  // namespace weft
