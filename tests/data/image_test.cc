// SPDX-License-Identifier: Apache-2.0
#include "data/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support.h"

namespace weft {
namespace {

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

Bytes from_text(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

Image decode(const Bytes& file, int least_side = 0) {
  return decode_image(file.data(), file.size(), least_side);
}

std::string error_in(const Bytes& file) {
  return error_of([&] { decode(file); });
}

// One line of tests/golden/images.txt.
struct Golden {
  std::string name;
  ImageHeader header;
  Bytes file;
  int channels = 0;
  Bytes pixels;
};

std::vector<Golden> golden_images() {
  std::ifstream lines(WEFT_SOURCE_DIR "/tests/golden/images.txt");
  std::vector<Golden> all;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    Golden image;
    std::string codec, file, pixels;
    int channels;
    fields >> image.name >> codec >> image.header.width >> image.header.height >> channels >> file >> image.channels;
    fields >> pixels;
    image.header.codec = codec == "png" ? Codec::png : Codec::jpeg;
    image.header.channels = static_cast<uint8_t>(channels);
    image.file = from_hex(file);
    image.pixels = from_hex(pixels);
    all.push_back(image);
  }
  return all;
}

Bytes golden_file(const std::string& name) {
  for (const Golden& image : golden_images())
    if (image.name == name) return image.file;
  return {};
}

// Four quarters: red, green (right), blue (below), white.
Image quarters(int width, int height) {
  const uint8_t colours[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
  Image image(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      std::copy_n(colours[2 * (2 * y >= height) + (2 * x >= width)], 3, image.row(y) + 3 * x);
  return image;
}

// The corner ("top left", ...) whose colour is nearest to r, g, b.
std::string corner_of(const Image& image, int r, int g, int b) {
  int least = 1 << 20;
  std::string corner;
  for (const bool bottom : {false, true})
    for (const bool right : {false, true}) {
      const uint8_t* pixel = image.row(bottom ? image.height - 1 : 0) + 3 * (right ? image.width - 1 : 0);
      const int distance = std::abs(pixel[0] - r) + std::abs(pixel[1] - g) + std::abs(pixel[2] - b);
      if (distance < least) corner = join(bottom ? "bottom " : "top ", right ? "right" : "left");
      least = std::min(least, distance);
    }
  return corner;
}

// The JPEG with an Exif segment after its first marker; the TIFF inside has one entry, the orientation.
Bytes with_orientation(Bytes jpeg, int orientation, bool little_endian) {
  const std::string tiff = little_endian
                               ? std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0?\0\0\0\0\0\0\0", 26)
                               : std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0?\0\0\0\0\0\0", 26);
  std::string segment = std::string("\xff\xe1\0\x22", 4) + std::string("Exif\0\0", 6) + tiff;  // 0x22 = 2 + 6 + 26
  segment[segment.find('?')] = static_cast<char>(orientation);
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

TEST(Image, EveryKindOfFileDecodesToThePixelsThatWentIn) {
  const std::vector<Golden> all = golden_images();
  EXPECT_EQ(all.size(), 25u);
  for (const Golden& golden : all) {
    EXPECT_EQ(read_image_header(golden.file.data(), golden.file.size()), golden.header) << golden.name;
    const Image image = decode(golden.file);
    EXPECT_EQ(image.width, static_cast<int>(golden.header.width)) << golden.name;
    EXPECT_EQ(image.height, static_cast<int>(golden.header.height)) << golden.name;
    EXPECT_EQ(image.channels, golden.channels) << golden.name;
    EXPECT_EQ(image.pixels, golden.pixels) << golden.name;
  }
}

TEST(Image, APngThatWeWriteReadsBackEqual) {
  for (const int channels : {3, 4}) {
    Image image(13, 9, channels);
    for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 37);
    EXPECT_EQ(decode(encode_png(image)).pixels, image.pixels);
  }
  Image grey(3, 1, 1);
  grey.pixels = {0, 100, 255};
  EXPECT_EQ(decode(encode_png(grey)).pixels, (Bytes{0, 0, 0, 100, 100, 100, 255, 255, 255}));
}

TEST(Image, AJpegThatWeWriteReadsBackAlike) {
  Image image(32, 16, 3);  // smooth, so that little is lost
  for (int i = 0; i < 32 * 16; ++i) {
    const int x = i % 32, y = i / 32;
    const uint8_t colour[] = {static_cast<uint8_t>(50 + 4 * x), static_cast<uint8_t>(200 - 6 * y), 100};
    std::copy_n(colour, 3, image.row(y) + 3 * x);
  }
  const Image again = decode(encode_jpeg(image, 95));
  ASSERT_EQ(again.pixels.size(), image.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) ASSERT_NEAR(again.pixels[i], image.pixels[i], 8) << i;
}

TEST(Image, AFileOfAnotherKindIsNamed) {
  EXPECT_EQ(error_in(from_text("GIF89a..........")), "found a GIF; wanted JPEG or PNG");
  EXPECT_EQ(error_in(from_text(std::string("II*\0........", 12))), "found a TIFF; wanted JPEG or PNG");
  EXPECT_EQ(error_in(from_text("RIFF....WEBPVP8 ")), "found a WebP; wanted JPEG or PNG");
  EXPECT_EQ(error_in({}), "found no bytes at all; wanted JPEG or PNG");
  EXPECT_EQ(error_in({1, 2, 0xab}), "found something that starts with the bytes 01 02 ab; wanted JPEG or PNG");
}

TEST(Image, APngWithAnyByteDamagedOrMissingIsAnError) {
  for (const char* name : {"rgb_8", "palette_transparent"}) {
    const Bytes file = golden_file(name);
    ASSERT_EQ(error_in(file), "");
    for (size_t i = 0; i < file.size(); ++i) {
      EXPECT_NE(error_in(Bytes(file.begin(), file.begin() + i)), "") << name << " cut to " << i << " bytes";
      Bytes damaged = file;
      damaged[i] ^= 0x11;
      EXPECT_NE(error_in(damaged), "") << name << " with byte " << i << " changed";
    }
  }
}

TEST(Image, AJpegThatEndsEarlyIsAnError) {
  const Bytes file = golden_file("jpeg_rgb");
  for (size_t i = 0; i < file.size(); ++i)
    EXPECT_NE(error_in(Bytes(file.begin(), file.begin() + i)), "") << "cut to " << i << " bytes";
  EXPECT_EQ(error_in(Bytes(file.begin(), file.end() - 2)), "damaged JPEG: Premature end of JPEG file");
}

TEST(Image, ADamagedJpegIsAnErrorOrAPictureAndNeverACrash) {
  for (const char* name : {"jpeg_rgb", "jpeg_progressive", "jpeg_cmyk"}) {
    const Bytes file = golden_file(name);
    for (size_t i = 0; i < file.size(); ++i) {
      Bytes damaged = file;
      damaged[i] ^= 0x11;
      error_in(damaged);
    }
  }
}

TEST(Image, AHeaderThatPromisesTooManyPixelsIsRefusedFirst) {
  // Signature, IHDR of 20000 x 20000 RGB, an empty IDAT; checksums by Python's zlib.crc32.
  const Bytes png =
      from_hex("89504e470d0a1a0a0000000d4948445200004e2000004e2008020000006c12d16e000000004944415435af061e");
  EXPECT_EQ(error_in(png), "the header promises 20000 x 20000 pixels; wanted at most 268435456 in all");

  Bytes jpeg = golden_file("jpeg_rgb");
  const uint8_t frame[] = {0xff, 0xc0, 0x00, 0x11, 0x08};
  const auto found = std::search(jpeg.begin(), jpeg.end(), frame, frame + 5);
  ASSERT_NE(found, jpeg.end());
  const uint8_t size[] = {0x4e, 0x20, 0x4e, 0x20};
  std::copy(size, size + 4, found + 5);
  EXPECT_EQ(error_in(jpeg), "the header promises 20000 x 20000 pixels; wanted at most 268435456 in all");
}

TEST(Image, AFewBytesCannotHoldAHugePng) {
  // The same of 10000 x 10000.
  const Bytes png =
      from_hex("89504e470d0a1a0a0000000d4948445200002710000027100802000000352cf570000000004944415435af061e");
  EXPECT_EQ(error_in(png), "damaged PNG: its header promises 10000 x 10000 pixels, which do not fit into 45 bytes");
}

TEST(Image, AnotherHeaderThanTheStoreRemembersIsAnError) {
  const Bytes file = golden_file("rgb_8");
  ImageHeader expected = {Codec::png, 7, 5, 3};
  EXPECT_EQ(error_of([&] { decode_image(file.data(), file.size(), 0, &expected); }), "");
  expected.width = 8;
  EXPECT_EQ(error_of([&] { decode_image(file.data(), file.size(), 0, &expected); }),
            "found a PNG of 7 x 5 with 3 channel(s); the store has a PNG of 8 x 5 with 3 channel(s)");
}

TEST(Image, AJpegIsScaledDownWhileBothSidesStayAtTheLeast) {
  const Bytes file = encode_jpeg(quarters(64, 48), 90);
  const int widths[][2] = {{0, 64}, {49, 64}, {25, 64}, {24, 32}, {13, 32}, {12, 16}, {7, 16}, {6, 8}, {1, 8}};
  for (const auto& [least_side, width] : widths) {
    const Image image = decode(file, least_side);
    EXPECT_EQ(image.width, width) << "at least " << least_side;
    EXPECT_EQ(image.height, width * 3 / 4) << "at least " << least_side;
  }
}

// Exif 2.3: the orientation says which sides of the scene the first row and the first column are.
TEST(Image, APhotoIsTurnedUprightByItsExifOrientation) {
  const Bytes plain = encode_jpeg(quarters(32, 16), 95);
  const char* red[] = {"top left", "top right", "bottom right", "bottom left",
                       "top left", "top right", "bottom right", "bottom left"};
  const char* green[] = {"top right",   "top left",     "bottom left", "bottom right",
                         "bottom left", "bottom right", "top right",   "top left"};
  for (const bool little_endian : {false, true})
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const Bytes file = with_orientation(plain, orientation, little_endian);
      const Image image = decode(file);
      EXPECT_EQ(image.width, orientation < 5 ? 32 : 16);
      EXPECT_EQ(image.height, orientation < 5 ? 16 : 32);
      EXPECT_EQ(corner_of(image, 255, 0, 0), red[orientation - 1]) << orientation;
      EXPECT_EQ(corner_of(image, 0, 255, 0), green[orientation - 1]) << orientation;
      EXPECT_EQ(read_image_header(file.data(), file.size()), (ImageHeader{Codec::jpeg, 32, 16, 3}));
    }
}

TEST(Image, AMalformedExifSegmentLeavesThePictureAsItIs) {
  const Bytes plain = encode_jpeg(quarters(32, 16), 95);
  const Bytes file = with_orientation(plain, 9, true);
  EXPECT_EQ(decode(file).pixels, decode(plain).pixels);
  for (size_t length = 0; length < 32; ++length) {  // the segment says that it is shorter, and is
    Bytes cut = with_orientation(plain, 6, false);
    cut[5] = static_cast<uint8_t>(2 + length);
    cut.erase(cut.begin() + 6 + length, cut.begin() + 2 + 4 + 32);
    const int width = decode(cut).width;
    EXPECT_EQ(width, length < 28 ? 32 : 16) << "cut to " << length;
  }
}

TEST(Image, FilesFromTheWildDecodeOrAreNamed) {
  const char* variable = std::getenv("WEFT_SHARED_DATA");
  const Path folder = (variable ? Path(variable) : Path(WEFT_SOURCE_DIR) / ".." / "shared" / "data") / "odd_images";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the shared data is not on this machine";
  const auto sizes = [&](const char* name) {
    const Image image = decode(read_bytes(folder / name));
    return join(image.width, " x ", image.height, " x ", image.channels);
  };
  EXPECT_EQ(sizes("checker_bilevel.png"), "10 x 10 x 3");
  EXPECT_EQ(sizes("palette_gray.png"), "10 x 10 x 3");
  EXPECT_EQ(sizes("ihc.png"), "512 x 512 x 3");
  EXPECT_EQ(sizes("rocket.jpg"), "640 x 427 x 3");
  EXPECT_EQ(error_in(read_bytes(folder / "no_time_for_that_tiny.gif")), "found a GIF; wanted JPEG or PNG");
  EXPECT_EQ(error_in(read_bytes(folder / "multipage.tif")), "found a TIFF; wanted JPEG or PNG");
  EXPECT_NE(error_in(read_bytes(folder / "truncated.jpg")).find("damaged JPEG: "), std::string::npos);
}

}  // namespace
}  // namespace weft
