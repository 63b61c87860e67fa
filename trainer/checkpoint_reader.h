// SPDX-License-Identifier: Apache-2.0
// Checks and reads one checkpoint.  Tensors are found by name, so it matters neither how many ranks wrote it nor how
// many read; each rank reads the bytes of what it owns.
#pragma once

#include "trainer/checkpoint_format.h"

namespace weft {

class CheckpointReader {
 public:
  explicit CheckpointReader(Path checkpoint);

  // An Error names the first file, and the bytes in it, that are not as the manifest says.  Ranks may share the work:
  // sizes and headers are checked by each, the rest by who has part i of `parts`.
  void verify(int part = 0, int parts = 1) const;
  bool has(State state) const;
  // What this rank owns.  An Error where the checkpoint is of another model.
  void load(FlatParameters& flat) const;

 private:
  void verify_units(const Manifest::File& file, int part, int parts) const;
  void load(State state, const char* file, const std::string& prefix, FlatParameters& flat) const;

  Path folder_;
  Manifest manifest_;
};

}  // namespace weft
