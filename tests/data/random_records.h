// SPDX-License-Identifier: Apache-2.0
// Statements drawn at random for property tests: anything that may be said, or only what is true of a drawn world.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/algebra.h"

namespace weft::drawn {

inline uint32_t below(Stream& stream, uint64_t n) {
  return static_cast<uint32_t>(stream.below(n));
}

// `count` texts; a parent comes before its children.
inline Vocabulary vocabulary(Stream& stream, uint32_t count) {
  Vocabulary words;
  for (uint32_t row = 0; row < count; ++row) {
    words.row_of("concept " + std::to_string(row));
    for (uint32_t parents = row == 0 ? 0 : below(stream, 3); parents > 0; --parents)
      words.about(row).parents.push_back(below(stream, row));
  }
  return words;
}

inline std::vector<uint32_t> rows(Stream& stream, uint32_t count, double share) {
  std::vector<uint32_t> some;
  for (uint32_t row = 0; row < count; ++row)
    if (stream.chance(share)) some.push_back(row);
  return some;
}

// Anything that may be said of one sample, at few places so that much of it meets.
inline Record record(Stream& stream, uint32_t texts) {
  const std::vector<Bytes> boxes{box_bytes({0, 0, 4, 4}), box_bytes({2, 2, 8, 6})};
  Record record{.item = {1, 2},
                .scope = stream.chance(.6) ? Scope::image : Scope::box,
                .concept_row = stream.chance(.9) ? below(stream, texts) : kAnyConcept,
                .kind = static_cast<Kind>(below(stream, 8)),
                .confidence = static_cast<float>(below(stream, 5)) / 4,
                .source = static_cast<uint16_t>(below(stream, 3))};
  if (record.scope == Scope::box) {
    record.geometry = boxes[below(stream, 2)];
    record.region = static_cast<RegionIs>(stream.chance(.5) ? 0 : below(stream, 5));
    record.flags = stream.chance(.2) ? kOccluded : 0;
    record.id = below(stream, 3);
  }
  if (record.kind == Kind::count) record.operands = {below(stream, 3), 2 + below(stream, 3)};
  if (record.kind == Kind::candidates) {
    record.concept_row = kAnyConcept;
    record.operands = rows(stream, texts, .4);
    if (record.operands.empty()) record.operands = {below(stream, texts)};
  }
  return record;
}

inline std::vector<Record> records(Stream& stream, uint32_t texts, uint64_t most) {
  std::vector<Record> all;
  for (uint64_t count = stream.below(most + 1); count > 0; --count) all.push_back(record(stream, texts));
  return all;
}

inline void shuffle(Stream& stream, std::vector<Record>& records) {
  for (size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[stream.below(i)]);
}

// What is true of one image.
struct World {
  std::vector<bool> is_true;  // by row; what is more general than something true is true

  World(Stream& stream, const Vocabulary& vocabulary) : is_true(vocabulary.size()) {
    const Concepts concepts(vocabulary);
    for (const uint32_t row : rows(stream, vocabulary.size(), .25)) {
      is_true[row] = true;
      for (const uint32_t general : concepts.above(row)) is_true[general] = true;
    }
  }

  bool holds(const Record& record) const {
    const auto truths = [&] {
      return std::count_if(record.operands.begin(), record.operands.end(), [&](uint32_t row) { return is_true[row]; });
    };
    if (record.concept_row == kAnyConcept && record.kind != Kind::candidates) return true;
    switch (record.kind) {
      case Kind::pos:
      case Kind::exists:
        return is_true[record.concept_row];
      case Kind::neg:
        return !is_true[record.concept_row];
      case Kind::candidates:
        return truths() == 1;
      case Kind::count:
        return is_true[record.concept_row] ? record.operands[1] > 0 : record.operands[0] == 0;
      default:
        return true;
    }
  }
};

}  // namespace weft::drawn
