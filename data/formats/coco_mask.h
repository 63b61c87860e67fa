// SPDX-License-Identifier: Apache-2.0
// A COCO segmentation as a mask: polygons are rasterised as the COCO API does it and united, run lengths are read.
#pragma once

#include <optional>
#include <string>

#include "data/formats/coco_json.h"
#include "data/formats/rle.h"

namespace weft {

// Where something is odd, `mask` is what can be made of it, if anything.
struct CocoMask {
  std::optional<Rle> mask;
  std::string odd;  // what was found; "": nothing
};

// Height and width are those of the picture that rings are drawn in; run lengths have their own.
// Mended: rings of fewer than three corners beside others; a flat list; run lengths that stand where rings are wanted;
// the repr of Python's bytes (b'...') and backslashes that were doubled with it.
CocoMask coco_mask(const CocoSegmentation& segmentation, uint32_t height, uint32_t width);

}  // namespace weft
