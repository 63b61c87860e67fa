// SPDX-License-Identifier: Apache-2.0
#include "data/check/known.h"

#include "base/error.h"
#include "data/evidence.h"

namespace weft {
namespace {

uint8_t bit(LabelState state) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(state));
}

LabelState state_of(uint8_t bits) {
  const auto has = [&](LabelState state) { return (bits & bit(state)) != 0; };
  if (has(LabelState::positive) && has(LabelState::negative)) return LabelState::contradicted;
  for (const LabelState state : {LabelState::positive, LabelState::negative, LabelState::soft, LabelState::unknown,
                                 LabelState::candidate, LabelState::exists})
    if (has(state)) return state;
  return LabelState::unsaid;
}

// All rows that `next` leads to from each row; a row that leads to itself is no Error here.
std::vector<std::vector<uint32_t>> closure(const std::vector<std::vector<uint32_t>>& next) {
  std::vector<std::vector<uint32_t>> all(next.size());
  for (uint32_t row = 0; row < next.size(); ++row) {
    if (next[row].empty()) continue;
    std::set<uint32_t> seen{row};
    std::vector<uint32_t> open = next[row];
    while (!open.empty()) {
      const uint32_t one = open.back();
      open.pop_back();
      if (!seen.insert(one).second) continue;
      all[row].push_back(one);
      open.insert(open.end(), next[one].begin(), next[one].end());
    }
  }
  return all;
}

// What a record says of its concept in the whole sample.
LabelState said_by(const Record& record) {
  const bool of_all = record.scope == Scope::image && record.view == kEveryView;
  switch (record.kind) {
    case Kind::pos:
      return LabelState::positive;
    case Kind::neg:  // not here is not nowhere
      return of_all ? LabelState::negative : LabelState::unsaid;
    case Kind::soft:
      return of_all ? LabelState::soft : LabelState::unsaid;
    case Kind::unknown:
      return of_all ? LabelState::unknown : LabelState::unsaid;
    case Kind::exists:
      return LabelState::exists;
    case Kind::count:
      if (record.operands.at(0) > 0) return LabelState::positive;
      return of_all && record.operands.at(1) == 0 ? LabelState::negative : LabelState::unsaid;
    case Kind::candidates:
    case Kind::exhaustive:
      return LabelState::unsaid;
  }
  return LabelState::unsaid;
}

}  // namespace

KnownConcepts::KnownConcepts(const Store& store)
    : store_(store), classes_(store.layers().size()), said_(store.layers().size()), exhaustive_(store.layers().size()) {
  const Vocabulary& vocabulary = store.vocabulary();
  std::vector<std::vector<uint32_t>> parents(vocabulary.size()), children(vocabulary.size());
  for (uint32_t row = 0; row < vocabulary.size(); ++row)
    for (const uint32_t parent : vocabulary.about(row).parents) {
      parents[row].push_back(parent);
      children.at(parent).push_back(row);
    }
  ancestors_ = closure(parents), descendants_ = closure(children);
  for (size_t layer = 0; layer < classes_.size(); ++layer) {
    const EvidenceLayer content = read_evidence_layer(store.folder() / "evidence" / store.layers()[layer]);
    for (uint32_t row = 0; row < content.vocabulary.size(); ++row)
      if (content.vocabulary.about(row).closed)
        classes_[layer].insert(static_cast<uint32_t>(vocabulary.find(content.vocabulary.text(row))));
  }
}

void KnownConcepts::add(const Record& record) {
  std::map<uint32_t, uint8_t>& said = said_.at(record.source);
  if (record.kind == Kind::exhaustive && record.scope == Scope::image && record.view == kEveryView) {
    if (record.concept_row == kAnyConcept) exhaustive_[record.source] = true;
    return;
  }
  if (record.kind == Kind::candidates)
    for (const uint32_t row : record.operands) said[row] |= bit(LabelState::candidate);
  const LabelState state = said_by(record);
  if (record.concept_row != kAnyConcept && state != LabelState::unsaid) said[record.concept_row] |= bit(state);
}

void KnownConcepts::follow_hierarchy(std::map<uint32_t, uint8_t>& said) const {
  const std::map<uint32_t, uint8_t> direct = said;
  for (const auto& [row, bits] : direct) {
    if (bits & bit(LabelState::positive))
      for (const uint32_t other : ancestors_[row]) said[other] |= bit(LabelState::positive);
    if (bits & bit(LabelState::negative))
      for (const uint32_t other : descendants_[row]) said[other] |= bit(LabelState::negative);
  }
}

void KnownConcepts::read(size_t sample) {
  for (auto& said : said_) said.clear();
  exhaustive_.assign(exhaustive_.size(), false);
  all_.clear();
  std::set<std::pair<uint16_t, uint32_t>> listed;  // exhaustive for one concept
  for (const Record& record : store_.records(sample)) {
    add(record);
    if (record.kind == Kind::exhaustive && record.scope == Scope::image && record.concept_row != kAnyConcept)
      listed.emplace(record.source, record.concept_row);
  }
  for (auto& said : said_) follow_hierarchy(said);
  for (const auto& [layer, row] : listed)
    if (!(said_[layer][row] & bit(LabelState::positive))) said_[layer][row] |= bit(LabelState::negative);
  for (const auto& said : said_)
    for (const auto& [row, bits] : said) all_[row] |= bits;
}

LabelState KnownConcepts::state(uint32_t row, uint16_t layer) const {
  const auto found = said_[layer].find(row);
  const LabelState said = found == said_[layer].end() ? LabelState::unsaid : state_of(found->second);
  return said == LabelState::unsaid && exhaustive_[layer] && classes_[layer].contains(row) ? LabelState::negative
                                                                                           : said;
}

LabelState KnownConcepts::state(uint32_t row) const {
  const auto found = all_.find(row);
  uint8_t bits = found == all_.end() ? 0 : found->second;
  for (uint16_t layer = 0; layer < said_.size(); ++layer)
    if (exhaustive_[layer] && classes_[layer].contains(row) && state(row, layer) == LabelState::negative)
      bits |= bit(LabelState::negative);
  return state_of(bits);
}

}  // namespace weft
