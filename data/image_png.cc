// SPDX-License-Identifier: Apache-2.0
// PNG by libpng.  An error inside libpng comes back by longjmp to the guarded() that called it, which throws; the
// bodies that run there own nothing that would need a destructor.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "data/formats/inflate.h"
#include "data/image_codecs.h"

namespace weft {
namespace {

struct Said {
  char text[256] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  Said* said = static_cast<Said*>(png_get_error_ptr(png));
  std::snprintf(said->text, sizeof said->text, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}  // what libpng only warns of does not touch a pixel

template <class Body>
void guarded(png_structp png, const Said& said, const char* what, const Body& body) {
  if (setjmp(png_jmpbuf(png))) fail(what, ": ", said.text);
  body();
}

class PngReader {
 public:
  PngReader(const uint8_t* data, size_t size) : next_(data), left_(size), size_(size) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &said_, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
    WEFT_ASSERT(info_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  ImageHeader header(const ImageHeader* expected) {
    guard([this] {
      png_set_read_fn(png_, this, supply);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_header has the limit
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // all that are neither pixels nor tRNS
      png_read_info(png_, info_);
    });
    const int type = png_get_color_type(png_, info_);
    const bool alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png_, info_, PNG_INFO_tRNS);
    const int colours = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
    ImageHeader found = {Codec::png, png_get_image_width(png_, info_), png_get_image_height(png_, info_),
                         static_cast<uint8_t>(colours + alpha)};
    found.bits = png_get_bit_depth(png_, info_) == 16 ? 16 : 8;
    check_header(found, expected);
    const uint64_t raw = uint64_t{found.height} * png_get_rowbytes(png_, info_);
    check(raw / kMostInflation <= size_, "damaged PNG: its header promises ", found.width, " x ", found.height,
          " pixels, which do not fit into ", size_, " bytes");
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
  template <class Body>
  void guard(const Body& body) {
    guarded(png_, said_, "damaged PNG", body);
  }

  template <class RowOf>
  void read_rows(const RowOf& row_of) {
    std::vector<png_bytep> rows(png_get_image_height(png_, info_));
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = row_of(y);
    guard([this, &rows] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
  }

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

  static void supply(png_structp png, png_bytep into, size_t count) {
    PngReader* reader = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader->left_) png_error(png, "the data ends early");
    std::memcpy(into, reader->next_, count);
    reader->next_ += count;
    reader->left_ -= count;
  }

  const uint8_t* next_;
  size_t left_, size_;
  Said said_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
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
  Said said;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &said, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  WEFT_ASSERT(info);
  const auto destroy = [&info](png_structp p) { png_destroy_write_struct(&p, &info); };
  const std::unique_ptr<png_struct, decltype(destroy)> owner(png, destroy);
  Bytes out;
  guarded(png, said, "cannot write a PNG", [&] {
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
