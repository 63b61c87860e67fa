// SPDX-License-Identifier: Apache-2.0
// CVAT's XML 1.1: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct CvatImporter final : Importer {
  double pen_width = 1;
  bool exhaustive = false;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
