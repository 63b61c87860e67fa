// SPDX-License-Identifier: Apache-2.0
// COCO's mask strings and counts, polygons, and masks as records keep them.
#include "data/geometry.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  const Rle mask = rle_of_polygon({1, 1, 9, 2, 7, 8}, 10, 12);
  return {bytes_of(rle_to_string(mask)), mask_bytes(mask), scribble_bytes({2, {{1, 2}, {3, 4}}}),
          box_bytes({1, 2, 3, 4}), point_bytes({5, 6})};
}

// Each reading is tried, whatever the others said.
void parse(const Bytes& input) {
  const auto tried = [](const auto& body) {
    try {
      body();
    } catch (const Error&) {
    }
  };
  tried([&] {
    const Rle mask = rle_from_string(text_of(input), 10, 12);
    std::vector<uint8_t> pixels(120);
    paint_rle(mask, pixels.data(), 1);
    WEFT_ASSERT(rle_of_bitmap(pixels.data(), 10, 12) == mask);
  });
  tried([&] {
    const Rle mask = mask_of(input);
    area_of(mask);
    box_of_rle(mask);
    mask_of(mask_bytes(mask));
  });
  tried([&] { scribble_of(input); });
  tried([&] { box_of(input); });
  tried([&] { point_of(input); });
  tried([&] {
    std::vector<double> xy;
    for (size_t i = 0; i + 4 <= input.size() && i < 400; i += 4)
      xy.push_back(static_cast<int16_t>(input[i] | input[i + 1] << 8) * 0.37 + input[i + 2]);
    if (xy.size() % 2) xy.pop_back();
    const Rle mask = rle_of_polygon(xy, 40, 50);
    check_rle(mask);
    WEFT_ASSERT(iou(mask, mask) <= 1);
  });
}

}  // namespace weft::fuzz
