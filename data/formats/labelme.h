// SPDX-License-Identifier: Apache-2.0
// One annotation file of LabelMe, of the MIT web tool (XML) or of the desktop tool of the same name (JSON): text to
// structs that both share.  Coordinates are pixels as written.  Of JSON, the picture itself may lie in the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace weft {

struct LabelmeShape {
  enum class Kind { polygon, box, circle, line, points, mask };
  std::string where;  // ":12" of XML, ": shapes[3]" of JSON; behind the file's name it is the place
  Kind kind = Kind::polygon;
  std::string name;
  int64_t id = -1, parent = -1;  // of XML: its id, and that of the object it is part of
  int64_t group = -1;            // of JSON: shapes of one name and group are one object
  bool is_occluded = false, is_deleted = false;
  std::vector<double> xy;  // corners; box: two opposite ones; circle: centre and a point on it
  std::string mask_file;   // of XML: a picture beside, the object is where it is not empty
  Bytes mask_png;          // of JSON: of the size of its box, xy
  std::vector<std::string> scribble_files;
};

struct LabelmeFile {
  std::string folder, filename;  // as written
  double width = 0, height = 0;  // 0: unsaid
  Bytes picture;                 // of JSON; empty where it holds none
  std::vector<LabelmeShape> shapes;
  std::vector<std::string> image_labels;                        // of JSON: flags that are set
  std::vector<std::pair<std::string, std::string>> complaints;  // where, what
  std::vector<std::pair<std::string, size_t>> unread;           // what the file says beyond this, and how often
};

// Error with file:line where it is not XML, or its root not <annotation>.
LabelmeFile parse_labelme_xml(std::string_view utf8, const std::string& file);
// Error with the file where it is not JSON of that tool.
LabelmeFile parse_labelme_json(std::string_view utf8, const std::string& file);

}  // namespace weft
