// SPDX-License-Identifier: Apache-2.0
// What a prompt is, and what it is drawn from.  data/prompts are pure functions (truth, prediction, stream) -> points;
// the stream is Stream(seed, Purpose::prompts, step, object), so that neither ranks nor a resume change a prompt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

enum class PointLabel : int8_t { negative = 0, positive = 1, top_left = 2, bottom_right = 3 };  // SAM's numbers

// Pixels of the view, pixel centres at +0.0 as SAM's clicks have them (the encoder adds 0.5).
struct PromptPoint {
  float x, y;
  PointLabel label;
  bool operator==(const PromptPoint&) const = default;
};
using PromptPoints = std::vector<PromptPoint>;  // what one prompt says so far; a box is two of them

// A truth or a prediction as one byte a pixel (0: outside), row-major; `known` may be null (all known).
struct MaskView {
  const uint8_t* inside;
  const uint8_t* known;
  int width, height;

  size_t size() const { return static_cast<size_t>(width) * static_cast<size_t>(height); }
  bool is_known(size_t i) const { return !known || known[i]; }
};

}  // namespace weft
