// SPDX-License-Identifier: Apache-2.0
// Which codec a file is for, and what every header must satisfy.
#include "data/image.h"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "data/image_codecs.h"

namespace weft {
namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view bytes;
  const char* kind;
};

constexpr Signature kJpeg = {0, "\xff\xd8\xff"sv, "a JPEG"};
constexpr Signature kPng = {0, "\x89PNG\r\n\x1a\n"sv, "a PNG"};
// What people have in image folders by mistake; known only to be named.
constexpr Signature kOthers[] = {
    {0, "GIF8"sv, "a GIF"},
    {8, "WEBP"sv, "a WebP"},
    {0, "II*\0"sv, "a TIFF"},
    {0, "MM\0*"sv, "a TIFF"},
    {0, "BM"sv, "a BMP"},
    {4, "ftypavif"sv, "an AVIF"},
    {4, "ftyphei"sv, "a HEIC"},
    {4, "jP  \r\n"sv, "a JPEG 2000"},
    {0, "\xff\x0a"sv, "a JPEG XL"},
    {128, "DICM"sv, "a DICOM file"},
    {0, "%PDF"sv, "a PDF"},
    {0, "PK\x03\x04"sv, "a zip archive"},
    {0, "\x1f\x8b"sv, "a gzip file"},
    {0, "<svg"sv, "an SVG"},
    {0, "<?xml"sv, "an XML file"},
    {0, "<!"sv, "an HTML page"},
    {0, "<html"sv, "an HTML page"},
    {0, "version https://git-lfs"sv, "a Git LFS pointer without its file"},
};

bool matches(const Signature& signature, const uint8_t* data, size_t size) {
  return size >= signature.offset + signature.bytes.size() &&
         std::memcmp(data + signature.offset, signature.bytes.data(), signature.bytes.size()) == 0;
}

std::string describe_content(const uint8_t* data, size_t size) {
  if (size == 0) return "no bytes at all";
  for (const Signature& signature : kOthers)
    if (matches(signature, data, size)) return signature.kind;
  std::ostringstream text;
  text << "something that starts with the bytes" << std::hex << std::setfill('0');
  for (size_t i = 0; i < std::min<size_t>(size, 8); ++i) text << ' ' << std::setw(2) << int{data[i]};
  return text.str();
}

Codec sniff(const uint8_t* data, size_t size) {
  if (matches(kJpeg, data, size)) return Codec::jpeg;
  if (matches(kPng, data, size)) return Codec::png;
  fail("found ", describe_content(data, size), "; wanted JPEG or PNG");
}

std::string describe(const ImageHeader& header) {
  return join(header.codec == Codec::jpeg ? "a JPEG" : "a PNG", " of ", header.width, " x ", header.height, " with ",
              int{header.channels}, " channel(s)");
}

}  // namespace

void check_header(const ImageHeader& found, const ImageHeader* expected) {
  check(uint64_t{found.width} * found.height <= kMostPixels, "the header promises ", found.width, " x ", found.height,
        " pixels; wanted at most ", kMostPixels, " in all");
  if (expected) check(found == *expected, "found ", describe(found), "; the store has ", describe(*expected));
}

ImageHeader read_image_header(const uint8_t* data, size_t size) {
  return sniff(data, size) == Codec::jpeg ? read_jpeg_header(data, size) : read_png_header(data, size);
}

Image decode_image(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected) {
  return sniff(data, size) == Codec::jpeg ? decode_jpeg(data, size, least_side, expected)
                                          : decode_png(data, size, expected);
}

}  // namespace weft
