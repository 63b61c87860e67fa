// SPDX-License-Identifier: Apache-2.0
// JPEG by libjpeg-turbo's libjpeg API.  An error or a warning inside libjpeg comes back by longjmp to the guard() that
// called it, which throws; the bodies that run there own nothing that would need a destructor.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include "base/error.h"
#include "data/image_codecs.h"

namespace weft {
namespace {

struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf back;
  char said[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void on_error(j_common_ptr codec) {
  ErrorManager* errors = static_cast<ErrorManager*>(codec->err);
  errors->format_message(codec, errors->said);
  std::longjmp(errors->back, 1);
}

// A warning means that libjpeg made pixels up ("premature end of JPEG file"); tracing has levels from 0.
void on_message(j_common_ptr codec, int level) {
  if (level < 0) on_error(codec);
}

void install(ErrorManager& errors) {
  jpeg_std_error(&errors);
  errors.error_exit = on_error;
  errors.emit_message = on_message;
}

template <class Body>
void guarded(ErrorManager& errors, const char* what, const Body& body) {
  if (setjmp(errors.back)) fail(what, ": ", errors.said);
  body();
}

// The tag of an Exif segment (a TIFF in small), 1 .. 8; 1, upright, where the segment has none or is malformed.
int exif_orientation(const uint8_t* data, size_t size) {
  if (size < 14 || std::memcmp(data, "Exif\0\0", 6) != 0) return 1;
  const uint8_t* tiff = data + 6;
  const size_t length = size - 6;
  const bool little = tiff[0] == 'I';
  const auto number = [&](size_t at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= uint32_t{tiff[at + i]} << 8 * (little ? i : bytes - 1 - i);
    return value;
  };
  if (tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M') || number(2, 2) != 42) return 1;
  const size_t folder = number(4, 4);
  if (folder > length - 2) return 1;
  const size_t entries = number(folder, 2);
  constexpr size_t kEntry = 12;
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = folder + 2 + i * kEntry;
    if (at + kEntry > length) return 1;
    const bool is_orientation = number(at, 2) == 0x0112 && number(at + 2, 2) == 3 && number(at + 4, 4) == 1;
    const uint32_t value = number(at + 8, 2);
    if (is_orientation) return 1 <= value && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// Orientations 5 .. 8 have rows and columns exchanged; besides, x or y of the stored picture may run backwards.
Image upright(Image stored, int orientation) {
  if (orientation == 1) return stored;
  const bool transposed = orientation >= 5;
  const bool x_back = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool y_back = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image turned(transposed ? stored.height : stored.width, transposed ? stored.width : stored.height, 3);
  for (int y = 0; y < turned.height; ++y) {
    uint8_t* to = turned.row(y);
    for (int x = 0; x < turned.width; ++x, to += 3) {
      const int along = transposed ? y : x, down = transposed ? x : y;
      const uint8_t* from = stored.row(y_back ? stored.height - 1 - down : down);
      std::memcpy(to, from + 3 * (x_back ? stored.width - 1 - along : along), 3);
    }
  }
  return turned;
}

// CMYK is taken as Adobe writes it, inverted (255 is no ink), as Pillow and the browsers do.
void cmyk_to_rgb(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(cmyk[3] - ((255 - cmyk[c]) * cmyk[3] + 127) / 255);
}

class JpegReader {
 public:
  JpegReader(const uint8_t* data, size_t size) {
    install(errors_);
    jpeg_.err = &errors_;
    guard([&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_mem_src(&jpeg_, data, size);
      jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xffff);
    });
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  ImageHeader header(const ImageHeader* expected) {
    guard([this] { jpeg_read_header(&jpeg_, TRUE); });
    const uint8_t channels = jpeg_.num_components == 1 ? 1 : 3;
    const ImageHeader found = {Codec::jpeg, jpeg_.image_width, jpeg_.image_height, channels,
                               static_cast<uint8_t>(stored_orientation())};
    check_header(found, expected);
    return found;
  }

  Image pixels(int least_side) {  // after header()
    const bool cmyk = jpeg_.num_components == 4;
    const int orientation = stored_orientation();
    jpeg_.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_.scale_num = 8;
    jpeg_.scale_denom = 8;
    const uint32_t short_side = std::min(jpeg_.image_width, jpeg_.image_height);
    while (least_side > 0 && jpeg_.scale_num > 1 && short_side * (jpeg_.scale_num / 2) >= 8 * uint32_t(least_side))
      jpeg_.scale_num /= 2;
    guard([this] { jpeg_start_decompress(&jpeg_); });
    Image image(jpeg_.output_width, jpeg_.output_height, 3);
    std::vector<uint8_t> inks(cmyk ? size_t{4} * image.width : 0);
    guard([&] {
      while (jpeg_.output_scanline < jpeg_.output_height) {
        uint8_t* row = image.row(jpeg_.output_scanline);
        uint8_t* into = cmyk ? inks.data() : row;
        jpeg_read_scanlines(&jpeg_, &into, 1);
        if (cmyk) cmyk_to_rgb(into, image.width, row);
      }
      jpeg_finish_decompress(&jpeg_);
    });
    return upright(std::move(image), orientation);
  }

 private:
  template <class Body>
  void guard(const Body& body) {
    guarded(errors_, "damaged JPEG", body);
  }

  int stored_orientation() const {
    for (const jpeg_marker_struct* marker = jpeg_.marker_list; marker; marker = marker->next) {
      const int orientation = exif_orientation(marker->data, marker->data_length);
      if (orientation != 1) return orientation;
    }
    return 1;
  }

  jpeg_decompress_struct jpeg_{};
  ErrorManager errors_;
};

}  // namespace

ImageHeader read_jpeg_header(const uint8_t* data, size_t size) {
  return JpegReader(data, size).header(nullptr);
}

Image decode_jpeg(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected) {
  JpegReader reader(data, size);
  reader.header(expected);
  return reader.pixels(least_side);
}

Bytes encode_jpeg(const Image& image, int quality) {
  WEFT_ASSERT(image.channels == 1 || image.channels == 3);
  ErrorManager errors;
  install(errors);
  struct Writer {  // what libjpeg allocates goes with it
    jpeg_compress_struct jpeg{};
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    ~Writer() {
      jpeg_destroy_compress(&jpeg);
      std::free(buffer);
    }
  } writer;
  jpeg_compress_struct& jpeg = writer.jpeg;
  jpeg.err = &errors;
  guarded(errors, "cannot write a JPEG", [&] {
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &writer.buffer, &writer.size);
    jpeg.image_width = image.width;
    jpeg.image_height = image.height;
    jpeg.input_components = image.channels;
    jpeg.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(image.row(jpeg.next_scanline));  // libjpeg only reads it
      jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
  });
  return Bytes(writer.buffer, writer.buffer + writer.size);
}

}  // namespace weft
