// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/boxes.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

void check_in_view(const Box& box, int width, int height) {
  const auto name = [&] { return join("the box (", box.x0, ", ", box.y0, ") to (", box.x1, ", ", box.y1, ")"); };
  check(!box.is_empty(), name(), " is empty; wanted left < right and top < bottom");
  check(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= width && box.y1 <= height, name(), " reaches out of the view of ",
        width, " x ", height, " pixels");
}

// How far one edge moves; `out` is the direction away from the box.
double shift_of(BoxJitter jitter, double side, double share, double pixels, double out, Stream& stream) {
  switch (jitter) {
    case BoxJitter::none:
      return 0;
    case BoxJitter::normal:
      return std::clamp(stream.normal() * share * side, -pixels, pixels);
    case BoxJitter::uniform:
      return stream.uniform(-1, 1) * std::min(share * side, pixels);
    case BoxJitter::outward:
      return out * stream.uniform(0, pixels);
  }
  WEFT_ASSERT(false);
}

// Both edges of an axis within [0, length], in order and a pixel apart.
void settle(double& low, double& high, int length) {
  low = std::clamp<double>(low, 0, length);
  high = std::clamp<double>(high, 0, length);
  if (low > high) std::swap(low, high);
  if (high - low >= 1) return;
  low = std::clamp<double>((low + high) / 2 - 0.5, 0, length - 1);
  high = low + 1;
}

}  // namespace

std::optional<Box> box_around(const MaskView& truth) {
  int left = truth.width, top = truth.height, right = -1, bottom = -1;
  for (int y = 0; y < truth.height; ++y)
    for (int x = 0; x < truth.width; ++x) {
      const size_t i = size_t(y) * truth.width + x;
      if (!truth.inside[i] || !truth.is_known(i)) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = y;
    }
  if (right < 0) return {};
  return Box{double(left), double(top), right + 1.0, bottom + 1.0};
}

PromptPoints box_prompt(const Box& box, int width, int height) {
  check_in_view(box, width, height);
  return {{float(box.x0), float(box.y0), PointLabel::top_left},
          {float(std::max(box.x0, box.x1 - 1)), float(std::max(box.y0, box.y1 - 1)), PointLabel::bottom_right}};
}

BoxJitter box_jitter_named(const std::string& name) {
  if (name == "none") return BoxJitter::none;
  if (name == "normal") return BoxJitter::normal;
  if (name == "uniform") return BoxJitter::uniform;
  if (name == "outward") return BoxJitter::outward;
  fail("box_jitter is \"", name, "\"; wanted none, normal, uniform or outward");
}

Box jittered(const Box& box, BoxJitter jitter, double share, double pixels, int width, int height, Stream& stream) {
  check_in_view(box, width, height);
  Box moved;
  moved.x0 = box.x0 + shift_of(jitter, box.width(), share, pixels, -1, stream);
  moved.y0 = box.y0 + shift_of(jitter, box.height(), share, pixels, -1, stream);
  moved.x1 = box.x1 + shift_of(jitter, box.width(), share, pixels, 1, stream);
  moved.y1 = box.y1 + shift_of(jitter, box.height(), share, pixels, 1, stream);
  settle(moved.x0, moved.x1, width);
  settle(moved.y0, moved.y1, height);
  return moved;
}

}  // namespace weft
