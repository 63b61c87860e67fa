// SPDX-License-Identifier: Apache-2.0
// Masks as run lengths, the way COCO stores them: column by column, lengths of background and foreground in turn,
// background first (its first run may be 0).  Every function is bounds-checked: runs are >= 0 and fill height x width
// exactly.  Source: the COCO API's mask format (the string of 6-bit groups; polygons at five times the resolution).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct Rle {
  uint32_t height = 0, width = 0;
  std::vector<uint32_t> runs;
  bool operator==(const Rle&) const = default;
};

// Error unless the runs fill height x width exactly; neighbours of length 0 are allowed in the first run only.
void check_rle(const Rle& mask);

Rle rle_of_bitmap(const uint8_t* pixels, uint32_t height, uint32_t width);  // row-major, any value but 0 is foreground
void paint_rle(const Rle& mask, uint8_t* pixels, uint8_t value);            // row-major; background is left as it is

// COCO's compressed string.  Error naming the character where it is cut short, overflows or does not fill the mask.
std::string rle_to_string(const Rle& mask);
Rle rle_from_string(std::string_view text, uint32_t height, uint32_t width);
Rle rle_from_counts(const std::vector<uint64_t>& counts, uint32_t height, uint32_t width);  // COCO's list of counts

// COCO's rasterisation of one closed ring x0 y0 x1 y1 ... (pixel coordinates), pixel for pixel.
Rle rle_of_polygon(const std::vector<double>& xy, uint32_t height, uint32_t width);

uint64_t area_of(const Rle& mask);
std::array<double, 4> box_of_rle(const Rle& mask);                // x y width height as COCO's; all 0 where it is empty
Rle merge(const std::vector<Rle>& masks, bool intersect);         // union, or intersection, of masks of one size
double iou(const Rle& a, const Rle& b, bool b_is_crowd = false);  // crowd: the intersection over a's area

Rle crop(const Rle& mask, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
Rle mirrored(const Rle& mask);  // left to right

}  // namespace weft
