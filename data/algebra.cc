// SPDX-License-Identifier: Apache-2.0
#include "data/algebra.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.h"

namespace weft {
namespace {

const double kSure = std::log(0.999 / 0.001);  // log-odds of a statement of confidence 1

auto place_of(const Record& r) {
  return std::tie(r.item, r.view, r.scope, r.geometry);
}
auto all_of(const Record& r) {
  return std::tie(r.item, r.view, r.scope, r.geometry, r.concept_row, r.kind, r.source, r.confidence, r.region, r.flags,
                  r.id, r.parent, r.operands);
}

double log_odds(const Record& record) {
  if (record.kind == Kind::pos) return kSure * record.confidence;
  if (record.kind == Kind::neg) return -kSure * record.confidence;
  const double p = record.confidence;
  return record.kind == Kind::soft ? std::clamp(std::log(p) - std::log1p(-p), -kSure, kSure) : 0;
}

// What cannot hold together, at one place.
bool claims(const Record& record) {
  if (record.kind == Kind::exists) return record.confidence > 0;
  if (record.kind == Kind::count) return record.confidence > 0 && record.operands[0] > 0;
  return log_odds(record) > 0;
}
bool denies(const Record& record) {
  if (record.kind == Kind::count) return record.confidence > 0 && record.operands[1] == 0;
  return log_odds(record) < 0;
}

// Statements of one family about one concept add up: 1 true, -1 not true, and every other kind for itself.
int family_of(const Record& record) {
  const bool is_truth = record.kind == Kind::pos || record.kind == Kind::neg || record.kind == Kind::soft;
  if (!is_truth) return 10 + static_cast<int>(record.kind);
  const double odds = log_odds(record);
  return odds > 0 ? 1 : odds < 0 ? -1 : 0;
}

Statement spoken(const Record& record) {
  return {record, {record}};
}

// Agreeing statements as one.
Statement together(const std::vector<Statement>& statements) {
  WEFT_ASSERT(!statements.empty());
  Statement all = statements[0];
  std::map<uint16_t, double> surest;  // by source
  bool all_soft = true;
  for (const Statement& one : statements) {
    const Record& record = one.record;
    const double odds = std::abs(log_odds(record));
    double& most = surest[record.source];
    most = std::max(most, family_of(record) < 10 ? odds : kSure * record.confidence);
    all_soft &= record.kind == Kind::soft;
    all.record.flags |= record.flags;
    if (all.record.region == RegionIs::unsaid) all.record.region = record.region;
    all.said.insert(all.said.end(), one.said.begin(), one.said.end());
  }
  each_once(all.said);
  if (statements.size() == 1) return all;
  double sum = 0;
  for (const auto& [source, odds] : surest) sum += odds;
  sum = std::min(sum, kSure);
  const int family = family_of(all.record);
  if (family < 10 && !all_soft) all.record.kind = family < 0 ? Kind::neg : Kind::pos;
  all.record.confidence = static_cast<float>(all_soft ? 1 / (1 + std::exp(-family * sum)) : sum / kSure);
  return all;
}

// Counts: what all of them leave, as sure as the least sure; nothing where they leave nothing.
std::optional<Statement> intersected(const std::vector<Statement>& counts) {
  Statement all = counts.at(0);
  std::vector<uint32_t>& left = all.record.operands;
  for (const Statement& one : counts) {
    left = {std::max(left[0], one.record.operands[0]), std::min(left[1], one.record.operands[1])};
    if (left[0] > left[1]) return {};
    all.record.confidence = std::min(all.record.confidence, one.record.confidence);
    all.said.insert(all.said.end(), one.said.begin(), one.said.end());
  }
  each_once(all.said);
  return all;
}

// Everything that is said at one place, concept by concept.
class Place {
 public:
  Place(Merged& merged, std::vector<Record>::const_iterator begin, std::vector<Record>::const_iterator end)
      : merged_(merged), first_(merged.statements.size()) {
    for (auto record = begin; record != end; ++record)
      (record->kind == Kind::candidates ? lists_ : groups_[{record->concept_row, family_of(*record)}])
          .push_back(spoken(*record));
  }

  void finish() {
    finish_lists();
    for (auto& [key, group] : groups_) {
      if (key.second == 10 + static_cast<int>(Kind::count))
        finish_counts(by_operands(std::move(group)));
      else
        finish_by_region(group);
    }
    for (const uint32_t list : emptied_) merged_.contradictions.push_back(with_deniers(list));
  }

 private:
  using Group = std::vector<Statement>;

  uint32_t add(Statement statement) {
    merged_.statements.push_back(std::move(statement));
    return static_cast<uint32_t>(merged_.statements.size() - 1);
  }

  static Group by_operands(Group group) {
    std::map<std::vector<uint32_t>, Group> equal;
    for (Statement& one : group) equal[one.record.operands].push_back(std::move(one));
    Group all;
    for (auto& [operands, same] : equal) all.push_back(together(same));
    return all;
  }

  // One statement where they leave something in common, else all of them side by side.
  void finish_counts(Group group) {
    if (std::optional<Statement> left = intersected(group)) {
      add(std::move(*left));
      return;
    }
    std::vector<uint32_t> parties;
    for (Statement& one : group) parties.push_back(add(std::move(one)));
    merged_.contradictions.push_back(std::move(parties));
  }

  // Sources that differ in what the region is stay apart.
  void finish_by_region(const Group& group) {
    std::map<RegionIs, Group> apart;
    for (const Statement& one : group) apart[one.record.region].push_back(one);
    const size_t said = apart.size() - apart.count(RegionIs::unsaid);
    if (said < 2) {
      add(together(group));
      return;
    }
    std::vector<uint32_t> parties;
    for (auto& [region, same] : apart) {
      const uint32_t place = add(together(same));
      if (region != RegionIs::unsaid) parties.push_back(place);
    }
    merged_.contradictions.push_back(std::move(parties));
  }

  // NEG takes candidates away; the last one left joins those who say POS of it.
  void finish_lists() {
    Group several;
    for (Statement& list : by_operands(std::move(lists_))) {
      Statement narrowed = narrow(list);
      if (narrowed.record.operands.empty())
        emptied_.push_back(add(std::move(list)));
      else if (narrowed.record.operands.size() > 1)
        several.push_back(std::move(narrowed));
      else
        add_pos(std::move(narrowed));
    }
    for (Statement& list : by_operands(std::move(several))) add(std::move(list));
  }

  Statement narrow(Statement list) const {
    const std::vector<uint32_t> rows = list.record.operands;
    for (const uint32_t row : rows) {
      const auto denied = groups_.find({row, -1});
      if (denied == groups_.end()) continue;
      const Statement neg = together(denied->second);
      if (neg.record.kind != Kind::neg || neg.record.confidence < list.record.confidence) continue;
      std::erase(list.record.operands, row);
      list.said.insert(list.said.end(), neg.said.begin(), neg.said.end());
    }
    each_once(list.said);
    return list;
  }

  void add_pos(Statement list) {
    list.record.concept_row = list.record.operands.at(0);
    list.record.kind = Kind::pos;
    list.record.operands.clear();
    groups_[{list.record.concept_row, family_of(list.record)}].push_back(std::move(list));
  }

  std::vector<uint32_t> with_deniers(uint32_t list) const {
    const std::vector<uint32_t>& rows = merged_.statements[list].record.operands;
    std::vector<uint32_t> parties{list};
    for (size_t i = first_; i < merged_.statements.size(); ++i) {
      const Record& record = merged_.statements[i].record;
      if (record.kind == Kind::neg && std::binary_search(rows.begin(), rows.end(), record.concept_row))
        parties.push_back(static_cast<uint32_t>(i));
    }
    return parties;
  }

  Merged& merged_;
  size_t first_;  // statement of this place
  Group lists_;
  std::map<std::pair<uint32_t, int>, Group> groups_;
  std::vector<uint32_t> emptied_;  // lists of which nothing is left
};

// Whether what is denied there is denied here too: at the same place, or anywhere in the image.
bool covers(const Record& denial, const Record& claim) {
  if (place_of(denial) == place_of(claim)) return true;
  const bool is_of_sample = claim.scope != Scope::bag && claim.scope != Scope::pair;
  return denial.scope == Scope::image && is_of_sample && denial.item == claim.item &&
         (denial.view == kEveryView || denial.view == claim.view);
}

// Adds the pairs of which one says what the other denies.
void find_denials(Merged& merged) {
  struct Sides {
    std::vector<uint32_t> claims, denials;
  };
  std::map<std::pair<Uid, uint32_t>, Sides> sides;  // by item and concept
  for (uint32_t i = 0; i < merged.statements.size(); ++i) {
    const Record& record = merged.statements[i].record;
    if (claims(record)) sides[{record.item, record.concept_row}].claims.push_back(i);
    if (denies(record)) sides[{record.item, record.concept_row}].denials.push_back(i);
  }
  for (const auto& [key, both] : sides)
    for (const uint32_t denial : both.denials)
      for (const uint32_t claim : both.claims)
        if (covers(merged.statements[denial].record, merged.statements[claim].record))
          merged.contradictions.push_back({denial, claim});
}

}  // namespace

void each_once(std::vector<Record>& records) {
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return all_of(a) < all_of(b); });
  records.erase(std::unique(records.begin(), records.end()), records.end());
}

Merged merge(std::vector<Record> records) {
  each_once(records);
  Merged merged;
  for (auto begin = records.cbegin(); begin != records.cend();) {
    const auto end =
        std::find_if(begin, records.cend(), [&](const Record& record) { return place_of(record) != place_of(*begin); });
    Place(merged, begin, end).finish();
    begin = end;
  }
  find_denials(merged);
  for (std::vector<uint32_t>& parties : merged.contradictions) std::sort(parties.begin(), parties.end());
  std::sort(merged.contradictions.begin(), merged.contradictions.end());
  return merged;
}

std::vector<Record> said(const Merged& merged) {
  std::vector<Record> all;
  for (const Statement& statement : merged.statements)
    all.insert(all.end(), statement.said.begin(), statement.said.end());
  each_once(all);
  return all;
}

}  // namespace weft
