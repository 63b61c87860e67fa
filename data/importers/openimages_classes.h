// SPDX-License-Identifier: Apache-2.0
// The classes of Open Images: names of their ids ("/m/0abc"), and the tree of those that have boxes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct OpenimagesClasses {
  std::map<std::string, std::string> names;              // by id; empty: there was no list
  std::map<std::string, std::string> places;             // of those names: file:line
  std::map<std::string, std::set<std::string>> parents;  // ids; the tree's root is no class unless it has a name
  std::set<std::string> in_tree, parts;                  // ids; parts: those that the tree has as parts alone
  std::vector<std::string> parents_first() const;        // all ids that have names

  void read_names(const Path& file);  // id,name with or without a header
  void read_tree(const Path& file);   // {"LabelName": id, "Subcategory": [...], "Part": [...]}
};

}  // namespace weft
