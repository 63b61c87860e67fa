// SPDX-License-Identifier: Apache-2.0
// What the values or colours of label pictures mean, from the file that the source says it in:
//   labelmap.csv        name,r,g,b            the value is the row, from 0
//   labelmap.txt        name:r,g,b:parts:actions
//   dataset_meta.json   {label_map: {"0": name}, segmentation_colors: [[r, g, b], ...], background_label: "0"}
//   any other           a name on each line
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct MaskName {
  uint32_t value = 0;
  std::string name, place;
  std::optional<uint32_t> colour;  // 0xRRGGBB
};

struct MaskNames {
  std::vector<MaskName> all;  // by value
  std::string background;     // the name that is no class; empty where none is named so
};

MaskNames read_mask_names(const Path& file);

}  // namespace weft
