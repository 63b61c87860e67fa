// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/volumes.h"

namespace weft {

// A raw dataset of nnU-Net version 2.
struct NnunetImporter final : Importer {
  SliceSettings slices;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
