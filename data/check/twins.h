// SPDX-License-Identifier: Apache-2.0
// Pictures that are there twice, and what they leak from one split into another.
//   equal: the same upright pixels in another file (equal files are one sample already)
//   alike: at most `most_bits` of the 64 bits of their difference hashes differ, and their grey 16 x 16 miniatures
//          correlate by 0.98 or more; pictures without contrast are compared with none
// A mirrored, cropped or turned copy is not found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/check/pictures.h"

namespace weft {

struct Twin {
  uint32_t a = 0, b = 0;  // samples, a < b
  int bits = 0;           // that differ; 0 of equal ones
  double correlation = 1;
  bool is_equal = false;
  std::string split_a, split_b;
  bool same_group = false;
  bool leaks() const { return split_a != split_b; }
};

struct TwinStatistics {
  size_t equal = 0, alike = 0;             // pairs
  size_t leaking = 0, between_groups = 0;  // of them: in two splits; of two groups within a split
  size_t flat = 0;                         // pictures without contrast
  bool complete = true;                    // false: so many look alike that not all were compared
  std::vector<Twin> pairs;                 // the first of them, those that leak in front
};

// `split_of`: of every sample the split it is in.
TwinStatistics find_twins(const Store& store, const std::vector<PictureFacts>& facts,
                          const std::vector<std::string>& split_of, int most_bits, size_t most_pairs);

}  // namespace weft
