// SPDX-License-Identifier: Apache-2.0
// By libpng.  An error inside it comes back by longjmp to guarded(), whose bodies own nothing that has a destructor.
#include "data/formats/label_png.h"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace weft {
namespace {

constexpr uint64_t kMostPixels = uint64_t{1} << 28;
constexpr uint64_t kMostInflation = 1032;  // of a deflate stream

struct Said {
  char text[256] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  Said* said = static_cast<Said*>(png_get_error_ptr(png));
  std::snprintf(said->text, sizeof said->text, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

class LabelReader {
 public:
  explicit LabelReader(const Bytes& file) : file_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &said_, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
    WEFT_ASSERT(info_);
  }
  ~LabelReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  LabelReader(const LabelReader&) = delete;
  LabelReader& operator=(const LabelReader&) = delete;

  LabelPicture read() {
    guarded([this] {
      png_set_read_fn(png_, this, supply);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the check below has the limit
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(png_, info_);
    });
    LabelPicture picture;
    picture.width = png_get_image_width(png_, info_);
    picture.height = png_get_image_height(png_, info_);
    const uint64_t raw = uint64_t{picture.height} * png_get_rowbytes(png_, info_);
    check(uint64_t{picture.width} * picture.height <= kMostPixels && raw / kMostInflation <= file_.size(),
          "damaged PNG: its header promises ", picture.width, " x ", picture.height, " pixels, which do not fit into ",
          file_.size(), " bytes");
    read_palette(picture);
    read_pixels(picture);
    return picture;
  }

 private:
  void read_palette(LabelPicture& picture) {
    png_colorp colours = nullptr;
    int count = 0;
    if (png_get_color_type(png_, info_) != PNG_COLOR_TYPE_PALETTE) return;
    if (!png_get_PLTE(png_, info_, &colours, &count)) return;
    for (int i = 0; i < count; ++i)
      picture.palette.push_back(uint32_t{colours[i].red} << 16 | uint32_t{colours[i].green} << 8 | colours[i].blue);
  }

  void read_pixels(LabelPicture& picture) {
    guarded([this] {
      png_set_packing(png_);  // one byte a pixel below 8 bits, values as they are
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const int type = png_get_color_type(png_, info_);
    picture.is_colour = type == PNG_COLOR_TYPE_RGB || type == PNG_COLOR_TYPE_RGB_ALPHA;
    picture.has_alpha = type & PNG_COLOR_MASK_ALPHA;
    const size_t row_bytes = png_get_rowbytes(png_, info_);
    Bytes raw(row_bytes * picture.height);
    std::vector<png_bytep> rows(picture.height);
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = raw.data() + y * row_bytes;
    guarded([this, &rows] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    const size_t pixels = size_t{picture.width} * picture.height;
    const size_t channels = png_get_channels(png_, info_), depth = png_get_bit_depth(png_, info_) / 8;
    picture.values.resize(pixels);
    if (picture.has_alpha) picture.alpha.resize(pixels);
    for (size_t i = 0; i < pixels; ++i) {
      const uint8_t* at = raw.data() + i * channels * depth;
      if (picture.is_colour)
        picture.values[i] = uint32_t{at[0]} << 16 | uint32_t{at[depth]} << 8 | at[2 * depth];
      else
        picture.values[i] = depth == 2 ? uint32_t{at[0]} << 8 | at[1] : at[0];
      if (picture.has_alpha) picture.alpha[i] = at[(channels - 1) * depth];
    }
  }

  template <class Body>
  void guarded(const Body& body) {
    if (setjmp(png_jmpbuf(png_))) fail("damaged PNG: ", said_.text);
    body();
  }

  static void supply(png_structp png, png_bytep into, size_t count) {
    LabelReader* reader = static_cast<LabelReader*>(png_get_io_ptr(png));
    if (count > reader->file_.size() - reader->next_) png_error(png, "the data ends early");
    std::memcpy(into, reader->file_.data() + reader->next_, count);
    reader->next_ += count;
  }

  const Bytes& file_;
  size_t next_ = 0;
  Said said_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

LabelPicture read_label_png(const Bytes& file) {
  check(file.size() >= 8 && png_sig_cmp(file.data(), 0, 8) == 0,
        "is no PNG; pixels that are labels are read from PNG only, because a lossy format changes them");
  return LabelReader(file).read();
}

std::map<uint32_t, Rle> masks_by_value(const LabelPicture& picture) {
  struct Growing {
    Rle mask;
    uint64_t filled = 0;
  };
  std::map<uint32_t, Growing> growing;
  uint64_t begin = 0, at = 0;
  const auto close_run = [&](uint32_t value) {
    Growing& one = growing[value];
    one.mask.runs.push_back(static_cast<uint32_t>(begin - one.filled));
    one.mask.runs.push_back(static_cast<uint32_t>(at - begin));
    one.filled = begin = at;
  };
  uint32_t current = picture.values.empty() ? 0 : picture.values[0];
  for (size_t x = 0; x < picture.width; ++x)
    for (size_t i = x; i < picture.values.size(); i += picture.width, ++at) {
      if (picture.values[i] == current) continue;
      close_run(current);
      current = picture.values[i];
    }
  if (at > begin) close_run(current);
  std::map<uint32_t, Rle> masks;
  for (auto& [value, one] : growing) {
    if (one.filled < at) one.mask.runs.push_back(static_cast<uint32_t>(at - one.filled));
    one.mask.height = picture.height;
    one.mask.width = picture.width;
    masks.emplace(value, std::move(one.mask));
  }
  return masks;
}

Rle mask_of_nonzero(const LabelPicture& picture) {
  std::vector<uint8_t> bitmap(picture.values.size());
  for (size_t i = 0; i < bitmap.size(); ++i)
    bitmap[i] = picture.has_alpha ? picture.alpha[i] != 0 : picture.values[i] != 0;
  return rle_of_bitmap(bitmap.data(), picture.height, picture.width);
}

}  // namespace weft
