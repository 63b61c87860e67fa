// SPDX-License-Identifier: Apache-2.0
#include "data/importers/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace weft {
namespace {

constexpr int kOpaque = 128;
using Rgb = std::array<uint8_t, 3>;

Rgb draw_colour(Stream& stream) {
  Rgb colour;
  for (uint8_t& value : colour) value = static_cast<uint8_t>(30 + stream.below(200));
  return colour;
}

// Where a texture has its second colour; u and v are along and across its direction, in periods.
using Pattern = bool (*)(double u, double v);
double part(double value) {
  return value - std::floor(value);
}
bool stripes(double u, double) {
  return part(u) < 0.5;
}
bool checks(double u, double v) {
  return (part(u) < 0.5) != (part(v) < 0.5);
}
bool dots(double u, double v) {
  return std::hypot(part(u) - 0.5, part(v) - 0.5) < 0.3;
}
bool waves(double u, double v) {
  return part(u + 0.25 * std::sin(2 * std::numbers::pi * v)) < 0.5;
}
bool bricks(double u, double v) {
  return part(2 * u) < 0.16 || part(v + 0.5 * std::floor(2 * u)) < 0.08;
}
bool zigzag(double u, double v) {
  return part(u + std::fabs(part(v) - 0.5)) < 0.5;
}
constexpr std::array<Pattern, 6> kPatterns = {bricks, checks, dots, stripes, waves, zigzag};

// Whether a place lies in the part of the picture that stuff fills.
struct Ground {
  bool is_ellipse;
  double x, y, radius_x, radius_y;              // ellipse
  double cosine, sine, offset, period, height;  // wavy line
  Ground(int width, int height_of_picture, Stream& stream) {
    is_ellipse = stream.chance(0.4);
    const double side = std::min(width, height_of_picture);
    x = width * stream.uniform(0.15, 0.85), y = height_of_picture * stream.uniform(0.15, 0.85);
    radius_x = side * stream.uniform(0.25, 0.45), radius_y = side * stream.uniform(0.25, 0.45);
    const double angle = 2 * std::numbers::pi * stream.uniform();
    cosine = std::cos(angle), sine = std::sin(angle);
    offset = side * stream.uniform(-0.1, 0.25);
    period = side * stream.uniform(0.2, 0.5), height = side * stream.uniform(0, 0.05);
  }
  bool has(double px, double py, double middle_x, double middle_y) const {
    if (is_ellipse) return std::hypot((px - x) / radius_x, (py - y) / radius_y) < 1;
    const double along = (px - middle_x) * cosine + (py - middle_y) * sine;
    const double across = (py - middle_y) * cosine - (px - middle_x) * sine;
    return across > offset + height * std::sin(2 * std::numbers::pi * along / period);
  }
};

}  // namespace

Scene::Scene(Image ground) : picture_(std::move(ground)) {
  WEFT_ASSERT(picture_.channels == 3);
  owner_.resize(static_cast<size_t>(picture_.width) * picture_.height);
}

void Scene::put(const Piece& piece) {
  WEFT_ASSERT(piece.rgba.channels == 4);
  const auto number = static_cast<uint32_t>(whole_.size() + 1);
  uint64_t whole = 0, visible = 0;
  for (int y = 0; y < piece.rgba.height; ++y)
    for (int x = 0; x < piece.rgba.width; ++x) {
      const uint8_t* from = piece.rgba.row(y) + 4 * x;
      const bool is_opaque = from[3] >= kOpaque;
      whole += is_opaque;
      const int to_x = piece.x + x, to_y = piece.y + y;
      if (to_x < 0 || to_y < 0 || to_x >= picture_.width || to_y >= picture_.height) continue;
      uint8_t* to = picture_.row(to_y) + 3 * to_x;
      for (int c = 0; c < 3; ++c)
        to[c] = static_cast<uint8_t>((from[c] * from[3] + to[c] * (255 - from[3]) + 127) / 255);
      if (!is_opaque) continue;
      ++visible;
      uint32_t& owner = owner_[static_cast<size_t>(to_y) * picture_.width + to_x];
      if (owner > 0) --visible_[owner - 1];
      owner = number;
    }
  whole_.push_back(whole), visible_.push_back(visible);
  cut_.push_back(visible < whole);
}

bool Scene::lay(const std::vector<Piece>& pieces, double least_visible) {
  Scene tried = *this;
  for (const Piece& piece : pieces) tried.put(piece);
  for (size_t i = 0; i < tried.whole_.size(); ++i)
    if (tried.visible_[i] == 0 || tried.visible_share(i) < least_visible) return false;
  *this = std::move(tried);
  return true;
}

Rle Scene::visible(size_t piece) const {
  std::vector<uint8_t> pixels(owner_.size());
  std::transform(owner_.begin(), owner_.end(), pixels.begin(), [&](uint32_t owner) { return owner == piece + 1; });
  return rle_of_bitmap(pixels.data(), picture_.height, picture_.width);
}

double Scene::visible_share(size_t piece) const {
  return static_cast<double>(visible_.at(piece)) / static_cast<double>(whole_.at(piece));
}

const std::vector<std::string>& textures() {
  static const std::vector<std::string> names = {"bricks", "checks", "dots", "stripes", "waves", "zigzag"};
  return names;
}

Image draw_stuff(size_t texture, int width, int height, Stream& stream) {
  const Ground ground(width, height, stream);
  const Rgb one = draw_colour(stream), other = draw_colour(stream);
  const double angle = 2 * std::numbers::pi * stream.uniform();
  const double period = std::max(6.0, std::min(width, height) * stream.uniform(0.04, 0.12));
  const double cosine = std::cos(angle) / period, sine = std::sin(angle) / period;
  Image out(width, height, 4);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      if (!ground.has(x + 0.5, y + 0.5, 0.5 * width, 0.5 * height)) continue;
      const bool second = kPatterns.at(texture)(x * cosine + y * sine, y * cosine - x * sine);
      uint8_t* pixel = out.row(y) + 4 * x;
      const Rgb& colour = second ? other : one;
      std::copy(colour.begin(), colour.end(), pixel);
      pixel[3] = 255;
    }
  return out;
}

Image trimmed_to_alpha(const Image& rgba) {
  int left = rgba.width, top = rgba.height, right = 0, bottom = 0;
  for (int y = 0; y < rgba.height; ++y)
    for (int x = 0; x < rgba.width; ++x)
      if (rgba.row(y)[4 * x + 3] >= kOpaque) {
        left = std::min(left, x), right = std::max(right, x + 1);
        top = std::min(top, y), bottom = std::max(bottom, y + 1);
      }
  if (left >= right) return {};
  Image out(right - left, bottom - top, 4);
  for (int y = 0; y < out.height; ++y)
    std::copy_n(rgba.row(top + y) + 4 * left, 4 * static_cast<size_t>(out.width), out.row(y));
  return out;
}

// Multiplied by alpha before and divided after, so that transparent pixels lend no colour.
Image resized_rgba(const Image& rgba, int width, int height) {
  Image premultiplied = rgba;
  for (size_t i = 0; i < premultiplied.pixels.size(); i += 4) {
    uint8_t* pixel = premultiplied.pixels.data() + i;
    for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>((pixel[c] * pixel[3] + 127) / 255);
  }
  Image out = resize_bicubic(premultiplied, {0, 0, 1.0 * rgba.width, 1.0 * rgba.height}, width, height);
  for (size_t i = 0; i < out.pixels.size(); i += 4) {
    uint8_t* pixel = out.pixels.data() + i;
    for (int c = 0; c < 3; ++c)
      pixel[c] = pixel[3] == 0 ? 0 : static_cast<uint8_t>(std::min(255, (pixel[c] * 255 + pixel[3] / 2) / pixel[3]));
  }
  return out;
}

}  // namespace weft
