// SPDX-License-Identifier: Apache-2.0
// FreeType and HarfBuzz, behind data/emoji_font.h.
#include "data/emoji_font.h"

#include <ft2build.h>
#include <hb.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace weft {
namespace {

void freetype_check(FT_Error status, const Path& file, const char* what) {
  const char* reason = FT_Error_String(status);
  check(status == 0, file.string(), ": FreeType cannot ", what, ": ", reason ? reason : join("error ", status));
}

template <class Type, void (*destroy)(Type*)>
struct Destroy {
  void operator()(Type* object) const { destroy(object); }
};
using HbFont = std::unique_ptr<hb_font_t, Destroy<hb_font_t, hb_font_destroy>>;
using HbBuffer = std::unique_ptr<hb_buffer_t, Destroy<hb_buffer_t, hb_buffer_destroy>>;

HbFont shaping_font(const Bytes& content) {
  hb_blob_t* blob = hb_blob_create(reinterpret_cast<const char*>(content.data()), static_cast<unsigned>(content.size()),
                                   HB_MEMORY_MODE_READONLY, nullptr, nullptr);
  hb_face_t* face = hb_face_create(blob, 0);
  HbFont font(hb_font_create(face));
  hb_face_destroy(face);
  hb_blob_destroy(blob);
  return font;
}

// FreeType's BGRA is multiplied by alpha; ours is not.
Image straight_rgba(const FT_Bitmap& bitmap) {
  Image image(static_cast<int>(bitmap.width), static_cast<int>(bitmap.rows), 4);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = bitmap.buffer + y * bitmap.pitch;
    uint8_t* to = image.row(y);
    for (int x = 0; x < image.width; ++x, from += 4, to += 4) {
      const int alpha = from[3];
      for (int c = 0; c < 3; ++c)
        to[c] = alpha == 0 ? 0 : static_cast<uint8_t>(std::min(255, (from[2 - c] * 255 + alpha / 2) / alpha));
      to[3] = static_cast<uint8_t>(alpha);
    }
  }
  return image;
}

bool has_visible_pixel(const Image& image) {
  for (size_t i = 3; i < image.pixels.size(); i += 4)
    if (image.pixels[i] != 0) return true;
  return false;
}

}  // namespace

struct EmojiFont::Impl {
  Path file;
  Bytes content;  // both libraries read from it
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  HbFont font;

  ~Impl() {
    if (face) FT_Done_Face(face);
    if (library) FT_Done_FreeType(library);
  }

  // The font's one glyph for the sequence, 0 where it needs several or lacks one.
  hb_codepoint_t only_glyph(const std::u32string& sequence) const {
    const HbBuffer buffer(hb_buffer_create());
    hb_buffer_set_flags(buffer.get(), HB_BUFFER_FLAG_REMOVE_DEFAULT_IGNORABLES);
    const auto length = static_cast<int>(sequence.size());
    hb_buffer_add_utf32(buffer.get(), reinterpret_cast<const uint32_t*>(sequence.data()), length, 0, length);
    hb_buffer_guess_segment_properties(buffer.get());
    hb_shape(font.get(), buffer.get(), nullptr, 0);
    unsigned count = 0;
    const hb_glyph_info_t* glyphs = hb_buffer_get_glyph_infos(buffer.get(), &count);
    return count == 1 ? glyphs[0].codepoint : 0;
  }
};

EmojiFont::EmojiFont(const Path& file) : impl_(std::make_unique<Impl>()) {
  check(std::filesystem::exists(file), file.string(),
        ": there is no such font; Debian has it in the package fonts-noto-color-emoji");
  impl_->file = file;
  impl_->content = read_bytes(file);
  freetype_check(FT_Init_FreeType(&impl_->library), file, "start");
  freetype_check(FT_New_Memory_Face(impl_->library, impl_->content.data(), static_cast<FT_Long>(impl_->content.size()),
                                    0, &impl_->face),
                 file, "read the font");
  const FT_Face face = impl_->face;
  check(FT_HAS_COLOR(face) && face->num_fixed_sizes > 0, file.string(),
        ": wanted a font of colour bitmaps (CBDT), such as NotoColorEmoji.ttf");
  int largest = 0;
  for (int i = 1; i < face->num_fixed_sizes; ++i)
    if (face->available_sizes[i].height > face->available_sizes[largest].height) largest = i;
  freetype_check(FT_Select_Size(face, largest), file, "select its bitmaps");
  impl_->font = shaping_font(impl_->content);
}

EmojiFont::~EmojiFont() = default;

std::optional<Image> EmojiFont::draw(const std::u32string& sequence) const {
  const hb_codepoint_t glyph = impl_->only_glyph(sequence);
  if (glyph == 0) return std::nullopt;
  freetype_check(FT_Load_Glyph(impl_->face, glyph, FT_LOAD_COLOR), impl_->file, "load a glyph");
  const FT_Bitmap& bitmap = impl_->face->glyph->bitmap;
  if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.width == 0 || bitmap.rows == 0) return std::nullopt;
  Image image = straight_rgba(bitmap);
  if (!has_visible_pixel(image)) return std::nullopt;
  return image;
}

}  // namespace weft
