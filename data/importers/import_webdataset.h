// SPDX-License-Identifier: Apache-2.0
// Shards of webdataset: tar archives whose members of one name before the first dot are one sample.
#pragma once

#include <string>
#include <vector>

#include "data/importers/importers.h"

namespace weft {

struct WebdatasetImporter final : Importer {
  std::vector<std::string> image = {"jpg", "jpeg", "png"};
  std::string class_list;
  std::string json_caption = "caption", json_label = "label", json_tags = "tags", json_group;
  std::string split_from;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

// "shard-{000..012}.tar" and "{a,b}.tar" to all the paths they stand for, in order; one without braces to itself.
std::vector<std::string> expand_braces(const std::string& pattern);

}  // namespace weft
