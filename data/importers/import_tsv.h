// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/importers/importers.h"

namespace weft {

// Lines of image<TAB>caption or image<TAB>caption<TAB>group; images are found from the file's own folder.
struct TsvImporter final : Importer {
  std::string header = "auto";
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
