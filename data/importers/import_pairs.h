// SPDX-License-Identifier: Apache-2.0
// Pairs of a defect-free template and a tested picture: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct PairsImporter final : Importer {
  std::string template_suffix = "_temp", tested_suffix = "_test";
  std::vector<std::string> kinds = {"open", "short", "mousebite", "spur", "copper", "pin-hole"};
  std::string relation = "defect-free template";
  bool exhaustive = true;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
