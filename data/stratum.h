// SPDX-License-Identifier: Apache-2.0
// The k-th draw of a list of samples, computed at the point: no state, no shuffled index in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/batch.h"
#include "data/sources.h"

namespace weft {

// Rounds over units, each round in an order of its own (a cipher permutation); each visit of a unit draws the next of
// its members, these again in rounds.  A unit is a sample (draw = "samples"), a group ("groups"), a class ("classes"),
// or a sample that stands in the list as often as it is to be repeated.
class Stratum {
 public:
  Stratum(std::vector<std::vector<Pick>> units, uint64_t seed, uint64_t number);
  int64_t units() const { return static_cast<int64_t>(units_.size()); }
  Pick at(int64_t k) const;

 private:
  std::vector<std::vector<Pick>> units_;
  uint64_t seed_, number_;
};

// A part of the mixture that a source becomes.
struct SourcePart {
  Stratum stratum;
  ShareSchedule share;
  const SourceSettings* source = nullptr;
};
// The parts of a source, by its key draw:
//   samples        every sample (every slice of a volume) once a round
//   groups         every group once a round
//   classes        every class of which a sample is positive once a round
//   repeat_factor  a sample r times, r = max over its classes of max(1, sqrt(t / f)), f the share of samples that are
//                  positive of the class, t the key repeat_threshold (Gupta et al., LVIS, CVPR 2019), in quarters
//   foreground     two parts: samples in which something was found get the share `foreground`, the others the rest
std::vector<SourcePart> parts_of(const Sources& sources, const Sources::Source& source, uint64_t seed, uint64_t number);

}  // namespace weft
