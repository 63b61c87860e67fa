// SPDX-License-Identifier: Apache-2.0
// Which pictures of a step are mixed with another one, and what then holds for the texts of the step (data/mix.h does
// it to pixels and regions).  What a slot is mixed with is drawn from a stream of (seed, step, slot), so that every
// rank knows it without reading a picture.
#pragma once

#include <vector>

#include "data/batch.h"
#include "data/mix.h"

namespace weft {

enum class MixKind { none, copy_paste, cut_mix, class_mix, mix_up };

struct Mixing {
  MixKind kind = MixKind::none;
  double share = 1;  // of the slot's own picture: cut_mix the area that is left of it, mix_up its weight
  Box cut;           // of cut_mix, in the view
};

// size: side of the view, pixels.
Mixing draw_mixing(const MixSettings& settings, int size, uint64_t seed, int64_t step, int64_t slot);

// Pixels and records of both as data/mix.h has them; which objects are pasted is drawn from (seed, step, slot).
MixedView mixed_view(const MixedView& own, const MixedView& partner, const Mixing& mixing, const MixSettings& settings,
                     uint64_t seed, int64_t step, int64_t slot);

// Cells of the mixed picture from those of both, by text.
//   cut_mix of which labels hold somewhere   true of one is true, where enough of that one is seen
//   cut_mix by area, mix_up                  q and w by share; 0 where only one says that it is true
//   copy_paste, class_mix                    true of the slot's own is true; of the partner alone is unknown (w = 0)
// What is not true of one picture is not true of the mixed one only where both say so; else nobody says anything.
std::vector<Cell> mixed_cells(const std::vector<Cell>& own, const std::vector<Cell>& partner, const Mixing& mixing,
                              const MixSettings& settings);

}  // namespace weft
