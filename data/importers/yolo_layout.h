// SPDX-License-Identifier: Apache-2.0
// What a YOLO dataset says about itself: its classes, its splits and their pictures, wherever its layout keeps them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/importers/label_files.h"

namespace weft {

struct YoloLayout {
  struct Class {
    std::string name, place;
  };
  std::map<int64_t, Class> classes;                                     // by number
  std::map<std::string, std::pair<std::string, std::string>> split_of;  // picture -> split, place
  int64_t keypoints = 0, keypoint_values = 0;                           // of a pose dataset: how many, and 2 or 3
};

// Reads data.yaml, or obj.data, or a file of names, as found in the folder (not below); `names` names the file of
// names.
YoloLayout read_yolo_layout(ImportRun& run, const Path& folder, const Pictures& pictures, const std::string& names);

// The label file of a picture, relative to the folder: beside it, or in "labels" where the picture is in "images".
std::optional<std::string> yolo_labels_of(const Path& folder, const std::string& picture);

}  // namespace weft
