// SPDX-License-Identifier: Apache-2.0
#include "data/stratum.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"

namespace weft {
namespace {

using Units = std::vector<std::vector<Pick>>;
constexpr int64_t kQuarters = 4;  // a repeat factor is rounded to so many parts

std::vector<Pick> picks_of(const Sources& sources, const std::vector<uint32_t>& samples) {
  std::vector<Pick> picks;
  for (const uint32_t sample : samples)
    for (uint32_t slice = 0; slice < sources.info(sample).views; ++slice) picks.push_back({sample, slice});
  return picks;
}

// Concepts that are positive of a sample or slice; of closed vocabularies where there are any, else all.
std::set<uint32_t> classes_of(const Sources& sources, const Pick& pick, bool only_closed) {
  std::set<uint32_t> rows;
  for (const Record& record : sources.records(pick.sample))
    if (record.kind == Kind::pos && record.concept_row != kAnyConcept &&
        (record.view == kEveryView || record.view == pick.slice) &&
        (!only_closed || sources.vocabulary().about(record.concept_row).closed))
      rows.insert(record.concept_row);
  return rows;
}

bool has_closed(const Vocabulary& vocabulary) {
  for (uint32_t row = 0; row < vocabulary.size(); ++row)
    if (vocabulary.about(row).closed) return true;
  return false;
}

Units one_each(const std::vector<Pick>& picks) {
  Units units;
  for (const Pick& pick : picks) units.push_back({pick});
  return units;
}

Units groups(const Sources& sources, const std::vector<Pick>& picks) {
  std::map<std::string, std::vector<Pick>> members;
  for (const Pick& pick : picks) members[sources.info(pick.sample).group].push_back(pick);
  Units units;
  for (auto& [group, in_it] : members) units.push_back(std::move(in_it));
  return units;
}

Units classes(const Sources& sources, const Sources::Source& source, const std::vector<Pick>& picks) {
  const bool closed = has_closed(sources.vocabulary());
  std::map<uint32_t, std::vector<Pick>> members;
  for (const Pick& pick : picks)
    for (const uint32_t row : classes_of(sources, pick, closed)) members[row].push_back(pick);
  check(!members.empty(), "source ", source.name,
        ": draw = \"classes\" wants samples with positive classes; there are none in the split \"",
        source.settings->split, "\"");
  Units units;
  for (auto& [row, in_it] : members) units.push_back(std::move(in_it));
  return units;
}

Units repeated(const Sources& sources, const Sources::Source& source, const std::vector<Pick>& picks) {
  const bool closed = has_closed(sources.vocabulary());
  std::map<uint32_t, int64_t> found;
  for (const Pick& pick : picks)
    for (const uint32_t row : classes_of(sources, pick, closed)) ++found[row];
  Units units;
  for (const Pick& pick : picks) {
    double factor = 1;
    for (const uint32_t row : classes_of(sources, pick, closed)) {
      const double share = static_cast<double>(found[row]) / static_cast<double>(picks.size());
      factor = std::max(factor, std::sqrt(source.settings->repeat_threshold / share));
    }
    for (int64_t i = std::llround(factor * kQuarters); i > 0; --i) units.push_back({pick});
  }
  return units;
}

std::vector<SourcePart> foreground_and_rest(const Sources& sources, const Sources::Source& source,
                                            const std::vector<Pick>& picks, uint64_t seed, uint64_t number) {
  std::vector<Pick> with, without;
  for (const Pick& pick : picks) {
    const auto is_found = [&](const Record& r) {
      return r.kind == Kind::pos && r.scope != Scope::image && r.scope != Scope::pair &&
             (r.view == kEveryView || r.view == pick.slice);
    };
    const std::vector<Record>& records = sources.records(pick.sample);
    (std::any_of(records.begin(), records.end(), is_found) ? with : without).push_back(pick);
  }
  const double share = source.settings->foreground;
  check(!with.empty() || share == 0, "source ", source.name,
        ": draw = \"foreground\" wants samples with positive regions; there are none in the split \"",
        source.settings->split, "\"");
  std::vector<SourcePart> parts;
  if (share > 0) parts.push_back({Stratum(one_each(with), seed, number), source.share.times(share)});
  if (share < 1 && !without.empty())
    parts.push_back({Stratum(one_each(without), seed, number + 1), source.share.times(1 - share)});
  return parts;
}

// A seed of its own for each of a stratum's permutations.
uint64_t seed_of(uint64_t seed, uint64_t number, uint64_t unit) {
  const uint64_t words[] = {number, unit};
  return hash64({reinterpret_cast<const char*>(words), sizeof words}, seed);
}

}  // namespace

Stratum::Stratum(Units units, uint64_t seed, uint64_t number) : units_(std::move(units)), seed_(seed), number_(number) {
  WEFT_ASSERT(!units_.empty());
}

Pick Stratum::at(int64_t k) const {
  const auto count = static_cast<uint64_t>(units_.size()), at = static_cast<uint64_t>(k);
  const uint64_t round = at / count;
  const uint64_t unit = Permutation(count, seed_of(seed_, number_, count), round).at(at % count);
  const std::vector<Pick>& members = units_[unit];
  if (members.size() == 1) return members[0];
  const Permutation order(members.size(), seed_of(seed_, number_, unit), round / members.size());
  return members[order.at(round % members.size())];
}

std::vector<SourcePart> parts_of(const Sources& sources, const Sources::Source& source, uint64_t seed,
                                 uint64_t number) {
  const std::vector<Pick> picks = picks_of(sources, source.samples);
  check(!picks.empty(), "source ", source.name, " (", source.settings->dataset, "): the split \"",
        source.settings->split, "\" is empty");
  const std::string& how = source.settings->draw;
  if (how == "foreground") return foreground_and_rest(sources, source, picks, seed, number);
  Units units = how == "groups"          ? groups(sources, picks)
                : how == "classes"       ? classes(sources, source, picks)
                : how == "repeat_factor" ? repeated(sources, source, picks)
                                         : one_each(picks);
  std::vector<SourcePart> parts;
  parts.push_back({Stratum(std::move(units), seed, number), source.share});
  return parts;
}

}  // namespace weft
