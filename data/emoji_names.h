// SPDX-License-Identifier: Apache-2.0
// What Unicode's CLDR says of every emoji in a language: its name (type="tts") and its keywords.
//   <cldr>/annotations/<language>.xml           single code points
//   <cldr>/annotationsDerived/<language>.xml    sequences: skin tones, genders, families, flags, keycaps
// CLDR writes sequences without U+FE0F.  It names many symbols that are no emoji; what a font draws in colour decides.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct EmojiTexts {
  std::u32string sequence;
  std::string name;                   // empty where the language has none
  std::vector<std::string> keywords;  // each once, in CLDR's order
};

// Fewest code points first, then by code points.
std::vector<EmojiTexts> read_emoji_texts(const Path& cldr, const std::string& language);

}  // namespace weft
