// SPDX-License-Identifier: Apache-2.0
// What a step contains, computed at the point: (seed, step, slot) -> sample and texts.  Resuming is knowing the step,
// and neither ranks nor threads matter.  data/mixture.h says how many slots a source has in a step, data/stratum.h
// which of its samples they are.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "data/batch.h"
#include "data/sources.h"
#include "data/stratum.h"

namespace weft {

struct OrderSettings {
  int64_t global_batch = 0;
  int64_t texts_per_image = 1;
  uint64_t seed = 0;
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
  Place place_of(int64_t step, int64_t slot, const Mixture::Counts& counts) const;
  struct DrawnText {
    StepText::Claim claim;
    std::string words;
    bool is_true;  // of its image; else a verified negative
  };
  std::vector<DrawnText> draw_texts(uint32_t sample, const SourceSettings& source, int64_t step, int64_t slot) const;

  const Sources& sources_;
  OrderSettings settings_;
  std::vector<const SourceSettings*> source_of_;  // of each part
  std::vector<Stratum> strata_;
  Mixture mixture_;
};

// What was said about a sample and the texts of a step: POS is q = 1, NEG q = 0, SOFT p, each with its confidence as
// weight; an asserted UNKNOWN is a cell of weight 0.  Of a negated text q is 1 - q.  Statements of several layers about
// one cell: their weighted mean, weights added.
struct TextColumn {
  int32_t column;
  bool negated;
};
using TextColumns = std::unordered_map<uint32_t, std::vector<TextColumn>>;  // by row of the vocabulary
TextColumns columns_of(const std::vector<StepText>& texts);
std::vector<Cell> cells_of(const Sources& sources, uint32_t sample, const TextColumns& columns);

}  // namespace weft
