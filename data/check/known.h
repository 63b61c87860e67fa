// SPDX-License-Identifier: Apache-2.0
// What is known of one sample, layer by layer, without looking at every text of a large vocabulary.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "data/algebra.h"
#include "data/store.h"

namespace weft {

class KnownConcepts {
 public:
  explicit KnownConcepts(const Store& store);
  // Reads a sample's records; the others answer for the sample read last.
  void read(size_t sample);

  Known state(uint32_t row) const { return all_[row]; }                              // of all layers together
  Known state(uint32_t row, uint16_t layer) const { return of_layer_[layer][row]; }  // of one
  const std::set<uint32_t>& rows() const { return rows_; }  // all that are not unsaid are among them
  bool is_exhaustive(uint16_t layer) const { return exhaustive_[layer]; }
  size_t classes(uint16_t layer) const { return closed_[layer].size(); }
  const std::vector<uint32_t>& closed(uint16_t layer) const { return closed_[layer]; }  // its classes
  const Concepts& concepts() const { return concepts_; }

 private:
  void note_rows(const Record& record);

  const Store& store_;
  Concepts concepts_;
  std::vector<std::vector<uint32_t>> closed_;  // by layer: its classes
  std::vector<std::vector<Known>> of_layer_;
  std::vector<Known> all_;
  std::vector<bool> exhaustive_;  // by layer
  std::set<uint32_t> rows_;
};

}  // namespace weft
