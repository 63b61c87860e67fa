// SPDX-License-Identifier: Apache-2.0
// LVIS: COCO's format with a long list of categories, of which each picture was searched for a few.  Layer "lvis":
// those of neg_category_ids are NEG, those with annotations are exhaustive unless not_exhaustive_category_ids has them,
// and of all others nothing is known.  Source: Gupta et al., arXiv 1908.03195.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct LvisImporter final : Importer {
  std::vector<std::string> images;
  LvisImporter();
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
