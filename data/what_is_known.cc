// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "data/algebra.h"

namespace weft {
namespace {

// Of one source: the concepts that its statements are about or leave room for, or all of them.
struct Mentioned {
  bool is_open = false;
  std::set<uint32_t> rows;

  void add(uint32_t row, bool is_denied, const Concepts& concepts) {
    is_open |= row == kAnyConcept && !is_denied;
    if (row == kAnyConcept) return;
    rows.insert(concepts.row(row));
    for (const uint32_t other : concepts.below(row)) rows.insert(other);  // an animal may be a dog
    if (is_denied) return;
    for (const uint32_t other : concepts.above(row)) rows.insert(other);
  }
};

}  // namespace

std::vector<Denied> denied_by_exhaustiveness(const std::vector<Record>& records,
                                             const std::vector<std::vector<uint32_t>>& closed,
                                             const Concepts& concepts) {
  const auto denies = [](const Record& record) {
    return record.kind == Kind::exhaustive && record.scope == Scope::image && record.view == kEveryView;
  };
  if (std::none_of(records.begin(), records.end(), denies)) return {};
  std::map<uint16_t, Mentioned> mentioned;
  for (const Record& record : records) {
    Mentioned& of = mentioned[record.source];
    if (record.kind == Kind::candidates)
      for (const uint32_t row : record.operands) of.add(row, false, concepts);
    else if (record.kind != Kind::exhaustive)
      of.add(record.concept_row, record.kind == Kind::neg, concepts);
  }
  std::vector<Denied> denied;
  for (const Record& record : records) {
    if (!denies(record)) continue;
    const Mentioned& of = mentioned[record.source];
    const std::vector<uint32_t> own{record.concept_row};
    const bool is_list = record.concept_row == kAnyConcept && record.source < closed.size();
    for (const uint32_t row : is_list ? closed[record.source] : own)
      if (row != kAnyConcept && !of.is_open && !of.rows.contains(concepts.row(row)))
        denied.push_back({row, record.confidence, record.source});
  }
  return denied;
}

namespace {

Known known_by(const Record& record) {
  const bool is_global = record.scope == Scope::image && record.view == kEveryView;
  switch (record.kind) {
    case Kind::pos:
      return Known::pos;
    case Kind::neg:
      return is_global ? Known::neg : Known::unsaid;
    case Kind::unknown:
      return Known::unknown;
    case Kind::soft:
      return Known::soft;
    case Kind::candidates:
      return Known::candidate;
    case Kind::exists:
      return Known::exists;
    case Kind::count:
      return record.operands[0] > 0 ? Known::exists : record.operands[1] == 0 && is_global ? Known::neg : Known::unsaid;
    case Kind::exhaustive:
      break;
  }
  return Known::unsaid;
}

Known stronger(Known a, Known b) {
  const auto [weak, strong] = std::minmax(a, b);
  const bool is_denied =
      (strong == Known::neg && weak == Known::exists) || (strong == Known::pos && weak == Known::neg);
  return is_denied ? Known::contradicted : strong;
}

}  // namespace

std::vector<Record> with_hierarchy(std::vector<Record> records, const Concepts& concepts) {
  const size_t said = records.size();
  for (size_t i = 0; i < said; ++i) {
    records[i].concept_row = concepts.row(records[i].concept_row);
    if (records[i].kind == Kind::candidates) {
      std::set<uint32_t> rows;
      for (const uint32_t row : records[i].operands) rows.insert(concepts.row(row));
      records[i].operands.assign(rows.begin(), rows.end());
    }
    if (records[i].concept_row == kAnyConcept) continue;
    std::vector<uint32_t> rows;
    if (records[i].kind == Kind::pos || records[i].kind == Kind::exists) rows = concepts.above(records[i].concept_row);
    if (records[i].kind == Kind::neg) rows = concepts.below(records[i].concept_row);
    for (const uint32_t row : rows) {
      Record derived = records[i];
      derived.concept_row = row;
      records.push_back(std::move(derived));
    }
  }
  each_once(records);
  return records;
}

const char* name_of(Known known) {
  constexpr std::array kNames = {"unsaid", "unknown", "candidate", "soft", "exists", "neg", "pos", "contradicted"};
  return kNames.at(static_cast<size_t>(known));
}

std::vector<Known> what_is_known(const std::vector<Record>& records, const Concepts& concepts,
                                 const std::vector<std::vector<uint32_t>>& closed) {
  std::vector<Record> all = records;
  for (const Denied& denied : denied_by_exhaustiveness(records, closed, concepts))
    all.push_back({.item = records.front().item,
                   .concept_row = concepts.row(denied.row),
                   .kind = Kind::neg,
                   .confidence = denied.confidence,
                   .source = denied.source});
  all = with_hierarchy(std::move(all), concepts);
  std::vector<Known> known(concepts.size(), Known::unsaid);
  for (const Record& record : all) {
    const bool is_of_sample = record.scope != Scope::bag && record.scope != Scope::pair;
    if (!is_of_sample || (record.confidence == 0 && record.kind != Kind::soft)) continue;
    const std::vector<uint32_t> own{record.concept_row};
    for (const uint32_t row : record.kind == Kind::candidates ? record.operands : own)
      if (row != kAnyConcept) known[row] = stronger(known[row], known_by(record));
  }
  return known;
}

std::vector<uint32_t> closed_rows(const Vocabulary& vocabulary) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < vocabulary.size(); ++row)
    if (vocabulary.about(row).closed) rows.push_back(row);
  return rows;
}

}  // namespace weft
