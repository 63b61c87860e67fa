// SPDX-License-Identifier: Apache-2.0
// Headers and pixels of JPEG and PNG.
#include "data/image.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  Image image(24, 17, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7);
  Image grey(16, 16, 1), cutout(9, 9, 4);
  return {encode_jpeg(image, 80), encode_jpeg(grey, 50), encode_png(image), encode_png(grey), encode_png(cutout)};
}

void parse(const Bytes& input) {
  const ImageHeader header = read_image_header(input.data(), input.size());
  if (uint64_t{header.width} * header.height > 1u << 22) return;  // a promise that only costs time
  decode_image(input.data(), input.size(), 4, &header);
}

}  // namespace weft::fuzz
