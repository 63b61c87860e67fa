// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/importers.h"

namespace weft {

// Emoji of a colour font with CLDR's names and keywords (import_emoji.cc); SOURCE is "-".
struct EmojiImporter final : Importer {
  std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::string cldr = "/usr/share/unicode/cldr/common";
  std::vector<std::string> languages = {"en"};
  bool variants = true;
  EmojiImporter();
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
