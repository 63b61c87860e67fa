// SPDX-License-Identifier: Apache-2.0
// What a step contains, computed at the point: (seed, step, slot) -> sample and texts.  Resuming is knowing the step,
// and neither ranks nor threads matter.  data/mixture.h says how many slots a source has in a step, data/stratum.h
// which of its samples they are.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "data/batch.h"
#include "data/mixing.h"
#include "data/sources.h"
#include "data/step_texts.h"
#include "data/stratum.h"

namespace weft {

struct OrderSettings {
  int64_t global_batch = 0;
  int64_t texts_per_image = 1;
  uint64_t seed = 0;
  MixSettings mix;
  int image_size = 0;  // of the views that are mixed, pixels
  int64_t negatives_per_image = 0;
};

class Order {
 public:
  // Error where a step is larger than what a round of its sources visits.
  Order(const Sources& sources, const OrderSettings& settings);

  int64_t units() const;  // of one round of every part
  Pick at(int64_t step, int64_t slot) const;
  // What takes the place of a draw that cannot be read: of the same part, from rounds that are never reached.
  Pick replacement(int64_t step, int64_t slot, int attempt) const;
  // How the picture of a slot is mixed, and with which one of the same part.  A replacement is never mixed.
  Mixing mixing(int64_t step, int64_t slot) const;
  Pick partner(int64_t step, int64_t slot) const;
  // The step's samples, its distinct texts (in order of first appearance) and cells.
  struct Plan {
    std::vector<Pick> picks;
    std::vector<StepText> texts;
    PairCells cells;
  };
  Plan plan(int64_t step) const;
  const Sources& sources() const { return sources_; }

 private:
  Order(const Sources& sources, const OrderSettings& settings, std::vector<SourcePart> parts);
  struct Place {
    size_t part;
    int64_t k;  // which draw of the part
  };
  Pick extra_draw(Purpose purpose, int64_t step, int64_t slot, int attempt) const;
  Place place_of(int64_t step, int64_t slot, const Mixture::Counts& counts) const;
  // Drawn for a slot, and of its partner where both are seen.
  std::vector<DrawnText> texts_of(int64_t step, int64_t slot, uint32_t sample, const SourceSettings& source) const;

  const Sources& sources_;
  OrderSettings settings_;
  std::vector<const SourceSettings*> source_of_;  // of each part
  std::vector<Stratum> strata_;
  Mixture mixture_;
};

}  // namespace weft
