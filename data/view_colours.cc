// SPDX-License-Identifier: Apache-2.0
// What a view looks like, after its geometry: colours are one 3 x 3 matrix (brightness, contrast about the view's mean
// luma, saturation, hue as a turn about the grey axis in YIQ), then grey, blur, noise.  Values are 0 .. 255 or 0 .. 1;
// views of other than three channels have brightness and contrast alone, about their mean.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/view_parts.h"

namespace weft {
namespace {

template <class T>
constexpr float kOne = std::is_same_v<T, float> ? 1.0f : 255.0f;

template <class T>
T stored(float value) {
  if constexpr (std::is_same_v<T, float>) return value;
  return static_cast<T>(std::clamp(value, 0.0f, 255.0f) + (std::is_same_v<T, float> ? 0.0f : 0.5f));
}

using Matrix = std::array<std::array<float, 3>, 3>;
constexpr std::array<float, 3> kLuma = {0.299f, 0.587f, 0.114f};

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) out[i][j] += a[i][k] * b[k][j];
  return out;
}

// Luma stays; what differs from it is scaled.
Matrix saturation_matrix(float factor) {
  Matrix m;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) m[i][j] = (1 - factor) * kLuma[j] + (i == j ? factor : 0);
  return m;
}

Matrix hue_matrix(double turn) {  // 1: all the way around
  const Matrix to_yiq = {
      {{0.299f, 0.587f, 0.114f}, {0.595716f, -0.274453f, -0.321263f}, {0.211456f, -0.522591f, 0.311135f}}};
  const Matrix to_rgb = {{{1, 0.956295f, 0.621024f}, {1, -0.272122f, -0.647380f}, {1, -1.106989f, 1.704615f}}};
  const float c = static_cast<float>(std::cos(2 * std::numbers::pi * turn));
  const float s = static_cast<float>(std::sin(2 * std::numbers::pi * turn));
  return product(to_rgb, product({{{1, 0, 0}, {0, c, -s}, {0, s, c}}}, to_yiq));
}

template <class T>
float mean_of(const Planes<T>& view, int c) {
  double sum = 0;
  for (int64_t i = 0; i < view.plane(); ++i) sum += view.row(c, 0)[i];
  return static_cast<float>(sum / static_cast<double>(view.plane()));
}

template <class T>
void apply(const Planes<T>& view, const Matrix& matrix, float shift) {
  const Matrix m = matrix;
  T *red = view.row(0, 0), *green = view.row(1, 0), *blue = view.row(2, 0);
  for (int64_t i = 0; i < view.plane(); ++i) {
    const float r = red[i], g = green[i], b = blue[i];
    red[i] = stored<T>(m[0][0] * r + m[0][1] * g + m[0][2] * b + shift);
    green[i] = stored<T>(m[1][0] * r + m[1][1] * g + m[1][2] * b + shift);
    blue[i] = stored<T>(m[2][0] * r + m[2][1] * g + m[2][2] * b + shift);
  }
}

template <class T>
void jitter_colours(const Planes<T>& view, const AugmentSettings& augment, Stream& stream) {
  const double most = augment.color_jitter;
  float brightness = 1, contrast = 1, saturation = 1;
  if (most > 0) {
    brightness = static_cast<float>(stream.uniform(1 - most, 1 + most));
    contrast = static_cast<float>(stream.uniform(1 - most, 1 + most));
    saturation = static_cast<float>(stream.uniform(1 - most, 1 + most));
  }
  const double hue = augment.hue > 0 ? stream.uniform(-augment.hue, augment.hue) : 0;
  const float scale = brightness * contrast;
  if (view.channels == 3) {
    const float mean = kLuma[0] * mean_of(view, 0) + kLuma[1] * mean_of(view, 1) + kLuma[2] * mean_of(view, 2);
    Matrix matrix = saturation_matrix(saturation);
    if (hue != 0) matrix = product(hue_matrix(hue), matrix);
    for (auto& row : matrix)
      for (float& number : row) number *= scale;
    return apply(view, matrix, brightness * (1 - contrast) * mean);
  }
  for (int c = 0; c < view.channels; ++c) {
    const float shift = brightness * (1 - contrast) * mean_of(view, c);
    for (int64_t i = 0; i < view.plane(); ++i) view.row(c, 0)[i] = stored<T>(scale * view.row(c, 0)[i] + shift);
  }
}

// Gaussian, three standard deviations wide; edges are repeated.
template <class T>
void blur(const Planes<T>& view, double sigma) {
  const int reach = std::max(1, static_cast<int>(std::ceil(3 * sigma)));
  std::vector<float> weights(2 * static_cast<size_t>(reach) + 1);
  float sum = 0;
  for (int i = -reach; i <= reach; ++i)
    sum += weights[i + reach] = static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)));
  for (float& weight : weights) weight /= sum;
  const int width = view.width, height = view.height;
  std::vector<float> padded(static_cast<size_t>(width) + 2 * reach);
  std::vector<float> along(static_cast<size_t>(view.plane())), line(width);
  for (int c = 0; c < view.channels; ++c) {
    for (int y = 0; y < height; ++y) {
      const T* row = view.row(c, y);
      for (int x = -reach; x < width + reach; ++x) padded[x + reach] = row[std::clamp(x, 0, width - 1)];
      float* to = along.data() + static_cast<size_t>(y) * width;
      std::fill_n(to, width, 0.0f);
      for (size_t t = 0; t < weights.size(); ++t)
        for (int x = 0; x < width; ++x) to[x] += weights[t] * padded[x + t];
    }
    for (int y = 0; y < height; ++y) {
      std::fill(line.begin(), line.end(), 0.0f);
      for (int t = -reach; t <= reach; ++t) {
        const float* from = along.data() + static_cast<size_t>(std::clamp(y + t, 0, height - 1)) * width;
        for (int x = 0; x < width; ++x) line[x] += weights[t + reach] * from[x];
      }
      std::transform(line.begin(), line.end(), view.row(c, y), stored<T>);
    }
  }
}

// Sums of four uniform bytes, which are near enough to a normal distribution and cost one draw.
template <class T>
void add_noise(const Planes<T>& view, double sigma, Stream& stream) {
  const double deviation = std::sqrt(4 * (256.0 * 256.0 - 1) / 12);
  const float factor = static_cast<float>(sigma * kOne<T> / deviation);
  T* values = view.row(0, 0);
  for (int64_t i = 0; i < view.plane() * view.channels; ++i) {
    const uint32_t bits = stream.bits();
    const int sum = static_cast<int>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
    values[i] = stored<T>(static_cast<float>(values[i]) + factor * static_cast<float>(sum - 510));
  }
}

}  // namespace

template <class T>
void change_colours(const Planes<T>& view, const AugmentSettings& augment, Stream& stream) {
  if (augment.color_jitter > 0 || augment.hue > 0) jitter_colours(view, augment, stream);
  if (stream.chance(augment.grayscale) && view.channels == 3) apply(view, saturation_matrix(0), 0);
  if (augment.blur > 0 && stream.chance(augment.blur)) blur(view, stream.uniform(0.1, augment.blur_sigma_max));
  if (augment.noise > 0) add_noise(view, stream.uniform(0, augment.noise), stream);
}
template void change_colours(const Planes<uint8_t>&, const AugmentSettings&, Stream&);
template void change_colours(const Planes<float>&, const AugmentSettings&, Stream&);

template <class T>
void fill_grey(const Planes<T>& view, const Box& part) {
  for (int c = 0; c < view.channels; ++c)
    for (int y = static_cast<int>(part.y0); y < static_cast<int>(part.y1); ++y)
      std::fill(view.row(c, y) + static_cast<int>(part.x0), view.row(c, y) + static_cast<int>(part.x1),
                stored<T>(mid_grey<T>()));
}
template void fill_grey(const Planes<uint8_t>&, const Box&);
template void fill_grey(const Planes<float>&, const Box&);

}  // namespace weft
