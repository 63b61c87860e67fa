// SPDX-License-Identifier: Apache-2.0
// Pictures as they come in the wild (tests/golden/odd_images.txt, by Pillow): each decodes as it should or is refused
// by name, as the table in docs/FORMATS.md says.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "data/image.h"
#include "data/window.h"
#include "tests/data/importers/hex.h"
#include "tests/support.h"

namespace weft {
namespace {

struct Odd {
  ImageHeader header;
  Bytes file, pixels, values;  // values: big-endian, of 16-bit PNGs
  int channels = 0;            // of the pixels; 0: to be refused
};

std::map<std::string, Odd> odd_images() {
  std::ifstream lines(WEFT_SOURCE_DIR "/tests/golden/odd_images.txt");
  std::map<std::string, Odd> all;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    Odd odd;
    int channels, orientation, bits;
    std::string name, file, shown_channels, pixels, values;
    fields >> name >> odd.header.width >> odd.header.height >> channels >> orientation >> bits >> file;
    fields >> shown_channels >> pixels >> values;
    odd.header.channels = static_cast<uint8_t>(channels);
    odd.header.orientation = static_cast<uint8_t>(orientation);
    odd.header.bits = static_cast<uint8_t>(bits);
    odd.channels = shown_channels == "-" ? 0 : std::stoi(shown_channels);
    odd.file = from_hex(file);
    odd.pixels = from_hex(pixels);
    odd.values = from_hex(values);
    all[name] = odd;
  }
  return all;
}

std::string error_in(const Bytes& file) {
  return error_of([&] { read_image_header(file.data(), file.size()); });
}

TEST(OddImages, DecodeAsPillowDecodesThem) {
  const std::map<std::string, Odd> all = odd_images();
  EXPECT_EQ(all.size(), 32u);
  for (const auto& [name, odd] : all) {
    if (odd.channels == 0) continue;
    SCOPED_TRACE(name);
    const ImageHeader header = read_image_header(odd.file.data(), odd.file.size());
    const bool is_png = name.starts_with("png") || name.ends_with(".png");
    EXPECT_EQ(header.codec, is_png ? Codec::png : Codec::jpeg);
    EXPECT_EQ(header.width, odd.header.width);
    EXPECT_EQ(header.height, odd.header.height);
    EXPECT_EQ(header.channels, odd.header.channels);
    EXPECT_EQ(header.orientation, odd.header.orientation);
    EXPECT_EQ(header.bits, odd.header.bits);
    EXPECT_EQ(header.views, 1u);
    const Image image = decode_image(odd.file.data(), odd.file.size());
    ASSERT_EQ(image.channels, odd.channels);
    ASSERT_EQ(image.pixels.size(), odd.pixels.size());
    // Pillow bundles a JPEG library of its own, which may round otherwise.
    for (size_t i = 0; i < odd.pixels.size(); ++i) ASSERT_NEAR(image.pixels[i], odd.pixels[i], is_png ? 0 : 2) << i;
  }
}

TEST(OddImages, ValuesOf16BitsAreExactAndShownByTheirFullRange) {
  for (const auto& [name, odd] : odd_images()) {
    if (odd.values.empty()) continue;
    SCOPED_TRACE(name);
    const Raster raster = decode_raster(odd.file.data(), odd.file.size());
    ASSERT_EQ(raster.values.size(), odd.values.size() / 2);
    EXPECT_EQ(raster.channels, odd.header.channels);
    EXPECT_EQ(raster.has_alpha, raster.channels % 2 == 0);
    for (size_t i = 0; i < raster.values.size(); ++i)
      EXPECT_EQ(raster.values[i], odd.values[2 * i] << 8 | odd.values[2 * i + 1]);
    const Image shown = windowed(raster, default_windows(raster));
    const Image decoded = decode_image(odd.file.data(), odd.file.size());
    EXPECT_EQ(shown.channels, decoded.channels);
    EXPECT_EQ(shown.pixels, decoded.pixels);
  }
}

TEST(OddImages, WhatIsNotReadIsNamed) {
  const std::map<std::string, Odd> all = odd_images();
  const std::map<std::string, std::string> wanted = {
      {"empty", "found no bytes at all; wanted JPEG or PNG"},
      {"page.jpg", "found an HTML page; wanted JPEG or PNG"},
      {"gif", "found a GIF; wanted JPEG or PNG"},
      {"tiff_little", "found a TIFF; wanted JPEG or PNG"},
      {"tiff_pages", "found a TIFF; wanted JPEG or PNG"},
      {"bmp", "found a BMP; wanted JPEG or PNG"},
      {"webp", "found a WebP; wanted JPEG or PNG"},
      {"jpeg_2000", "found a JPEG 2000; wanted JPEG or PNG"},
  };
  for (const auto& [name, message] : wanted) EXPECT_EQ(error_in(all.at(name).file), message) << name;
  for (const char* name : {"truncated.jpg", "truncated.png"}) {
    const Bytes& file = all.at(name).file;
    EXPECT_EQ(error_in(file), join("truncated ", name[10] == 'j' ? "JPEG" : "PNG", ": its end is missing after ",
                                   file.size(), " bytes"));
    EXPECT_NE(error_of([&] { decode_image(file.data(), file.size()); }), "");
  }
}

TEST(OddImages, RealOnesAreRefusedByNameOrKeepTheirIndices) {
  const Path folder = shared_data("odd_images");
  if (folder.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const auto read = [&](const char* name) { return read_bytes(folder / name); };
  EXPECT_EQ(error_in(read("truncated.jpg")), "damaged JPEG: Premature end of JPEG file");  // within its header
  for (const char* name : {"chessboard_GRAY_U16.tif", "chessboard_GRAY_U16B.tif", "multipage.tif"})
    EXPECT_EQ(error_in(read(name)), "found a TIFF; wanted JPEG or PNG") << name;
  const Bytes palette = read("palette_gray.png"), bilevel = read("checker_bilevel.png"), colour = read("ihc.png");
  const Raster indices = decode_indices(palette.data(), palette.size());
  EXPECT_EQ(indices.channels, 1);
  const Raster bits = decode_indices(bilevel.data(), bilevel.size());
  EXPECT_EQ(*std::max_element(bits.values.begin(), bits.values.end()), 1);
  EXPECT_EQ(error_of([&] { decode_indices(colour.data(), colour.size()); }),
            "a label picture has colours or opacity of its own; wanted a grey or a palette PNG, one number per pixel");
}

}  // namespace
}  // namespace weft
