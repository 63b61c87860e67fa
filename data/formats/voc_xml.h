// SPDX-License-Identifier: Apache-2.0
// One annotation file of the Pascal VOC kind: text to structs.  Children may come in any order, coordinates may be
// fractions, flags and the size may be absent.  Coordinates stay as written; what they count from is the importer's
// affair.  Source: the VOC development kit's description of its annotations.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/formats/label_text.h"

namespace weft {

struct VocObject {
  size_t line = 0;
  std::string name;
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
  bool is_difficult = false, is_truncated = false, is_occluded = false;
  std::vector<VocObject> parts;
};

struct VocAnnotation {
  std::string filename;          // as written; may be empty
  double width = 0, height = 0;  // 0: unsaid
  size_t size_line = 1;
  std::vector<VocObject> objects;
  std::vector<Complaint> complaints;     // objects and parts that are not among the above
  std::map<std::string, size_t> unread;  // elements of objects that carry more than we keep -> first line
};

// Error with file:line where it is not XML or its root is not <annotation>.
VocAnnotation parse_voc(std::string_view utf8, const std::string& file);

}  // namespace weft
