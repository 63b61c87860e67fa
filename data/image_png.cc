// SPDX-License-Identifier: Apache-2.0
// PNG by libpng.
#include <cstring>
#include <memory>

#include "data/formats/png_input.h"
#include "data/image_codecs.h"

namespace weft {
namespace {

class PngReader : public PngInput {
 public:
  using PngInput::PngInput;

  ImageHeader header(const ImageHeader* expected) {
    read_info();
    const int type = png_get_color_type(png_, info_);
    const bool alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png_, info_, PNG_INFO_tRNS);
    const int colours = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
    ImageHeader found = {Codec::png, png_get_image_width(png_, info_), png_get_image_height(png_, info_),
                         static_cast<uint8_t>(colours + alpha)};
    found.bits = png_get_bit_depth(png_, info_) == 16 ? 16 : 8;
    check_header(found, expected);
    check_fits();
    return found;
  }

  Image pixels() {  // after header()
    guard([this] {
      png_set_expand(png_);
      png_set_scale_16(png_);
      png_set_gray_to_rgb(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    Image image(png_get_image_width(png_, info_), png_get_image_height(png_, info_), png_get_channels(png_, info_));
    read_rows([&](size_t y) { return image.row(static_cast<int>(y)); });
    return image;
  }

  Raster values() {  // after header(), of 16 bits
    guard([this] {
      png_set_expand(png_);
      png_set_swap(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    Raster raster = unscaled();
    raster.full.assign(raster.channels, {0, 65535});
    raster.has_alpha = raster.channels % 2 == 0;
    return raster;
  }

  Raster indices() {  // after header()
    const int type = png_get_color_type(png_, info_);
    check(type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_PALETTE,
          "a label picture has colours or opacity of its own; wanted a grey or a palette PNG, one number per pixel");
    guard([this] {
      png_set_packing(png_);
      png_set_swap(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    return unscaled();
  }

 private:
  // Samples of 8 or 16 bits, as libpng was asked for them.
  Raster unscaled() {
    Raster raster;
    raster.width = static_cast<int>(png_get_image_width(png_, info_));
    raster.height = static_cast<int>(png_get_image_height(png_, info_));
    raster.channels = png_get_channels(png_, info_);
    raster.bits = png_get_bit_depth(png_, info_);
    const size_t samples = size_t(raster.width) * raster.channels;
    Bytes bytes(samples * raster.bits / 8 * raster.height);
    read_rows([&](size_t y) { return bytes.data() + y * (bytes.size() / raster.height); });
    raster.values.assign(bytes.begin(), bytes.begin() + (raster.bits == 8 ? bytes.size() : 0));
    for (size_t i = 0; raster.bits == 16 && i < bytes.size(); i += 2)
      raster.values.push_back(static_cast<float>(bytes[i] | bytes[i + 1] << 8));
    return raster;
  }
};

Image without_opaque_alpha(Image image) {
  if (image.channels != 4) return image;
  for (size_t i = 3; i < image.pixels.size(); i += 4)
    if (image.pixels[i] != 255) return image;
  Image colour(image.width, image.height, 3);
  for (size_t i = 0, j = 0; i < image.pixels.size(); i += 4, j += 3)
    std::memcpy(&colour.pixels[j], &image.pixels[i], 3);
  return colour;
}

void append(png_structp png, png_bytep data, size_t size) {
  Bytes* out = static_cast<Bytes*>(png_get_io_ptr(png));
  out->insert(out->end(), data, data + size);
}

}  // namespace

ImageHeader read_png_header(const uint8_t* data, size_t size) {
  return PngReader(data, size).header(nullptr);
}

Image decode_png(const uint8_t* data, size_t size, const ImageHeader* expected) {
  PngReader reader(data, size);
  reader.header(expected);
  return without_opaque_alpha(reader.pixels());
}

Raster decode_png_values(const uint8_t* data, size_t size, const ImageHeader* expected) {
  PngReader reader(data, size);
  reader.header(expected);
  return reader.values();
}

Raster decode_png_indices(const uint8_t* data, size_t size) {
  PngReader reader(data, size);
  reader.header(nullptr);
  return reader.indices();
}

Bytes encode_png(const Image& image) {
  WEFT_ASSERT(image.channels == 1 || image.channels == 3 || image.channels == 4);
  const int types[] = {0, PNG_COLOR_TYPE_GRAY, 0, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  const int type = types[image.channels];
  PngSaid said;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &said, on_png_error, on_png_warning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  WEFT_ASSERT(info);
  const auto destroy = [&info](png_structp p) { png_destroy_write_struct(&p, &info); };
  const std::unique_ptr<png_struct, decltype(destroy)> owner(png, destroy);
  Bytes out;
  png_guarded(png, said, "cannot write a PNG", [&] {
    png_set_write_fn(png, &out, append, nullptr);
    png_set_IHDR(png, info, image.width, image.height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < image.height; ++y) png_write_row(png, image.row(y));
    png_write_end(png, info);
  });
  return out;
}

}  // namespace weft
