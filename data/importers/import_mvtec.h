// SPDX-License-Identifier: Apache-2.0
// The MVTec anomaly layout: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct MvtecImporter final : Importer {
  std::string good = "good";
  std::string anomaly = "anomaly";
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
