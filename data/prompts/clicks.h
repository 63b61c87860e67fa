// SPDX-License-Identifier: Apache-2.0
// Clicks.  A click is uniform over the pixels of a region (one pass counts them, a second one walks to the drawn one:
// O(pixels) time, O(1) memory) or the region's deepest pixel.  Unknown pixels are never clicked.
// SAM (arXiv 2304.02643, App. A), SAM 2 (arXiv 2408.00714), RITM (arXiv 2102.06583).
#pragma once

#include <optional>
#include <span>

#include "base/random.h"
#include "data/geometry.h"
#include "data/prompts/prompt.h"

namespace weft {

// A pixel of the truth, positive; a known pixel outside it, negative.  Nothing where there is none.
std::optional<PromptPoint> inside_click(const MaskView& truth, Stream& stream);
std::optional<PromptPoint> outside_click(const MaskView& truth, Stream& stream);

// A pixel that the prediction (one byte a pixel) has wrong: positive where it misses the truth, negative where it
// exceeds it.  With probability `from_truth` a pixel of the truth instead.  Where there is no error, or no truth to
// draw from: a negative click outside the truth; where that is everywhere, a positive one.  Nothing where nothing is
// known.
std::optional<PromptPoint> error_click(const MaskView& truth, const uint8_t* prediction, double from_truth,
                                       Stream& stream);

// The pixel of the truth that is farthest from all others (Euclid; the outside of the view counts as others, and so do
// unknown pixels); the first one, row by row, where several are.  Nothing where the truth is empty.
std::optional<PromptPoint> centre_click(const MaskView& truth);

// For evaluation: the deepest pixel of what is missed or, if no shallower, of what is too much; pixels that were
// clicked before do not count, though they shorten no distance.  Nothing where no error is left to click.
std::optional<PromptPoint> centre_error_click(const MaskView& truth, const uint8_t* prediction,
                                              std::span<const PromptPoint> clicked);

// A place of data/geometry.h (pixel edges), e.g. a keypoint, as a click.  Error outside the view.
PromptPoint click_at(Point place, PointLabel label, int width, int height);

}  // namespace weft
