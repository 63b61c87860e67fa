// SPDX-License-Identifier: Apache-2.0
// Which column of a table says what: named by a setting, or called as its role usually is.
#pragma once

#include <string>
#include <vector>

#include "data/formats/csv.h"
#include "data/importers/import_csv.h"

namespace weft {

constexpr int kNoColumn = -1;

struct CsvRoles {
  int image = kNoColumn, caption = kNoColumn, tags = kNoColumn, label = kNoColumn, group = kNoColumn, split = kNoColumn,
      rle = kNoColumn;
  std::vector<int> box;  // none, one or four columns
  bool is_xywh = false;
  std::vector<int> classes;
};

// `taken_as`: "column = role" of each that is used, and which are left out.  An Error where no column names the
// picture, a named one is not there, or boxes and masks could be read in several ways.
CsvRoles csv_roles(const CsvImporter& settings, const CsvTable& table, std::vector<std::string>& taken_as);

}  // namespace weft
