// SPDX-License-Identifier: Apache-2.0
// The emoji that a font draws and CLDR describes, as the importers "emoji" and "scenes" start from them.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "data/emoji_names.h"
#include "data/importers/importers.h"

namespace weft {

struct EmojiPicture {
  EmojiTexts texts;
  std::string key;    // its code points
  std::string group;  // the base emoji (data/emoji_groups.h); groups of which two pictures are equal are one group
  Bytes png;          // with alpha
  Uid uid;
};

// Fewest code points first.  What the font does not draw is left out and reported.
std::vector<EmojiPicture> draw_emoji(const Path& font, const Path& cldr, const std::string& language,
                                     ImportReport& report);

}  // namespace weft
