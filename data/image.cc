// SPDX-License-Identifier: Apache-2.0
// Which codec a file is for, and what every header must satisfy.
#include "data/image.h"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "data/formats/volume.h"
#include "data/image_codecs.h"
#include "data/window.h"

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
constexpr std::string_view kEndOfJpeg = "\xff\xd9"sv, kEndOfPng = "IEND"sv;
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
    {344, "n+1\0"sv, "a NIfTI volume"},
    {344, "ni1\0"sv, "the header of a NIfTI volume"},
    {0, "8BPS"sv, "a Photoshop file"},
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
  const size_t white =
      std::string_view(reinterpret_cast<const char*>(data), size).find_first_not_of("\xef\xbb\xbf \t\r\n");
  if (white != std::string_view::npos && white > 0 && data[white] == '<')
    return describe_content(data + white, size - white);
  std::ostringstream text;
  text << "something that starts with the bytes" << std::hex << std::setfill('0');
  for (size_t i = 0; i < std::min<size_t>(size, 8); ++i) text << ' ' << std::setw(2) << int{data[i]};
  return text.str();
}

Codec sniff(const uint8_t* data, size_t size) {
  if (matches(kJpeg, data, size)) return Codec::jpeg;
  if (matches(kPng, data, size)) return Codec::png;
  if (is_volume(data, size)) return Codec::volume;
  fail("found ", describe_content(data, size), "; wanted JPEG or PNG");
}

std::string describe(const ImageHeader& header) {
  const char* kind = header.codec == Codec::jpeg ? "a JPEG" : header.codec == Codec::png ? "a PNG" : "a volume";
  return join(kind, " of ", header.width, " x ", header.height, " with ", int{header.channels}, " channel(s)");
}

ImageHeader header_of(const VolumeHeader& volume) {
  ImageHeader header;
  header.codec = Codec::volume;
  header.width = volume.width;
  header.height = volume.height;
  header.channels = static_cast<uint8_t>(volume.modalities.size());
  header.bits = static_cast<uint8_t>(8 * bytes_of(volume.type));
  header.views = volume.slices;
  header.spacing = volume.spacing;
  return header;
}

// A copy that broke off lacks its end; one that holds a thumbnail may still have an end that is not its own.
void check_has_end(const uint8_t* data, size_t size, std::string_view end, const char* kind) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes.rfind(end) != std::string_view::npos, "truncated ", kind, ": its end is missing after ", size, " bytes");
}

Raster decode_slice(const uint8_t* data, size_t size, uint32_t slice, const ImageHeader* expected) {
  const VolumeReader reader(data, size);
  check_header(header_of(reader.header()), expected);
  return reader.slice(slice == kMiddleSlice ? reader.header().slices / 2 : slice);
}

Raster raster_of(const Image& image) {
  Raster raster;
  raster.width = image.width;
  raster.height = image.height;
  raster.channels = image.channels;
  raster.has_alpha = image.channels == 4;
  raster.values.assign(image.pixels.begin(), image.pixels.end());
  raster.full.assign(image.channels, {0, 255});
  return raster;
}

}  // namespace

void check_header(const ImageHeader& found, const ImageHeader* expected) {
  check(uint64_t{found.width} * found.height <= kMostPixels, "the header promises ", found.width, " x ", found.height,
        " pixels; wanted at most ", kMostPixels, " in all");
  if (expected) check(found == *expected, "found ", describe(found), "; the store has ", describe(*expected));
}

ImageHeader read_image_header(const uint8_t* data, size_t size) {
  const Codec codec = sniff(data, size);
  if (codec == Codec::volume) {
    const ImageHeader header = header_of(VolumeReader(data, size).header());
    check_header(header, nullptr);
    return header;
  }
  const bool is_jpeg = codec == Codec::jpeg;
  const ImageHeader header = is_jpeg ? read_jpeg_header(data, size) : read_png_header(data, size);
  check_has_end(data, size, is_jpeg ? kEndOfJpeg : kEndOfPng, is_jpeg ? "JPEG" : "PNG");
  return header;
}

Image decode_image(const uint8_t* data, size_t size, int least_side, const ImageHeader* expected, uint32_t slice) {
  switch (sniff(data, size)) {
    case Codec::jpeg:
      return decode_jpeg(data, size, least_side, expected);
    case Codec::png:
      return decode_png(data, size, expected);
    case Codec::volume:
      break;
  }
  const Raster raster = decode_slice(data, size, slice, expected);
  return windowed(raster, default_windows(raster));
}

Raster decode_raster(const uint8_t* data, size_t size, uint32_t slice, const ImageHeader* expected) {
  const Codec codec = sniff(data, size);
  if (codec == Codec::volume) return decode_slice(data, size, slice, expected);
  if (codec == Codec::png && read_png_header(data, size).bits == 16) return decode_png_values(data, size, expected);
  return raster_of(decode_image(data, size, 0, expected));
}

Raster decode_indices(const uint8_t* data, size_t size) {
  check(sniff(data, size) == Codec::png, "a label picture is a JPEG, whose values are not exact; wanted a PNG");
  return decode_png_indices(data, size);
}

bool is_opaque(const Image& image) {
  if (image.channels != 4) return true;
  for (size_t i = 3; i < image.pixels.size(); i += 4)
    if (image.pixels[i] != 255) return false;
  return true;
}

Image colours_of(const Image& image) {
  if (image.channels != 4) return image;
  Image colours(image.width, image.height, 3);
  for (size_t from = 0, to = 0; from < image.pixels.size(); from += 4, to += 3)
    std::copy_n(image.pixels.begin() + static_cast<int64_t>(from), 3,
                colours.pixels.begin() + static_cast<int64_t>(to));
  return colours;
}

}  // namespace weft
