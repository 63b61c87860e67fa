// SPDX-License-Identifier: Apache-2.0
// Findings of chest X-rays in a table: CheXpert's four states (positive, negative, uncertain, not mentioned), or the
// lists of NIH ChestX-ray14.  Paths and patients are kept as hashes only.
#pragma once

#include <string>
#include <vector>

#include "data/importers/importers.h"

namespace weft {

struct ChexpertImporter final : Importer {
  std::string images;
  std::string salt;
  bool no_finding_negates = false;
  std::vector<std::string> uncertain_pos, uncertain_neg;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
