// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/volumes.h"

namespace weft {

// NIfTI volumes of a folder, with label volumes of the same names beside it.
struct NiftiImporter final : Importer {
  SliceSettings slices;
  std::string labels;
  std::vector<std::string> classes;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
