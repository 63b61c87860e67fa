// SPDX-License-Identifier: Apache-2.0
// The text files of YOLO datasets: rows of labels, and the lists around them.  A row is `class cx cy w h` or
// `class x1 y1 x2 y2 x3 y3 ...`, all but the class as shares of the picture's width and height.
// data.yaml is read as the part of YAML that such files use: keys, texts, lists and maps of one level, comments;
// blocks of free text (`download: |`) are passed over, anything else is an Error with file:line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/formats/label_text.h"

namespace weft {

struct YoloRow {
  size_t line = 0;
  int64_t label = 0;
  std::vector<double> values;       // what follows the class
  bool has_comma_decimals = false;  // 0,5 where 0.5 is meant
};
struct YoloLabels {
  std::vector<YoloRow> rows;
  std::vector<Complaint> complaints;
};
YoloLabels parse_yolo(std::string_view text);

struct YamlValue {
  size_t line = 0;
  std::string text;                        // a single value
  std::vector<std::string> list;           // [a, b] or lines of "- a"
  std::map<std::string, std::string> map;  // {0: a, 1: b} or further-in lines of "0: a"
};
std::map<std::string, YamlValue> parse_small_yaml(std::string_view utf8, const std::string& file);

// "key = value" lines of darknet's obj.data; # begins a comment.
std::map<std::string, std::string> parse_darknet_data(std::string_view text, const std::string& file);

}  // namespace weft
