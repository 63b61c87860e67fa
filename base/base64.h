// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"

namespace weft {

std::string base64(const Bytes& bytes);        // RFC 4648, with padding
Bytes bytes_of_base64(std::string_view text);  // line breaks are passed over; an Error names the character

}  // namespace weft
