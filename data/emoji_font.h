// SPDX-License-Identifier: Apache-2.0
// Pictures out of a colour emoji font: HarfBuzz turns a sequence of code points into glyphs, FreeType gives the glyph's
// colour bitmap (CBDT).  Of the bitmap sizes that a font has, the largest is used.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "data/image.h"

namespace weft {

class EmojiFont {
 public:
  explicit EmojiFont(const Path& file);  // Error where it is missing or has no colour bitmaps
  ~EmojiFont();

  // The picture of a sequence: colour and straight alpha.  Nothing where the font has no single glyph for the whole
  // sequence, or the glyph has no bitmap or an empty one.
  std::optional<Image> draw(const std::u32string& sequence) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
