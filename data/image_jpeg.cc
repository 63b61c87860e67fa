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
  Image turned(transposed ? stored.height : stored.width, transposed ? stored.width : stored.height, stored.channels);
  const int channels = stored.channels;
  for (int y = 0; y < turned.height; ++y) {
    uint8_t* to = turned.row(y);
    for (int x = 0; x < turned.width; ++x, to += channels) {
      const int along = transposed ? y : x, down = transposed ? x : y;
      const uint8_t* from = stored.row(y_back ? stored.height - 1 - down : down);
      std::memcpy(to, from + channels * (x_back ? stored.width - 1 - along : along), channels);
    }
  }
  return turned;
}

// Adobe writes CMYK inverted, 255 is no ink; Pillow and the browsers take every file to be so.
void turn_into_inks(uint8_t* cmyk, int width) {
  for (int i = 0; i < 4 * width; ++i) cmyk[i] = static_cast<uint8_t>(255 - cmyk[i]);
}

constexpr int kMargin = 4;  // pixels that are read beside a part: upsampling takes a cut for the picture's edge

}  // namespace

struct JpegDecoder::Impl {
  jpeg_decompress_struct jpeg{};
  ErrorManager errors;
  std::vector<uint8_t> ring, inks;
  int channels = 0;                         // of a row
  size_t row_bytes = 0, skipped_bytes = 0;  // of a row in the ring, and of them before the first column asked for
  int kept = 0;

  template <class Body>
  void guard(const Body& body) {
    guarded(errors, "damaged JPEG", body);
  }

  int stored_orientation() const {
    for (const jpeg_marker_struct* marker = jpeg.marker_list; marker; marker = marker->next) {
      const int orientation = exif_orientation(marker->data, marker->data_length);
      if (orientation != 1) return orientation;
    }
    return 1;
  }

  // Several scans are decoded whole before the first row, and other samplings are rare: whole rows from the top are
  // sure to be right.
  bool can_skip() const {
    if (jpeg_has_multiple_scans(const_cast<j_decompress_ptr>(&jpeg)) || jpeg.num_components == 4) return false;
    for (int c = 0; c < jpeg.num_components; ++c) {
      const jpeg_component_info& part = jpeg.comp_info[c];
      const bool is_usual = c == 0 ? part.h_samp_factor <= 2 && part.v_samp_factor <= 2
                                   : part.h_samp_factor == 1 && part.v_samp_factor == 1;
      if (!is_usual) return false;
    }
    return true;
  }
};

JpegDecoder::JpegDecoder() : impl_(std::make_unique<Impl>()) {
  install(impl_->errors);
  impl_->jpeg.err = &impl_->errors;
  impl_->guard([this] {
    jpeg_create_decompress(&impl_->jpeg);
    jpeg_save_markers(&impl_->jpeg, JPEG_APP0 + 1, 0xffff);
  });
}

JpegDecoder::~JpegDecoder() {
  jpeg_destroy_decompress(&impl_->jpeg);
}

ImageHeader JpegDecoder::open(const uint8_t* data, size_t size, const ImageHeader* expected) {
  jpeg_decompress_struct& jpeg = impl_->jpeg;
  jpeg_abort_decompress(&jpeg);
  impl_->guard([&] {
    jpeg_mem_src(&jpeg, data, size);
    jpeg_read_header(&jpeg, TRUE);
  });
  const uint8_t channels = jpeg.num_components == 1 ? 1 : 3;
  ImageHeader found = {Codec::jpeg, jpeg.image_width, jpeg.image_height, channels};
  found.orientation = static_cast<uint8_t>(impl_->stored_orientation());
  check_header(found, expected);
  // A Huffman code has a bit at least, and every block of 8 x 8 has one.
  const bool can_fit = jpeg.arith_code || uint64_t{found.width} * found.height <= (uint64_t{size} + 1) * 8 * 64;
  check(can_fit, "damaged JPEG: its header promises ", found.width, " x ", found.height,
        " pixels, which do not fit into ", size, " bytes");
  return found;
}

void JpegDecoder::start(int denominator, int channels, Range columns, Range rows, int kept) {
  Impl& im = *impl_;
  jpeg_decompress_struct& jpeg = im.jpeg;
  const bool cmyk = jpeg.num_components == 4;
  WEFT_ASSERT(channels == 3 || (channels == 1 && jpeg.num_components == 1) || (channels == 4 && cmyk));
  jpeg.out_color_space = cmyk ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg.scale_num = 1;
  jpeg.scale_denom = denominator;
  im.guard([&] { jpeg_start_decompress(&jpeg); });
  WEFT_ASSERT(columns.begin >= 0 && columns.begin < columns.end && columns.end <= int64_t{jpeg.output_width});
  WEFT_ASSERT(rows.begin >= 0 && rows.begin < rows.end && rows.end <= int64_t{jpeg.output_height});
  JDIMENSION left = 0;
  if (im.can_skip()) {
    left = static_cast<JDIMENSION>(std::max<int64_t>(columns.begin - kMargin, 0));
    JDIMENSION width = static_cast<JDIMENSION>(std::min<int64_t>(columns.end + kMargin, jpeg.output_width)) - left;
    im.guard([&] {
      if (width < jpeg.output_width) jpeg_crop_scanline(&jpeg, &left, &width);  // moves `left` to a block's edge
      if (rows.begin > 0) jpeg_skip_scanlines(&jpeg, static_cast<JDIMENSION>(rows.begin));
    });
  }
  im.kept = kept;
  im.channels = channels;
  im.row_bytes = size_t{jpeg.output_width} * channels;
  im.skipped_bytes = static_cast<size_t>(columns.begin - left) * channels;
  if (im.ring.size() < im.row_bytes * kept) im.ring.resize(im.row_bytes * kept);
  if (cmyk) im.inks.resize(size_t{4} * jpeg.output_width);
}

const uint8_t* JpegDecoder::row(int y) {
  Impl& im = *impl_;
  jpeg_decompress_struct& jpeg = im.jpeg;
  uint8_t* row = im.ring.data() + static_cast<size_t>(y % im.kept) * im.row_bytes;
  const bool cmyk = jpeg.out_color_space == JCS_CMYK;
  uint8_t* into = cmyk && im.channels == 3 ? im.inks.data() : row;
  im.guard([&] {
    while (static_cast<int>(jpeg.output_scanline) <= y) jpeg_read_scanlines(&jpeg, &into, 1);
  });
  const auto width = static_cast<int>(jpeg.output_width);
  if (cmyk) turn_into_inks(into, width);
  if (cmyk && im.channels == 3) inks_to_rgb(into, width, row);
  return row + im.skipped_bytes;
}

bool JpegDecoder::has_inks() const {
  return impl_->jpeg.num_components == 4;
}

void JpegDecoder::finish() {
  impl_->guard([this] { jpeg_finish_decompress(&impl_->jpeg); });
}

ImageHeader read_jpeg_header(const uint8_t* data, size_t size) {
  return JpegDecoder().open(data, size, nullptr);
}

namespace {
Image decode_whole(JpegDecoder& decoder, const ImageHeader& header, int denominator, int channels) {
  Image image(scaled_length(header.width, denominator), scaled_length(header.height, denominator), channels);
  decoder.start(denominator, channels, {0, image.width}, {0, image.height}, 1);
  for (int y = 0; y < image.height; ++y) std::memcpy(image.row(y), decoder.row(y), size_t(channels) * image.width);
  decoder.finish();
  return upright(std::move(image), header.orientation);
}
}  // namespace

Image decode_jpeg(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected) {
  JpegDecoder decoder;
  const ImageHeader header = decoder.open(data, size, expected);
  const uint32_t short_side = std::min(header.width, header.height);
  int denominator = 1;
  while (least_side > 0 && denominator < 8 && short_side >= 2 * denominator * uint64_t(least_side)) denominator *= 2;
  return decode_whole(decoder, header, denominator, 3);
}

std::optional<Image> decode_inks(const uint8_t* data, size_t size, const ImageHeader* expected) {
  JpegDecoder decoder;
  const ImageHeader header = decoder.open(data, size, expected);
  if (!decoder.has_inks()) return std::nullopt;
  return decode_whole(decoder, header, 1, 4);
}

void inks_to_rgb(const uint8_t* inks, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, inks += 4, rgb += 3) {
    const int paper = 255 - inks[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(paper - (inks[c] * paper + 127) / 255);
  }
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
