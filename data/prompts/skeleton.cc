// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/skeleton.h"

#include <array>
#include <cstddef>

namespace weft {
namespace {

// Neighbours clockwise from above: N NE E SE S SW W NW.  A pixel goes when it has 2 to 6 of them, in one run around
// it, and N E S, E S W (first pass) or N E W, N S W (second pass) are not all there.
bool goes(const std::array<bool, 8>& n, bool first_pass) {
  int there = 0, runs = 0;
  for (int k = 0; k < 8; ++k) {
    there += n[k];
    runs += !n[k] && n[(k + 1) % 8];
  }
  if (there < 2 || there > 6 || runs != 1) return false;
  const bool north = n[0], east = n[2], south = n[4], west = n[6];
  return first_pass ? !(north && east && south) && !(east && south && west)
                    : !(north && east && west) && !(north && south && west);
}

}  // namespace

std::vector<uint8_t> skeleton_of(const std::vector<uint8_t>& inside, int width, int height) {
  const size_t stride = size_t(width) + 2;  // ringed by background
  std::vector<uint8_t> plane(stride * (size_t(height) + 2), 0);
  std::vector<size_t> left, gone;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      if (!inside[size_t(y) * width + x]) continue;
      left.push_back((size_t(y) + 1) * stride + x + 1);
      plane[left.back()] = 1;
    }
  for (bool changed = true; changed;) {
    changed = false;
    for (const bool first_pass : {true, false}) {
      gone.clear();
      for (const size_t i : left) {
        const std::array<bool, 8> around{
            plane[i - stride] != 0, plane[i - stride + 1] != 0, plane[i + 1] != 0, plane[i + stride + 1] != 0,
            plane[i + stride] != 0, plane[i + stride - 1] != 0, plane[i - 1] != 0, plane[i - stride - 1] != 0};
        if (goes(around, first_pass)) gone.push_back(i);
      }
      for (const size_t i : gone) plane[i] = 0;
      std::erase_if(left, [&](size_t i) { return !plane[i]; });
      changed = changed || !gone.empty();
    }
  }
  std::vector<uint8_t> skeleton(inside.size(), 0);
  for (const size_t i : left) skeleton[(i / stride - 1) * width + i % stride - 1] = 1;
  return skeleton;
}

}  // namespace weft
