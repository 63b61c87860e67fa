// SPDX-License-Identifier: Apache-2.0
#include "data/importers/csv_columns.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "data/importers/table_files.h"

namespace weft {
namespace {

using Names = std::vector<std::string>;

const Names kImageNames = {"image", "image_path", "path",       "filepath", "filename", "file_name",
                           "file",  "image_name", "image_file", "img",      "image_id", "imageid"};
const Names kCaptionNames = {"caption", "text", "description"};
const Names kTagNames = {"tags", "keywords", "labels"};
const Names kLabelNames = {"label", "label_name", "class", "class_name", "category"};
const Names kGroupNames = {"group", "patient", "patient_id", "scene"};
const Names kRleNames = {"encodedpixels", "rle"};
const Names kSplitNames = {"split", "subset"};

struct BoxNames {
  Names columns;
  bool is_xywh;
};
const std::array<BoxNames, 6> kBoxNames = {{{{"x1", "y1", "x2", "y2"}, false},
                                            {{"xmin", "ymin", "xmax", "ymax"}, false},
                                            {{"x_min", "y_min", "x_max", "y_max"}, false},
                                            {{"x1", "y1", "w", "h"}, true},
                                            {{"x", "y", "w", "h"}, true},
                                            {{"x", "y", "width", "height"}, true}}};

class RoleFinder {
 public:
  RoleFinder(const CsvImporter& settings, const CsvTable& table) : settings_(settings), table_(table) {
    for (const std::string& column : table.columns()) lower_.push_back(lower_case(column));
  }

  CsvRoles find(std::vector<std::string>& taken_as) {
    CsvRoles roles;
    roles.image = take("image", settings_.image, kImageNames);
    check(roles.image != kNoColumn, table_.place(), ": no column is called as pictures usually are (",
          listed(kImageNames),
          ")\n  hint: image=NAME names it; columns='[\"image\", \"label\"]' names all where the file has no header");
    roles.caption = take("caption", settings_.caption, kCaptionNames);
    roles.tags = take("tags", settings_.tags, kTagNames);
    roles.label = take("label", settings_.label, kLabelNames);
    roles.group = take("group", settings_.group, kGroupNames);
    roles.split = take("split", settings_.split, kSplitNames);
    roles.rle = take("rle", settings_.rle, kRleNames);
    check(roles.rle == kNoColumn || !settings_.rle_format.empty(), table_.place(),
          ": runs of a mask are written in several ways\n  hint: say rle_format=starts (place from 1, length) or "
          "rle_format=gaps (pixels since the run before, length)");
    find_box(roles);
    find_classes(roles);
    taken_as = taken_as_;
    std::string rest;
    for (size_t i = 0; i < lower_.size(); ++i)
      if (!used_.contains(static_cast<int>(i))) rest += (rest.empty() ? "" : ", ") + table_.columns()[i];
    if (!rest.empty()) taken_as.push_back("left out: " + rest);
    return roles;
  }

 private:
  static std::string listed(const Names& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return list;
  }
  int use(int column, const std::string& role) {
    check(used_.insert(column).second, table_.place(), ": the column \"", table_.columns()[column],
          "\" cannot be taken for ", role, " too");
    taken_as_.push_back(table_.columns()[column] + " = " + role);
    return column;
  }
  int take(const std::string& role, const std::string& named, const Names& usual) {
    if (!named.empty()) return use(static_cast<int>(table_.wanted(named)), role);
    for (const std::string& name : usual) {
      const auto found = std::find(lower_.begin(), lower_.end(), name);
      if (found != lower_.end()) return use(static_cast<int>(found - lower_.begin()), role);
    }
    return kNoColumn;
  }

  void find_box(CsvRoles& roles) {
    const bool is_one = settings_.box.size() == 1 || (settings_.box.empty() && has({"bbox"}));
    roles.is_xywh = settings_.box_format == "xywh";
    if (is_one) {
      check(settings_.box_format != "auto", table_.place(),
            ": a box in one column may be two corners or a corner and a size\n  hint: say box_format=xyxy or xywh");
      roles.box = {take("box", settings_.box.empty() ? "" : settings_.box[0], {"bbox"})};
      return;
    }
    if (!settings_.box.empty()) {
      check(settings_.box.size() == 4, "box: wanted the name of one column or of four, found ", settings_.box.size());
      check(settings_.box_format != "auto", "box: columns of your own need box_format=xyxy or box_format=xywh");
      for (const std::string& name : settings_.box) roles.box.push_back(take("box", name, {}));
      return;
    }
    for (const BoxNames& way : kBoxNames) {
      if (!has(way.columns)) continue;
      for (const std::string& name : way.columns) roles.box.push_back(take("box", "", {name}));
      if (settings_.box_format == "auto") roles.is_xywh = way.is_xywh;
      return;
    }
  }
  bool has(const Names& names) const {
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return std::find(lower_.begin(), lower_.end(), name) != lower_.end();
    });
  }

  // A table that says nothing else says it by classes in columns.
  void find_classes(CsvRoles& roles) {
    for (const std::string& name : settings_.class_columns)
      roles.classes.push_back(use(static_cast<int>(table_.wanted(name)), "class"));
    const bool says_more = roles.caption != kNoColumn || roles.tags != kNoColumn || roles.label != kNoColumn ||
                           roles.rle != kNoColumn || !roles.box.empty();
    if (says_more || !roles.classes.empty()) return;
    for (int column = 0; column < static_cast<int>(lower_.size()); ++column)
      if (!used_.contains(column) && !lower_[column].empty()) roles.classes.push_back(use(column, "class"));
  }

  const CsvImporter& settings_;
  const CsvTable& table_;
  Names lower_;
  std::set<int> used_;
  std::vector<std::string> taken_as_;
};

}  // namespace

CsvRoles csv_roles(const CsvImporter& settings, const CsvTable& table, std::vector<std::string>& taken_as) {
  return RoleFinder(settings, table).find(taken_as);
}

}  // namespace weft
