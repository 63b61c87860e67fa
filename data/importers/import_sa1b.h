// SPDX-License-Identifier: Apache-2.0
// SA-1B: pictures with a JSON of class-agnostic masks beside each.  Layer "masks", concept "*"; what a mask is (a
// thing, a part, stuff) was never said.  No person drew them, so each has the confidence
//   predicted_iou x stability_score, each clamped to [0, 1]:
// the model's own two estimates of how good the mask is.  Boxes are those of the masks, and point_coords and crop_box
// are how the model was asked; none of them is kept.
#pragma once

#include "data/importers/importers.h"

namespace weft {

struct Sa1bImporter final : Importer {
  double least_confidence = 0;
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

}  // namespace weft
