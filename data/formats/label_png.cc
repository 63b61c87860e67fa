// SPDX-License-Identifier: Apache-2.0
#include "data/formats/label_png.h"

#include "data/formats/png_input.h"

namespace weft {
namespace {

constexpr uint64_t kMostPixels = uint64_t{1} << 28;

class LabelReader : public PngInput {
 public:
  using PngInput::PngInput;

  LabelPicture read() {
    read_info();
    LabelPicture picture;
    picture.width = png_get_image_width(png_, info_);
    picture.height = png_get_image_height(png_, info_);
    check(uint64_t{picture.width} * picture.height <= kMostPixels, "the header promises ", picture.width, " x ",
          picture.height, " pixels; wanted at most ", kMostPixels, " in all");
    check_fits();
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
    guard([this] {
      png_set_packing(png_);  // one byte a pixel below 8 bits, values as they are
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const int type = png_get_color_type(png_, info_);
    picture.is_colour = type == PNG_COLOR_TYPE_RGB || type == PNG_COLOR_TYPE_RGB_ALPHA;
    picture.has_alpha = type & PNG_COLOR_MASK_ALPHA;
    const size_t row_bytes = png_get_rowbytes(png_, info_);
    Bytes raw(row_bytes * picture.height);
    read_rows([&](size_t y) { return raw.data() + y * row_bytes; });
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
};

}  // namespace

LabelPicture read_label_png(const Bytes& file) {
  check(file.size() >= 8 && png_sig_cmp(file.data(), 0, 8) == 0,
        "is no PNG; pixels that are labels are read from PNG only, because a lossy format changes them");
  return LabelReader(file.data(), file.size()).read();
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
