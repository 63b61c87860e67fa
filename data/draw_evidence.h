// SPDX-License-Identifier: Apache-2.0
// How statements look on a picture.  The kind of a statement is told three times, so that no eye depends on colour:
// by colour, by the line's dashes and by the hatching of the area; its sign stands before its text.
#pragma once

#include <string>
#include <vector>

#include "data/draw.h"
#include "data/store.h"

namespace weft {

struct Look {
  const char* name;  // in legends
  const char* sign;
  Colour colour;
  std::vector<float> dashes;
  Hatch hatch;
  float tint;  // opacity of the area
};
const Look& look_of(const Record& record);
const std::vector<Look>& looks();  // all of them, in the order of a legend

// A filled swatch of the look, as in legends and lists.
void draw_swatch(Image& image, const Box& place, const Look& look);

// What is said of one region, or of the whole picture: records of one look and geometry, in order.
struct ShownStatement {
  std::vector<Record> records;
  const Look* look = nullptr;
  std::string text;   // "dog face, animal (part)"
  std::string label;  // "dog face +1"
};
std::vector<ShownStatement> statements_of(const Store& store, size_t sample, uint32_t view);
// What is said of the bags that hold the sample: "polyp (in the bag \"patient 7\" of 12)".
std::vector<ShownStatement> bag_statements_of(const Store& store, size_t sample);

// The upright picture as three channels of 8 bits; what is transparent shows a checkerboard.  `view`: of a volume.
Image picture_of(const Store& store, size_t sample, uint32_t view);
// The view of a volume of which most is said, the middle one where nothing is; 0 of a picture.
uint32_t telling_view(const Store& store, size_t sample);

// Draws what has a place onto the picture, which shows it `scale` times as large.  Texts are left out where they would
// cover each other, or where all are the same.
void draw_statements(Image& picture, double scale, const std::vector<ShownStatement>& statements, int text_scale);

}  // namespace weft
