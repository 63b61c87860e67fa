// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "data/algebra.h"

namespace weft {

KeypointTargets keypoint_targets(Point at, double radius, const Rle& parent) {
  check(radius > 0 && std::isfinite(radius), "the radius of a keypoint is ", radius, ", wanted more than 0");
  const uint32_t width = parent.width, height = parent.height;
  Bytes positive(size_t{width} * height), known(positive.size());
  paint_rle(parent, known.data(), 1);
  const auto begin = [&](double middle) { return static_cast<int64_t>(std::max(std::floor(middle - 3 * radius), 0.)); };
  const auto end = [&](double middle, uint32_t size) {
    return static_cast<int64_t>(std::min(std::ceil(middle + 3 * radius) + 1, double(size)));
  };
  for (int64_t y = begin(at.y); y < end(at.y, height); ++y)
    for (int64_t x = begin(at.x); x < end(at.x, width); ++x) {
      const double distance = std::hypot(x + .5 - at.x, y + .5 - at.y);
      const bool holds_it = std::floor(at.x) == x && std::floor(at.y) == y;
      const auto pixel = static_cast<size_t>(y) * width + static_cast<size_t>(x);
      if (distance <= radius || holds_it)
        positive[pixel] = known[pixel] = 1;
      else if (distance <= 3 * radius)
        known[pixel] = 0;
    }
  return {rle_of_bitmap(positive.data(), height, width), rle_of_bitmap(known.data(), height, width)};
}

double keypoint_radius(const std::string& name, double parent_area) {
  struct Sigma {
    const char* part;
    double sigma;
  };
  constexpr double kOther = 0.05;
  constexpr std::array<Sigma, 9> kSigmas{{{"nose", .026},
                                          {"eye", .025},
                                          {"ear", .035},
                                          {"shoulder", .079},
                                          {"elbow", .072},
                                          {"wrist", .062},
                                          {"hip", .107},
                                          {"knee", .087},
                                          {"ankle", .089}}};
  const size_t after_side = name.find_last_of(" _-");
  const std::string part = after_side == std::string::npos ? name : name.substr(after_side + 1);
  const auto found = std::find_if(kSigmas.begin(), kSigmas.end(), [&](const Sigma& one) { return part == one.part; });
  return std::sqrt(parent_area) * (found == kSigmas.end() ? kOther : found->sigma);
}

}  // namespace weft
