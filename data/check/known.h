// SPDX-License-Identifier: Apache-2.0
// What one sample's records say of concepts in the whole of it, as data/check/labels.h counts it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "data/check/labels.h"
#include "data/store.h"

namespace weft {

class KnownConcepts {
 public:
  explicit KnownConcepts(const Store& store);
  // Reads a sample's records; the others answer for the sample read last.
  void read(size_t sample);

  LabelState state(uint32_t row) const;                  // of all layers together
  LabelState state(uint32_t row, uint16_t layer) const;  // of one
  const std::map<uint32_t, uint8_t>& said(uint16_t layer) const { return said_[layer]; }
  const std::map<uint32_t, uint8_t>& said() const { return all_; }
  bool is_exhaustive(uint16_t layer) const { return exhaustive_[layer]; }
  const std::set<uint32_t>& classes(uint16_t layer) const { return classes_[layer]; }

 private:
  void add(const Record& record);
  void follow_hierarchy(std::map<uint32_t, uint8_t>& said) const;

  const Store& store_;
  std::vector<std::vector<uint32_t>> ancestors_, descendants_;  // by row, all of them
  std::vector<std::set<uint32_t>> classes_;                     // by layer: its closed list
  std::vector<std::map<uint32_t, uint8_t>> said_;               // by layer: row -> bits of LabelState
  std::map<uint32_t, uint8_t> all_;
  std::vector<bool> exhaustive_;  // by layer
};

}  // namespace weft
