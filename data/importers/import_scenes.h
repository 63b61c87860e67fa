// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/importers.h"

namespace weft {

// Scenes laid together from emoji (import_scenes.cc); SOURCE is "-".
struct ScenesImporter final : Importer {
  int64_t scenes = 200;
  int64_t seed = 0;
  int64_t width = 256, height = 256;
  int64_t least_objects = 2, most_objects = 6;
  double smallest = 0.18, largest = 0.45;  // an object's longer side as a share of the picture's shorter one
  double least_visible = 0.35;             // share of each piece that stays uncovered
  double composed = 0.25;                  // share of objects that are made of two parts
  double stuff = 0.6;                      // probability of each of two textures
  int64_t negatives = 5;                   // keywords per scene that are true of nothing in it
  std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::string cldr = "/usr/share/unicode/cldr/common";
  std::string language = "en";
  ScenesImporter();
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
