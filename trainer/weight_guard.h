// SPDX-License-Identifier: Apache-2.0
// Weights change only by updates, and are the same on every host: anything else is a broken memory or a bug that no
// loss curve shows in time (row 17 of the fault catalogue).  Hashes are XXH3-64.
#pragma once

#include <vector>

#include "trainer/flat.h"

namespace weft {

class WeightGuard {
 public:
  WeightGuard(FlatParameters& flat, Comm& comm) : flat_(flat), comm_(comm) {}

  // After an update has been shared: remembers the leaves that this rank owns.
  void note();
  // Before the next update, on all ranks together: an Error that names rank and parameter where a leaf is not as noted,
  // or where a host has other leaves than the first.
  void verify();

 private:
  std::vector<uint64_t> hashes_of_owned() const;
  void compare_hosts();
  std::string parameters_in(int64_t begin, int64_t end) const;
  uint64_t hash_of(int64_t begin, int64_t end) const;

  FlatParameters& flat_;
  Comm& comm_;
  std::vector<uint64_t> noted_;  // of this rank's piece of each unit; empty: nothing to verify
};

}  // namespace weft
