// SPDX-License-Identifier: Apache-2.0
// Texts of a dataset (keys, groups, captions, class names) are UTF-8 everywhere; this tells what is not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

bool is_utf8(std::string_view text);
void append_code_point(std::string& out, uint32_t code_point);

}  // namespace weft
