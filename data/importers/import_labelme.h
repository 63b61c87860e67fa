// SPDX-License-Identifier: Apache-2.0
// LabelMe, the web tool's XML and the desktop tool's JSON: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct LabelmeImporter final : Importer {
  double pen_width = 1;
  bool exhaustive = false;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
