// SPDX-License-Identifier: Apache-2.0
// Folders of pictures and folders of masks: see the .cc.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct MasksImporter final : Importer {
  std::string values = "auto";
  std::string concept_text = "*";
  bool inverted = false;
  std::string images, masks;
  std::string image_prefix, mask_prefix, mask_suffix;
  std::string names;
  std::string background;
  std::vector<std::string> ignore;
  bool exhaustive = true;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
