// SPDX-License-Identifier: Apache-2.0
// COCO's annotation JSON (also Roboflow's, mmdet's, CVAT's and datumaro's) to a dataset with one evidence layer per
// kind: instances, keypoints, stuff, panoptic, captions, labels.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct CocoImporter final : Importer {
  std::vector<std::string> images;
  std::vector<std::string> kinds;
  std::vector<std::string> exhaustive = {"instances", "keypoints", "panoptic", "stuff"};
  std::vector<std::string> results;
  std::string panoptic;
  double occluded_confidence = 0.5;
  double keypoint_offset = 0.5;
  CocoImporter();
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
