// SPDX-License-Identifier: Apache-2.0
// An episode: how an annotator begins, and what each later round adds.  The loop over rounds is the trainer's.
#pragma once

#include <vector>

#include "base/random.h"
#include "data/prompts/prompt.h"
#include "data/prompts/settings.h"

namespace weft {

enum class PromptKind { point, box, scribble, negative_only, absent };

struct FirstPrompt {
  PromptKind kind = PromptKind::point;
  PromptPoints points;
  bool target_is_empty = false;  // negative_only, absent: what is asked for is not there
};

// Of the kinds' shares, in the order of PromptKind.
PromptKind draw_kind(const PromptSettings& settings, Stream& stream);

// The prompt of an object.  `elsewhere` is where nothing is that a prompt could mean (pixels inside and known), null
// where that is unknown; absent prompts are drawn there: a point, a box or a scribble by their shares.  What cannot be
// drawn becomes the next best: a negative-only prompt without background, an absent one without elsewhere, and a box or
// scribble of nothing become a point; points is empty where the truth has no known pixel and no target is empty.
FirstPrompt first_prompt(const MaskView& truth, const MaskView* elsewhere, const PromptSettings& settings,
                         Stream& stream);

// At most settings.points clicks on the error of the prediction (error_click), each of another pixel.  `target` is the
// truth, or an empty plane where FirstPrompt::target_is_empty.
PromptPoints correction(const MaskView& target, const uint8_t* prediction, const PromptSettings& settings,
                        Stream& stream);

// Which of the settings.rounds() rounds add no point: one at a random place after the first round and before the last,
// for each of mask_only but one, and the last round (SAM's two).  true: no point.  All objects of a step share a plan.
std::vector<bool> mask_only_rounds(const PromptSettings& settings, Stream& stream);

}  // namespace weft
