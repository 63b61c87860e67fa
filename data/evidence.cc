// SPDX-License-Identifier: Apache-2.0
// What a statement may be.  How layers are written and read: data/evidence_layer.cc.
#include "data/evidence.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "data/geometry.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr std::array kScopes = {"image", "box", "point", "scribble", "mask", "bag", "pair"};
constexpr std::array kKinds = {"pos", "neg", "unknown", "soft", "candidates", "exists", "count", "exhaustive"};
constexpr std::array kRegions = {"unsaid", "object", "part", "stuff", "fragment"};
constexpr int kAllFlags = 63;

template <class Kind, class Names>
void check_known(Kind value, const Names& names, const char* what) {
  const auto number = static_cast<size_t>(value);
  check(number < names.size(), what, " ", number, " is unknown; the last one is ", names.size() - 1);
}

void check_row(uint32_t row, const Vocabulary& vocabulary, const char* what) {
  check(row < vocabulary.size(), what, " ", row, " is beyond the ", vocabulary.size(), " texts");
}

void check_operands(const Record& record, const Vocabulary& vocabulary) {
  const std::vector<uint32_t>& operands = record.operands;
  if (record.kind == Kind::candidates) {
    check(record.concept_row == kAnyConcept, "a list of candidates has a concept of its own; wanted *");
    check(!operands.empty(), "a list of candidates is empty");
    for (const uint32_t row : operands) check_row(row, vocabulary, "candidate");
    const bool ascends = std::adjacent_find(operands.begin(), operands.end(), std::greater_equal<>()) == operands.end();
    check(ascends, "the rows of a list of candidates do not ascend");
  } else if (record.kind == Kind::count) {
    check(operands.size() == 2, "a count has ", operands.size(), " operands, wanted the least and the most");
    check(operands[0] <= operands[1], "a count is from ", operands[0], " to ", operands[1]);
  } else {
    check(operands.empty(), "a record of kind ", name_of(record.kind), " has ", operands.size(),
          " operands, wanted none");
  }
}

void check_geometry(const Record& record) {
  switch (record.scope) {
    case Scope::box:
      box_of(record.geometry);
      break;
    case Scope::point:
      point_of(record.geometry);
      break;
    case Scope::scribble:
      scribble_of(record.geometry);
      break;
    case Scope::mask:
      mask_of(record.geometry);
      break;
    case Scope::pair:
      uid_of(record.geometry);
      break;
    case Scope::image:
    case Scope::bag:
      check(record.geometry.empty(), "a record of scope ", name_of(record.scope), " has ", record.geometry.size(),
            " bytes of geometry, wanted none");
  }
}

bool is_region(Scope scope) {
  return scope != Scope::image && scope != Scope::bag && scope != Scope::pair;
}

// The order of a layer, so that equal content has equal bytes.
class Order {
 public:
  explicit Order(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  bool operator()(const Record& a, const Record& b) const {
    const auto key_a = key(a), key_b = key(b);
    return key_a == key_b ? operands(a) < operands(b) : key_a < key_b;
  }

 private:
  std::string_view text(const Record& record) const {
    return record.concept_row == kAnyConcept ? std::string_view() : vocabulary_.text(record.concept_row);
  }
  std::tuple<const Uid&, bool, std::string_view, Scope, Kind, float, RegionIs, const Bytes&, uint32_t, uint8_t,
             uint32_t, uint32_t>
  key(const Record& r) const {
    return {r.item,   r.concept_row != kAnyConcept,
            text(r),  r.scope,
            r.kind,   r.confidence,
            r.region, r.geometry,
            r.view,   r.flags,
            r.id,     r.parent};
  }
  // Candidates by text, because their rows differ between vocabularies.
  std::pair<std::vector<std::string_view>, std::vector<uint32_t>> operands(const Record& record) const {
    if (record.kind != Kind::candidates) return {{}, record.operands};
    std::vector<std::string_view> texts;
    for (const uint32_t row : record.operands) texts.push_back(vocabulary_.text(row));
    std::sort(texts.begin(), texts.end());
    return std::pair(std::move(texts), std::vector<uint32_t>());
  }
  const Vocabulary& vocabulary_;
};

template <class T>
void add_new(std::vector<T>& to, const T& value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(value);
}

}  // namespace

const char* name_of(Scope scope) {
  return kScopes.at(static_cast<size_t>(scope));
}
const char* name_of(Kind kind) {
  return kKinds.at(static_cast<size_t>(kind));
}
const char* name_of(RegionIs region) {
  return kRegions.at(static_cast<size_t>(region));
}

uint32_t Vocabulary::row_of(const std::string& text) {
  const auto [place, is_new] = rows_.try_emplace(text, size());
  if (is_new) {
    if (!is_utf8(text)) rows_.erase(place), fail("a text is not UTF-8: \"", text, "\"");
    texts_.push_back(text);
    about_.emplace_back();
  }
  return place->second;
}

int64_t Vocabulary::find(const std::string& text) const {
  const auto place = rows_.find(text);
  return place == rows_.end() ? int64_t{-1} : place->second;
}

std::vector<uint32_t> Vocabulary::absorb(const Vocabulary& other) {
  std::vector<uint32_t> row_here;
  row_here.reserve(other.size());
  for (const std::string& text : other.texts()) row_here.push_back(row_of(text));
  for (uint32_t row = 0; row < other.size(); ++row) {
    const About& theirs = other.about(row);
    About& ours = about_[row_here[row]];
    for (const std::string& synonym : theirs.synonyms) add_new(ours.synonyms, synonym);
    for (const std::string& prompt : theirs.prompts) add_new(ours.prompts, prompt);
    for (const uint32_t parent : theirs.parents) add_new(ours.parents, row_here.at(parent));
    ours.closed |= theirs.closed;
  }
  return row_here;
}

Uid Bag::uid() const {
  const uint64_t length = name.size();  // first, so that no name runs into the members
  Bytes all(sizeof length);
  std::memcpy(all.data(), &length, sizeof length);
  all.insert(all.end(), name.begin(), name.end());
  for (const Uid& member : members) {
    const Bytes bytes = uid_bytes(member);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return content_uid(all.data(), all.size());
}

void check_record(const Record& record, const Vocabulary& vocabulary) {
  check_known(record.scope, kScopes, "scope");
  check_known(record.kind, kKinds, "kind");
  check_known(record.region, kRegions, "region");
  check((record.flags & ~kAllFlags) == 0, "flags are ", int{record.flags}, "; the last one is ", int{kDifficult});
  if (record.concept_row != kAnyConcept) check_row(record.concept_row, vocabulary, "concept_row");
  check(record.confidence >= 0 && record.confidence <= 1, "confidence is ", record.confidence,
        ", wanted one in [0, 1]");
  check(record.parent == 0 || record.parent != record.id, "region ", record.id, " is its own parent");
  check(is_region(record.scope) || (record.id == 0 && record.parent == 0), "a record of scope ", name_of(record.scope),
        " has the id ", record.id, " and the parent ", record.parent, ", which only regions have");
  check_operands(record, vocabulary);
  check_geometry(record);
}

void renumber(Record& record, const std::vector<uint32_t>& row_of) {
  if (record.concept_row != kAnyConcept) record.concept_row = row_of.at(record.concept_row);
  if (record.kind != Kind::candidates) return;
  for (uint32_t& row : record.operands) row = row_of.at(row);
  std::sort(record.operands.begin(), record.operands.end());
}

void sort_records(std::vector<Record>& records, const Vocabulary& vocabulary) {
  const Order before(vocabulary);
  std::sort(records.begin(), records.end(), before);
  const auto same = [&](const Record& a, const Record& b) { return !before(a, b) && !before(b, a); };
  records.erase(std::unique(records.begin(), records.end(), same), records.end());
}

}  // namespace weft
