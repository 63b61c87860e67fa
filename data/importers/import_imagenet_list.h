// SPDX-License-Identifier: Apache-2.0
// ImageNet's lists: lines of a picture's file and the number of its class, and the classes line by line.
#pragma once

#include <string>

#include "data/importers/importers.h"

namespace weft {

struct ImagenetListImporter final : Importer {
  std::string images = "images";
  std::string synsets = "synsets.txt";
  int64_t first_number = 0;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
