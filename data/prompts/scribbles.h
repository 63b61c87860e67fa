// SPDX-License-Identifier: Apache-2.0
// Scribbles as ScribblePrompt draws them (arXiv 2312.07381): lines between random pixels, broken centerlines, and
// broken contours shrunk into the object, all warped by a smooth random displacement and kept inside.
#pragma once

#include <vector>

#include "base/random.h"
#include "data/prompts/prompt.h"

namespace weft {

enum class ScribbleKind { line, centerline, contour };

// One byte a pixel, within the known pixels of `region`; all 0 where it has none, else at least one pixel.
// `lines`: of a line scribble.  A negative scribble is one of the complement (outside_of).
std::vector<uint8_t> draw_scribble(const MaskView& region, ScribbleKind kind, int lines, Stream& stream);
std::vector<uint8_t> outside_of(const MaskView& region);  // its known pixels that are not inside

// At most `count` of a scribble's pixels, uniform without replacement, row by row: what a prompt encoder of points
// takes.
PromptPoints points_of(const std::vector<uint8_t>& scribble, int width, int64_t count, PointLabel label,
                       Stream& stream);

}  // namespace weft
