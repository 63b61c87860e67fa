// SPDX-License-Identifier: Apache-2.0
// Open Images, versions 4 to 6: labels that people verified (present or absent), labels of a machine, boxes and masks.
#pragma once

#include <string>

#include "data/importers/importers.h"

namespace weft {

struct OpenimagesImporter final : Importer {
  std::string images = "images";
  std::string masks = "masks";
  bool exhaustive = true;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
