// SPDX-License-Identifier: Apache-2.0
// Boxes as prompts: their corners are the centres of the first and last pixels, as SAM's masks give them; boxes of
// data/geometry.h are edges, half-open.
#pragma once

#include <optional>

#include "base/random.h"
#include "data/geometry.h"
#include "data/prompts/prompt.h"

namespace weft {

// Around the known pixels of the truth; nothing where there are none.
std::optional<Box> box_around(const MaskView& truth);

// Top left, bottom right.  Error where the box is empty, not finite or reaches out of the view.
PromptPoints box_prompt(const Box& box, int width, int height);

// none; normal: each edge moves by N(0, (share * side)^2), at most `pixels` (SAM); uniform: by U(-m, m), m = min(share
// * side, pixels) (SAM 2); outward: by U(0, pixels) away from the box (MedSAM).  Side is the box's along that axis.
enum class BoxJitter { none, normal, uniform, outward };
BoxJitter box_jitter_named(const std::string& name);  // of PromptSettings::box_jitter

// Clamped to the view; edges that cross are swapped, and at least one pixel is left.
Box jittered(const Box& box, BoxJitter jitter, double share, double pixels, int width, int height, Stream& stream);

}  // namespace weft
