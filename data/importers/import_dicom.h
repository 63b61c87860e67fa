// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/importers.h"

namespace weft {

// DICOM files below a folder, series by series.
struct DicomImporter final : Importer {
  std::string salt, group_by = "patient", burned_in = "skip";
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
