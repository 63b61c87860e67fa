// SPDX-License-Identifier: Apache-2.0
// YOLO's text labels in their layouts: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct YoloImporter final : Importer {
  std::string rows = "outlines";
  std::string names;
  bool exhaustive = true;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
