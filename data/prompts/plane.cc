// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/plane.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

std::vector<float> gaussian(double sigma, int radius) {
  std::vector<float> tap(2 * radius + 1);
  double sum = 0;
  for (int k = -radius; k <= radius; ++k) sum += std::exp(-0.5 * k * k / (sigma * sigma));
  for (int k = -radius; k <= radius; ++k)
    tap[k + radius] = static_cast<float>(std::exp(-0.5 * k * k / (sigma * sigma)) / sum);
  return tap;
}

int mirrored(int i, int length) {
  const int turn = (i % (2 * length) + 2 * length) % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}

void standardise(std::vector<float>& plane, double deviation) {
  double sum = 0, squares = 0;
  for (const float v : plane) sum += v;
  const double mean = sum / static_cast<double>(plane.size());
  for (const float v : plane) squares += (v - mean) * (v - mean);
  const double found = std::sqrt(squares / static_cast<double>(plane.size()));
  const double factor = found > 0 ? deviation / found : 0;
  for (float& v : plane) v = static_cast<float>((v - mean) * factor);
}

}  // namespace

std::vector<float> blur(const std::vector<float>& plane, int width, int height, double sigma, int radius) {
  WEFT_ASSERT(sigma > 0 && radius >= 0);
  const std::vector<float> tap = gaussian(sigma, radius);
  std::vector<float> across(plane.size()), row(width + 2 * radius);
  for (int y = 0; y < height; ++y) {
    const float* from = plane.data() + size_t(y) * width;
    for (int x = -radius; x < width + radius; ++x) row[x + radius] = from[mirrored(x, width)];
    float* to = across.data() + size_t(y) * width;
    for (int k = 0; k <= 2 * radius; ++k)
      for (int x = 0; x < width; ++x) to[x] += tap[k] * row[x + k];
  }
  std::vector<float> result(plane.size());
  for (int y = 0; y < height; ++y) {
    float* to = result.data() + size_t(y) * width;
    for (int k = -radius; k <= radius; ++k) {
      const float* from = across.data() + size_t(mirrored(y + k, height)) * width;
      for (int x = 0; x < width; ++x) to[x] += tap[k + radius] * from[x];
    }
  }
  return result;
}

std::vector<float> smooth_noise(int width, int height, double sigma, Stream& stream) {
  std::vector<float> noise(static_cast<size_t>(width) * height);
  for (float& v : noise) v = static_cast<float>(stream.normal());
  noise = blur(noise, width, height, sigma, static_cast<int>(std::ceil(3 * sigma)));
  standardise(noise, 1);
  return noise;
}

std::vector<float> displacement(int width, int height, double sigma, double deviation, Stream& stream) {
  const int columns = std::max(2, int(width / sigma)), rows = std::max(2, int(height / sigma));
  std::vector<float> grid(size_t(columns) * rows), plane(size_t(width) * height);
  for (float& v : grid) v = static_cast<float>(stream.normal());
  for (int y = 0; y < height; ++y) {
    const float at_y = height > 1 ? float(y) * (rows - 1) / (height - 1) : 0;
    const int top = std::min(int(at_y), rows - 2);
    for (int x = 0; x < width; ++x) {
      const float at_x = width > 1 ? float(x) * (columns - 1) / (width - 1) : 0;
      const int left = std::min(int(at_x), columns - 2);
      const float* corner = grid.data() + size_t(top) * columns + left;
      const float right = at_x - left, down = at_y - top;
      const float above = corner[0] + (corner[1] - corner[0]) * right;
      const float below = corner[columns] + (corner[columns + 1] - corner[columns]) * right;
      plane[size_t(y) * width + x] = above + (below - above) * down;
    }
  }
  standardise(plane, deviation);
  return plane;
}

}  // namespace weft
