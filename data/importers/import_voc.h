// SPDX-License-Identifier: Apache-2.0
// Pascal VOC and what looks like it: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct VocImporter final : Importer {
  int64_t origin = 1;
  bool inclusive = true;
  bool exhaustive = true;
  bool class_lists = true;
  std::string sets;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
