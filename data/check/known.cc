// SPDX-License-Identifier: Apache-2.0
#include "data/check/known.h"

#include "base/error.h"

namespace weft {

KnownConcepts::KnownConcepts(const Store& store)
    : store_(store),
      concepts_(store.vocabulary()),
      closed_(store.layers().size()),
      of_layer_(store.layers().size()),
      exhaustive_(store.layers().size()) {
  for (size_t layer = 0; layer < closed_.size(); ++layer) closed_[layer] = store.closed(layer);
}

void KnownConcepts::note_rows(const Record& record) {
  std::vector<uint32_t> named = record.operands;
  if (record.kind != Kind::candidates) named = {record.concept_row};
  for (const uint32_t row : named) {
    if (row == kAnyConcept) continue;
    rows_.insert(concepts_.row(row));
    for (const uint32_t other : concepts_.above(row)) rows_.insert(other);
    for (const uint32_t other : concepts_.below(row)) rows_.insert(other);
  }
}

void KnownConcepts::read(size_t sample) {
  std::vector<std::vector<Record>> by_layer(of_layer_.size());
  std::vector<Record> all;
  rows_.clear();
  exhaustive_.assign(exhaustive_.size(), false);
  for (Record record : store_.records(sample)) {
    if (record.kind == Kind::exhaustive && record.scope == Scope::image && record.concept_row == kAnyConcept) {
      exhaustive_[record.source] = true;
      for (const uint32_t row : closed_[record.source]) rows_.insert(concepts_.row(row));
    }
    note_rows(record);
    record.geometry.clear();  // where in the sample does not matter here
    record.id = record.parent = 0;
    by_layer[record.source].push_back(record);
    all.push_back(std::move(record));
  }
  for (size_t layer = 0; layer < by_layer.size(); ++layer)
    of_layer_[layer] = what_is_known(by_layer[layer], concepts_, closed_);
  all_ = what_is_known(all, concepts_, closed_);
}

}  // namespace weft
