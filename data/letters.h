// SPDX-License-Identifier: Apache-2.0
// A small built-in alphabet for pictures: cells of 6 x 10 pixels times a scale.
#pragma once

#include <string>
#include <string_view>

namespace weft {

constexpr int kLetterWidth = 6, kLetterHeight = 10;

// One character a letter: accents are dropped, what has no letter becomes an empty box.
std::string as_letters(std::string_view text);
bool letter_has_ink(char letter, int x, int y, int scale);  // x, y: within the cell, from its upper left

}  // namespace weft
