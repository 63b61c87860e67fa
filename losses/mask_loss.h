// SPDX-License-Identifier: Apache-2.0
// How wrong predicted masks are.  A mask loss is judged on the rank (and micro-batch) that has the objects; the trainer
// divides each term once by its count over the world and the episode's rounds are added.
// P prompts, M masks of each, H x W pixels of the view, h x w numbers of a mask.
#pragma once

#include <string>
#include <vector>

#include "losses/loss.h"
#include "models/draws.h"
#include "models/mask_outputs.h"

namespace weft {

// Which label an object has.
enum class MaskLabel : int64_t { mask = 0, box = 1, points = 2 };

// What is known of the objects that P prompts ask for.  It stays through the rounds of an episode.
struct MaskTargets {
  Tensor inside_PHW;  // u8 (0, 1) or f32 in [0, 1]: the truth at the resolution where labels are
  Tensor known_PHW;   // u8, 1: known.  Undefined: all is.  Of points and scribbles: the labelled pixels
  Tensor present_P;  // f32, 1: the object is there; 0: it is absent, its truth empty; NaN: unknown.  Undefined: all are
                     // there
  Tensor weight_P;   // f32 >= 0, trust.  Undefined: 1
  Tensor box_P4;     // f32 x0 y0 x1 y1 in pixels of the view.  Undefined: no prompt has label `box`
  Tensor kind_P;     // i64, MaskLabel.  Undefined: all are masks
  Tensor pixels_PCHW;   // f32 in [0, 1] or u8, 1 or 3 colours.  Undefined unless a loss wants_pixels()
  Tensor valid_PHW;     // u8, 0: no pixel of the image (padding).  Undefined: all are.  Of losses that compare pixels
  Tensor objectness_P;  // f32 in [0, 1], NaN: unknown.  Undefined: unknown

  int64_t prompts() const { return inside_PHW.size(0); }
};

// The round of an episode that is judged.
struct MaskRound {
  bool multimask = false;  // the best of M is asked for; otherwise all of them are (M = 1, as a rule)
  int64_t round = 0;
  Draws draws;  // its rows are prompts; only sampled points draw
};

struct MaskJudgement {
  std::vector<Tensor> sums;  // f64 0-d with a graph, in the order of terms(): to be divided by their counts and added
  Tensor chosen_P;           // i64: the mask of M that was trained, the next round's previous mask
};

class MaskLoss : public Loss {
 public:
  Couples couples() const final { return Couples::item; }
  virtual std::vector<std::string> terms() const = 0;
  // How much each term judges: sums of trust over prompts.  Of the targets alone, so that ranks can add counts while
  // the forward runs; the same in every round.
  virtual std::vector<double> count(const MaskTargets& targets) const = 0;
  virtual MaskJudgement judge(const MaskOutputs& outputs, const MaskTargets& targets, const MaskRound& round) const = 0;
  virtual bool wants_pixels() const = 0;
};

}  // namespace weft
