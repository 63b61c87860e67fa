// SPDX-License-Identifier: Apache-2.0
// CVAT's XML 1.1, for images and for videos: text to structs.  A track's shapes are put to the frames they lie in, so
// both kinds come out as pictures with shapes; shapes that are outside are not there.  Source: CVAT's documentation of
// the format; a <mask> counts its runs row by row inside its own box, background first.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/formats/label_text.h"
#include "data/formats/rle.h"

namespace weft {

struct CvatShape {
  enum class Kind { box, polygon, polyline, points, mask, tag };
  size_t line = 0;
  Kind kind = Kind::box;
  std::string label;
  bool is_occluded = false;
  double xtl = 0, ytl = 0, xbr = 0, ybr = 0, rotation = 0;  // box; rotation in degrees, clockwise about its centre
  std::vector<double> xy;                                   // polygon, polyline, points
  int64_t left = 0, top = 0;                                // mask
  Rle mask;                                                 // of the size of its own box
};

struct CvatPicture {
  size_t line = 0;
  std::string name;    // empty in a video
  int64_t frame = -1;  // -1 in images
  std::string subset;
  double width = 0, height = 0;  // 0: unsaid
  std::vector<CvatShape> shapes;
};

struct CvatFile {
  bool is_video = false;
  std::vector<std::string> labels;  // of the task or project, in their order
  std::vector<CvatPicture> pictures;
  std::vector<Complaint> complaints;
  std::map<std::string, std::pair<size_t, size_t>> unread;  // <attribute>, <ellipse>, ... -> how many, first line
};

// Error with file:line where it is not XML or its root is not <annotations>.
CvatFile parse_cvat(std::string_view utf8, const std::string& file);

}  // namespace weft
