// SPDX-License-Identifier: Apache-2.0
// What importers of tables and lists share: pictures by the names that tables give them, and lists of classes.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/importers/import_run.h"

namespace weft {

// Files with that extension (".csv") in the folder itself, sorted; an Error where there is none.
std::vector<Path> files_in(const Path& folder, const std::string& extension);

// The file of that name in the folder: as it is, with slashes for backslashes, or with the extension of a picture
// added.
std::optional<Path> find_picture(const Path& folder, const std::string& name);

// Pictures below a folder by their file name without extension; of several the first in order of their paths.
std::unordered_map<std::string, Path> pictures_by_stem(const Path& folder);

struct ListedClass {
  std::string name;
  std::vector<std::string> synonyms;
  std::string place;  // file:line
  bool operator==(const ListedClass&) const = default;
};
// A class a line, in their order; or JSON {"labels": [names]}.  A line that begins with a WordNet id, as in ImageNet's
// "n01440764 tench, Tinca tinca", gives the first name with the others and the id as synonyms.
std::vector<ListedClass> read_class_list(const Path& file);

// The pieces between separators, trimmed, without the empty ones.
std::vector<std::string> split_trimmed(std::string_view text, std::string_view separator);
std::string lower_case(std::string_view text);  // ASCII only

}  // namespace weft
