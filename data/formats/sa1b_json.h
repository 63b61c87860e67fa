// SPDX-License-Identifier: Apache-2.0
// SA-1B's JSON: one file per picture, {"image": {...}, "annotations": [masks]}.  Source: the data set's own description
// (Kirillov et al., arXiv 2304.02643).
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "data/formats/coco_json.h"

namespace weft {

struct Sa1bMask {
  int64_t place = 0;
  std::string id;
  CocoSegmentation segmentation;
  double predicted_iou = 1, stability_score = 1;  // 1: unsaid
};

struct Sa1bPicture {
  std::string file_name;  // "": unsaid
  double width = 0, height = 0;
  std::vector<Sa1bMask> masks;
};

// An Error where the file has no image and annotations.
Sa1bPicture read_sa1b(std::istream& in, const std::string& file, const CocoMalformed& malformed);

}  // namespace weft
