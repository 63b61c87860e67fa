// SPDX-License-Identifier: Apache-2.0
#include "data/components.h"

#include <algorithm>
#include <numeric>

namespace weft {
namespace {

int32_t root(std::vector<int32_t>& parent, int32_t label) {
  while (parent[label] != label) label = parent[label] = parent[parent[label]];
  return label;
}

}  // namespace

Components components_of(const uint8_t* inside, int width, int height, Neighbours neighbours) {
  Components found;
  found.label.assign(static_cast<size_t>(width) * height, 0);
  std::vector<int32_t> parent{0};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const size_t i = size_t(y) * width + x;
      if (!inside[i]) continue;
      int32_t own = 0;
      const auto join_with = [&](bool is_there, size_t back) {
        if (!is_there || !found.label[i - back]) return;
        const int32_t other = root(parent, found.label[i - back]);
        if (own) parent[std::max(own, other)] = std::min(own, other);
        own = own ? std::min(own, other) : other;
      };
      join_with(x > 0, 1);
      join_with(y > 0, width);
      if (neighbours == Neighbours::eight) {
        join_with(y > 0 && x > 0, size_t(width) + 1);
        join_with(y > 0 && x + 1 < width, size_t(width) - 1);
      }
      if (!own) {
        own = static_cast<int32_t>(parent.size());
        parent.push_back(own);
      }
      found.label[i] = own;
    }
  // A root is the least label of its component, so numbers by label are numbers by first pixel.
  std::vector<int32_t> number(parent.size(), 0);
  int32_t count = 0;
  for (int32_t label = 1; label < static_cast<int32_t>(parent.size()); ++label)
    number[label] = parent[label] == label ? ++count : number[root(parent, label)];
  found.area.assign(count + 1, 0);
  for (int32_t& label : found.label) ++found.area[label = number[label]];
  return found;
}

}  // namespace weft
