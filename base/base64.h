// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/files.h"

namespace weft {

std::string base64(const Bytes& bytes);  // RFC 4648, with padding

}  // namespace weft
