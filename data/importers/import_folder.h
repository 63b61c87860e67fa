// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/importers.h"

namespace weft {

// One sub-folder per class.
struct FolderImporter final : Importer {
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
