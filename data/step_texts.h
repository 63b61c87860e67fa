// SPDX-License-Identifier: Apache-2.0
// The texts of a step: which are drawn for an image, in which words, and what is said of the images and them.  Of an
// image come some of the texts that are true of it and some of its verified negatives, each in the words of one of its
// source's templates; a negative may also give its negation, a text that is true.  Equal words are one text.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "data/batch.h"
#include "data/sources.h"

namespace weft {

// Error where a template has no place for its text, or a negation no negatives.
void check_templates(const Sources& sources, int64_t negatives_per_image);

struct DrawnText {
  StepText::Claim claim;
  std::string words;
  bool is_true;  // of its image; else a verified negative
};
// At most so many texts and negatives of a sample that `source` gave.
std::vector<DrawnText> draw_texts(const Sources& sources, uint32_t sample, const SourceSettings& source, int64_t texts,
                                  int64_t negatives, Stream stream);

// Distinct words, in order of first appearance.
class TextTable {
 public:
  int32_t add(const DrawnText& text);  // its column
  std::vector<StepText> texts;

 private:
  std::unordered_map<std::string, int32_t> column_of_;
};

// What was said about a sample and the texts of a step, or follows from it: POS is q = 1, NEG q = 0, SOFT p, each with
// its confidence as weight; an asserted UNKNOWN is a cell of weight 0.  Of a negated text q is 1 - q.  Statements of
// several layers about one cell: their weighted mean, weights added.
struct TextColumn {
  int32_t column;
  bool negated;
};
using TextColumns = std::unordered_map<uint32_t, std::vector<TextColumn>>;  // by row of the vocabulary
TextColumns columns_of(const std::vector<StepText>& texts);
std::vector<Cell> cells_of(const Sources& sources, uint32_t sample, const TextColumns& columns);

// Cells of negated texts say what holds of their concepts, or the other way round.
void turn_negated(std::vector<Cell>& cells, const std::vector<StepText>& texts);

}  // namespace weft
