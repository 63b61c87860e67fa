// SPDX-License-Identifier: Apache-2.0
// Masks of everything in a picture: a grid of single clicks, three masks each, of which the sure, stable and different
// ones stay.  segment-anything's SamAutomaticMaskGenerator, step by step (Kirillov et al., arXiv 2304.02643, appendix
// B): the same scores give the same masks in the same order.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/formats/rle.h"
#include "data/image.h"
#include "models/model.h"

namespace weft {

struct AutomaticMaskSettings final : Settings {
  int64_t points_per_side = 32, points_per_batch = 64;
  double least_iou = 0.88, least_stability = 0.95, stability_offset = 1.0;
  double box_nms = 0.7, crop_nms = 0.7;
  int64_t crop_layers = 0, crop_points_divisor = 1;
  double crop_overlap = 512.0 / 1500;
  int64_t least_area = 0;
  void fields(Fields& visit) override;
};

struct AutomaticMask {
  Rle mask;                  // of the whole picture
  std::array<int, 4> box{};  // x0 y0 x1 y1, the first and the last pixel
  float predicted_iou = 0, stability = 0;
  float objectness = 0;           // logit; the model's own head, which segment-anything has not
  std::array<double, 2> point{};  // that was clicked
  std::array<int, 4> crop{};      // that it was seen in: x0 y0 x1 y1, the end not in it
};

std::vector<AutomaticMask> automatic_masks(const Model& model, const Image& image,
                                           const AutomaticMaskSettings& settings);

// Its parts.
using PixelBox = std::array<int, 4>;  // x0 y0 x1 y1
struct PictureCrop {
  PixelBox box;
  int layer;
};
// The whole picture, then 4, 16, .. overlapping crops a layer.
std::vector<PictureCrop> picture_crops(int width, int height, const AutomaticMaskSettings& settings);
// Places of the boxes that no better one (the earlier of equals) overlaps by more than `most`, the best first.
std::vector<size_t> kept_by_nms(const std::vector<PixelBox>& boxes, const std::vector<float>& scores, double most);
// Holes of fewer pixels are filled and islands taken away, but for the largest; 8-connected.  Whether any was.
bool smooth_regions(std::vector<uint8_t>& mask, int width, int height, int64_t least_area);

}  // namespace weft
