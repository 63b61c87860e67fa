// SPDX-License-Identifier: Apache-2.0
// A table with a row per picture, or several, and what its columns say: captions, tags, a class, classes as columns of
// 0 and 1, boxes, masks, groups and splits.
#pragma once

#include <string>
#include <vector>

#include "data/importers/importers.h"

namespace weft {

struct CsvImporter final : Importer {
  std::string separator = "auto";
  std::vector<std::string> columns;
  std::string images;
  std::string image, caption, tags, label, group, split;
  std::string tag_separator = ",";
  std::vector<std::string> class_columns;
  std::string zero = "neg";
  std::vector<std::string> box;
  std::string box_format = "auto";
  std::string box_unit = "pixels";
  std::string rle, rle_format;
  std::string class_list;
  bool exhaustive = false;
  bool unlisted = false;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
