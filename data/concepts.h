// SPDX-License-Identifier: Apache-2.0
// What a vocabulary knows of its texts: which are one concept, which is more general, and which name a side.
#pragma once

#include <cstdint>
#include <vector>

#include "data/evidence.h"

namespace weft {

class Concepts {
 public:
  explicit Concepts(const Vocabulary& vocabulary);  // Error naming the texts of a circle of parents

  // The row that stands for a text and its synonyms: a text that is a synonym of exactly one other text is that one,
  // unless both are closed classes, which their source tells apart.  "*" stays "*".
  uint32_t row(uint32_t row) const { return row == kAnyConcept ? row : row_.at(row); }
  // More general and more special concepts, ascending, without the row itself; rows as row() gives them.
  std::vector<uint32_t> above(uint32_t row) const { return reached(row, parents_); }
  std::vector<uint32_t> below(uint32_t row) const { return reached(row, children_); }
  uint32_t size() const { return static_cast<uint32_t>(row_.size()); }

 private:
  using Edges = std::vector<std::vector<uint32_t>>;
  std::vector<uint32_t> reached(uint32_t row, const Edges& along) const;
  std::vector<uint32_t> row_;
  Edges parents_, children_;
};

// "left wrist" for "right wrist" and the other way round: the row whose text has the words left and right exchanged;
// the row itself where the vocabulary has no such text.
uint32_t mirrored_row(uint32_t row, const Vocabulary& vocabulary);

}  // namespace weft
