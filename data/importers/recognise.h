// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/files.h"

namespace weft {

// What a file or a folder looks like, by its first bytes and its layout; nothing is checked beyond that.
struct Recognised {
  std::string importer;  // that reads it; empty: none does
  std::string what;      // in words; empty: nothing that is known here
};
Recognised recognise(const Path& source);

}  // namespace weft
