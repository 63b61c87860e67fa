// SPDX-License-Identifier: Apache-2.0
// [prompts] of a recipe: what an episode's prompts are (docs/PROMPTS.md: the values of SAM and of SAM 2).
#pragma once

#include <cstdint>
#include <string>

#include "configs/fields.h"

namespace weft {

struct PromptSettings : Settings {
  // How often an episode begins with each kind, relative to their sum.
  double point = 0.5, box = 0.5, scribble = 0, negative_only = 0, absent = 0;
  std::string box_jitter = "normal";  // or none, uniform, outward
  double box_jitter_share = 0.1, box_jitter_pixels = 20;
  int64_t corrections = 8;        // rounds after the first, each with points from the error
  int64_t mask_only = 2;          // further rounds that add no point
  int64_t points = 1;             // of a correction, at most
  std::string feedback = "best";  // or predicted
  double from_truth = 0;          // probability that a correction's point comes from the truth instead of the error
  int64_t negatives = 3;          // of a negative-only prompt, at most
  // How often a scribble is of each kind, relative to their sum.
  double line = 1, centerline = 1, contour = 1;
  int64_t scribble_points = 5;  // points that a scribble becomes, at most
  void fields(Fields& visit) override;
  int64_t rounds() const { return 1 + corrections + mask_only; }
};

}  // namespace weft
