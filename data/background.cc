// SPDX-License-Identifier: Apache-2.0
// Backgrounds for images with alpha: a ground colour, over which other colours are blended with a share in [0, 1] that
// depends on the place alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/view.h"

namespace weft {
namespace {

using Colour = std::array<float, 3>;

// Half of them vivid, half of them near grey; dark and light alike.
Colour draw_colour(Stream& stream) {
  const double hue = 6 * stream.uniform();
  const bool vivid = stream.chance(0.5);
  const double saturation = vivid ? stream.uniform(0.4, 1) : stream.uniform(0, 0.25);
  const double value = 255 * stream.uniform(0.1, 1);
  Colour colour;
  for (int c = 0; c < 3; ++c) {
    const double from_primary = std::fabs(std::remainder(hue - 2 * c, 6));  // 0 .. 3 around the colour circle
    const double strength = std::clamp(2 - from_primary, 0.0, 1.0);
    colour[c] = static_cast<float>(value * (1 - saturation * (1 - strength)));
  }
  return colour;
}

void fill(int size, const Colour& colour, uint8_t* out) {
  for (int i = 0; i < 3 * size * size; ++i) out[i] = static_cast<uint8_t>(colour[i % 3] + 0.5f);
}

// share(x, y) with x and y at pixel centres.
template <class Share>
void blend(int size, const Colour& colour, uint8_t* out, const Share& share) {
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x, out += 3) {
      const float part = std::clamp(share(x + 0.5f, y + 0.5f), 0.0f, 1.0f);
      for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(out[c] + part * (colour[c] - out[c]) + 0.5f);
    }
}

struct Direction {
  float x, y;
  explicit Direction(Stream& stream) {
    const double angle = 2 * std::numbers::pi * stream.uniform();
    x = static_cast<float>(std::cos(angle));
    y = static_cast<float>(std::sin(angle));
  }
};

void blend_gradient(int size, Stream& stream, uint8_t* out) {
  const Colour colour = draw_colour(stream);
  const Direction along(stream);
  const float middle = 0.5f * size, length = size * (std::fabs(along.x) + std::fabs(along.y));
  blend(size, colour, out,
        [&](float x, float y) { return 0.5f + ((x - middle) * along.x + (y - middle) * along.y) / length; });
}

void blend_blob(int size, Stream& stream, uint8_t* out) {
  const Colour colour = draw_colour(stream);
  const float centre_x = static_cast<float>(size * stream.uniform());
  const float centre_y = static_cast<float>(size * stream.uniform());
  const float radius = static_cast<float>(size * stream.uniform(0.2, 0.7));
  const float inverse = 1 / (radius * radius);
  blend(size, colour, out, [&](float x, float y) {
    const float dx = x - centre_x, dy = y - centre_y;
    const float inside = std::max(0.0f, 1 - (dx * dx + dy * dy) * inverse);
    return inside * inside * (3 - 2 * inside);
  });
}

void blend_stripes(int size, Stream& stream, uint8_t* out) {
  const Colour colour = draw_colour(stream);
  const Direction across(stream);
  const float period = std::max(4.0f, static_cast<float>(size * stream.uniform(0.08, 0.5)));
  const float phase = static_cast<float>(stream.uniform());
  blend(size, colour, out, [&](float x, float y) {
    const float turns = (x * across.x + y * across.y) / period + phase;
    const float from_middle = std::fabs(turns - std::floor(turns) - 0.5f);  // 0 .. 1/2, an edge at 1/4
    return 0.5f + (0.25f - from_middle) * period;                           // an edge is one pixel wide
  });
}

}  // namespace

void draw_background(int size, Stream& stream, uint8_t* out) {
  const uint64_t family = stream.below(4);
  fill(size, draw_colour(stream), out);
  if (family == 1) blend_gradient(size, stream, out);
  if (family == 2)
    for (uint64_t blobs = 2 + stream.below(4); blobs > 0; --blobs) blend_blob(size, stream, out);
  if (family == 3) blend_stripes(size, stream, out);
}

Stream evaluation_background(const Uid& uid, uint64_t seed) {
  return Stream(seed, Purpose::background, 0, uid.low & ((uint64_t{1} << 48) - 1));
}

}  // namespace weft
