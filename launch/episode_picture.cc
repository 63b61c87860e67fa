// SPDX-License-Identifier: Apache-2.0
#include "launch/episode_picture.h"

#include <algorithm>

#include "data/draw.h"

namespace weft {
namespace {

constexpr int kSide = 256;  // pixels, about
constexpr Colour kTruth{0, 220, 120}, kPrediction{255, 140, 0}, kLight{255, 255, 255}, kDark{20, 20, 20};

}  // namespace

Image episode_picture(const Image& picture, const PicturePart& part, const uint8_t* truth, const uint8_t* prediction,
                      const PromptPoints& clicks) {
  const int scale = std::max(1, kSide / std::max(part.width, part.height));
  const int stride = std::max(1, std::max(part.width, part.height) / (2 * kSide));  // a large part is thinned out
  Image shown(part.width * scale / stride, part.height * scale / stride, 3);
  const auto inside = [&](const uint8_t* plane, int x, int y) {
    return x >= 0 && y >= 0 && x < picture.width && y < picture.height &&
           plane[static_cast<size_t>(y) * static_cast<size_t>(picture.width) + static_cast<size_t>(x)];
  };
  for (int y = 0; y < shown.height; ++y)
    for (int x = 0; x < shown.width; ++x) {
      const int from_x = part.x + x * stride / scale, from_y = part.y + y * stride / scale;
      const uint8_t* pixel = picture.row(from_y) + int64_t{from_x} * picture.channels;
      for (int c = 0; c < 3; ++c) shown.row(y)[3 * x + c] = pixel[picture.channels == 1 ? 0 : c];
      if (inside(prediction, from_x, from_y)) blend(shown, x, y, kPrediction, 0.4f);
      // The outline lies on the pixels of the object that have an outer neighbour on that side of the enlarged picture.
      const bool is_left = x * stride % scale == 0, is_top = y * stride % scale == 0;
      const bool is_right = (x + 1) * stride % scale == 0, is_bottom = (y + 1) * stride % scale == 0;
      if (inside(truth, from_x, from_y) && ((is_left && !inside(truth, from_x - stride, from_y)) ||
                                            (is_right && !inside(truth, from_x + stride, from_y)) ||
                                            (is_top && !inside(truth, from_x, from_y - stride)) ||
                                            (is_bottom && !inside(truth, from_x, from_y + stride))))
        blend(shown, x, y, kTruth, 1);
    }
  for (const PromptPoint& click : clicks) {
    const float factor = static_cast<float>(scale) / static_cast<float>(stride);
    const Point at{(click.x + .5f - static_cast<float>(part.x)) * factor,
                   (click.y + .5f - static_cast<float>(part.y)) * factor};
    const bool is_positive = click.label == PointLabel::positive;
    draw_disc(shown, at, 4, is_positive ? kDark : kLight);
    draw_disc(shown, at, 2.5f, is_positive ? kLight : kDark);
  }
  return shown;
}

}  // namespace weft
