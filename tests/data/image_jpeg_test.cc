// SPDX-License-Identifier: Apache-2.0
// Parts of JPEGs are the parts of the whole: over subsamplings, sizes, scales and crops, byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include "base/random.h"
#include "data/image_codecs.h"
#include "tests/support.h"

namespace weft {
namespace {

struct Kind {
  const char* name;
  int across, down;  // samples of luma to one of chroma; 0: grey
  bool progressive = false, arithmetic = false;
  int restart_rows = 0;
};

constexpr Kind kKinds[] = {{"4:4:4", 1, 1},
                           {"4:2:2", 2, 1},
                           {"4:4:0", 1, 2},
                           {"4:2:0", 2, 2},
                           {"4:1:1", 4, 1},
                           {"grey", 0, 0},
                           {"progressive", 2, 2, true},
                           {"restart markers", 2, 2, false, false, 1},
                           {"arithmetic", 2, 2, false, true}};

// Detail and hard edges, so that no two places are alike.
Bytes make_jpeg(const Kind& kind, int width, int height, int quality = 85) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &buffer, &size);
  jpeg.image_width = width;
  jpeg.image_height = height;
  const int channels = kind.across == 0 ? 1 : 3;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  if (channels == 3) {
    jpeg.comp_info[0].h_samp_factor = kind.across;
    jpeg.comp_info[0].v_samp_factor = kind.down;
  }
  jpeg.arith_code = kind.arithmetic;
  jpeg.restart_in_rows = kind.restart_rows;
  if (kind.progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  Bytes row(static_cast<size_t>(width) * channels);
  for (int y = 0; y < height; ++y) {
    for (size_t i = 0; i < row.size(); ++i) {
      const int x = static_cast<int>(i) / channels, c = static_cast<int>(i) % channels;
      const int edge = (x / 7 + y / 5 + c) % 2 ? 60 : 0;
      row[i] = static_cast<uint8_t>(40 + (x * 3 + y * (c + 1)) % 120 + edge);
    }
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&jpeg, &rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const Bytes file(buffer, buffer + size);
  std::free(buffer);
  return file;
}

Image part_of(JpegDecoder& decoder, const Bytes& file, int denominator, Range columns, Range rows) {
  const int channels = decoder.open(file.data(), file.size(), nullptr).channels;
  Image part(static_cast<int>(columns.size()), static_cast<int>(rows.size()), channels);
  decoder.start(denominator, channels, columns, rows, 3);
  for (int y = 0; y < part.height; ++y)
    std::memcpy(part.row(y), decoder.row(static_cast<int>(rows.begin) + y), size_t(channels) * part.width);
  return part;
}

Range draw_range(Stream& stream, int length) {
  const int64_t begin = static_cast<int64_t>(stream.below(length));
  return {begin, begin + 1 + static_cast<int64_t>(stream.below(static_cast<uint64_t>(length - begin)))};
}

TEST(ImageJpeg, APartIsThatPartOfTheWholeToTheByte) {
  JpegDecoder decoder;  // one for all, as a thread has it
  Stream stream(3, Purpose::augment, 0, 0);
  const int sizes[][2] = {{1, 1}, {7, 40}, {16, 16}, {17, 33}, {63, 50}, {64, 48}, {131, 97}, {200, 151}};
  for (const Kind& kind : kKinds)
    for (const auto& [width, height] : sizes) {
      const Bytes file = make_jpeg(kind, width, height);
      for (const int denominator : {1, 2, 4, 8}) {
        const int w = scaled_length(width, denominator), h = scaled_length(height, denominator);
        const Image whole = part_of(decoder, file, denominator, {0, w}, {0, h});
        for (int trial = 0; trial < 12; ++trial) {
          const Range columns = draw_range(stream, w), rows = draw_range(stream, h);
          const Image part = part_of(decoder, file, denominator, columns, rows);
          for (int y = 0; y < part.height; ++y)
            ASSERT_EQ(
                std::memcmp(part.row(y), whole.row(static_cast<int>(rows.begin) + y) + columns.begin * part.channels,
                            size_t(part.channels) * part.width),
                0)
                << kind.name << " " << width << " x " << height << " at 1/" << denominator << ", columns "
                << columns.begin << " to " << columns.end << ", rows " << rows.begin << " to " << rows.end << ", row "
                << y;
        }
      }
    }
}

TEST(ImageJpeg, AWholePictureIsWhatDecodingItAtOnceGives) {
  JpegDecoder decoder;
  for (const Kind& kind : kKinds) {
    if (kind.across == 0) continue;  // decode_jpeg makes three channels of one
    const Bytes file = make_jpeg(kind, 61, 47);
    EXPECT_EQ(part_of(decoder, file, 1, {0, 61}, {0, 47}).pixels, decode_image(file.data(), file.size()).pixels)
        << kind.name;
  }
}

TEST(ImageJpeg, ADecoderGoesOnAfterADamagedFile) {
  JpegDecoder decoder;
  const Bytes file = make_jpeg(kKinds[3], 64, 64);
  const Image whole = part_of(decoder, file, 1, {0, 64}, {0, 64});
  for (size_t length = 0; length < file.size() - 2; length += 11) {
    const Bytes cut(file.begin(), file.begin() + static_cast<long>(length));
    EXPECT_NE(error_of([&] { part_of(decoder, cut, 1, {0, 64}, {0, 64}); }), "") << "cut to " << length;
    ASSERT_EQ(part_of(decoder, file, 1, {0, 64}, {0, 64}).pixels, whole.pixels);
  }
}

TEST(ImageJpeg, AFewBytesCannotHoldAHugePicture) {
  Bytes file = make_jpeg(kKinds[6], 16, 16);  // progressive: all of it would be allocated first
  const uint8_t frame[] = {0xff, 0xc2, 0x00, 0x11, 0x08};
  const auto found = std::search(file.begin(), file.end(), frame, frame + 5);
  ASSERT_NE(found, file.end());
  const uint8_t size[] = {0x27, 0x10, 0x27, 0x10};
  std::copy(size, size + 4, found + 5);
  EXPECT_EQ(
      error_of([&] { decode_image(file.data(), file.size()); }),
      join("damaged JPEG: its header promises 10000 x 10000 pixels, which do not fit into ", file.size(), " bytes"));
}

TEST(ImageJpeg, ChangedBytesAreAnErrorOrAPictureAndNeverACrash) {
  JpegDecoder decoder;
  for (const Kind& kind : kKinds) {
    const Bytes file = make_jpeg(kind, 40, 40);
    for (size_t i = 0; i < file.size(); ++i) {
      Bytes damaged = file;
      damaged[i] ^= 0x11;
      error_of([&] {
        const ImageHeader header = decoder.open(damaged.data(), damaged.size(), nullptr);
        const int w = static_cast<int>(header.width), h = static_cast<int>(header.height);
        if (w > 5000 || h > 5000) return;
        decoder.start(1, header.channels, {w / 3, w}, {h / 2, h}, 2);
        for (int y = h / 2; y < h; ++y) decoder.row(y);
      });
    }
  }
}

}  // namespace
}  // namespace weft
