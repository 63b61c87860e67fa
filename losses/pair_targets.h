// SPDX-License-Identifier: Apache-2.0
// What a pairwise loss wants of the cells (image x text) of a step.  CLIP, SigLIP, several positives (UniCL), soft
// labels, noisy pairs, verified negatives and unknowns differ in this table alone.
#pragma once

#include <string>
#include <vector>

#include "configs/fields.h"
#include "data/batch.h"

namespace weft {

struct PairTargets {
  int64_t images = 0, texts = 0;
  // Cells by image, texts ascending.  q: how true.  w: how much it counts; with 0 a cell leaves every sum.
  std::vector<int64_t> begin{0};  // images + 1
  std::vector<int32_t> text;
  std::vector<float> q, w;
  float unsaid_weight = 1;  // w of the cells that are not listed; their q is 0

  // As how many columns a text counts: with positives = "identity" each pair that drew it is a column of its own.
  std::vector<float> copies;
  // An image that cannot be judged: its row leaves every sum.
  std::vector<uint8_t> is_closed;
  // Guided negatives (GISTEmbed, arXiv 2402.16829): a cell that is not a positive leaves the sums where its cosine is
  // above that of the image's best positive by more than this.  none: infinity.
  float guide_margin = kNone;
  static constexpr float kNone = 1e30f;

  bool has_masks() const;  // some cell leaves the sums
};

// The keys of a recipe that say what the targets are.
struct TargetSettings {
  std::string positives = "evidence", unsaid = "negative", guide = "none";
  double guide_margin = 0;
  void fields(Fields& visit);
  void verify() const;  // Error where keys contradict each other
  PairTargets of(const PairCells& cells) const;
};

}  // namespace weft
