// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4): for names that must not be turned back into what they were made from.
#pragma once

#include <string>
#include <string_view>

namespace weft {

std::string sha256(std::string_view bytes);  // 64 hexadecimal digits

}  // namespace weft
