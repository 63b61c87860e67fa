// SPDX-License-Identifier: Apache-2.0
// Files as golden tests write them down.
#pragma once

#include <string>

#include "base/files.h"

namespace weft {

inline Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

}  // namespace weft
