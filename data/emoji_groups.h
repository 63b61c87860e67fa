// SPDX-License-Identifier: Apache-2.0
// Which emoji are variants of one: a group never straddles a split.  The base of a sequence, in this order:
//   1. without U+FE0F, skin tones (1F3FB-1F3FF) and gender signs (ZWJ 2640, ZWJ 2642); lone tones share one base;
//   2. neutral people: 1F468 1F469 -> 1F9D1;  1F466 1F467 -> 1F9D2;  1F474 1F475 -> 1F9D3;  1F934 1F478 -> 1FAC5;
//      1F930 1FAC3 -> 1FAC4;  dancers 1F57A -> 1F483;
//   3. whole sequences: 1F385 1F936 -> 1F9D1 ZWJ 1F384;  1F46B 1F46C 1F46D -> 1F9D1 ZWJ 1F91D ZWJ 1F9D1;  two hands
//      1FAF1 ZWJ 1FAF2 -> 1F91D;  person ZWJ hair (1F9B0-1F9B3) -> 1F9D1;  two people with a kiss (1F48B) -> 1F48F,
//      with a heart -> 1F491;  only people and children -> 1F46A.
// Everything else (flags, keycaps, clocks, professions) is its own base.
#pragma once

#include <string>

namespace weft {

std::u32string emoji_base(const std::u32string& sequence);

// "1f468-200d-1f4bb"
std::string emoji_key(const std::u32string& sequence);

}  // namespace weft
