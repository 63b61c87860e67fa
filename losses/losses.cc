// SPDX-License-Identifier: Apache-2.0
// The table of losses.  To add one: its own .cc and a line here (docs/ADD_A_LOSS.md).
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "losses/infonce.h"
#include "losses/loss.h"

namespace weft {

const std::vector<LossKind> kLosses = {
    {"infonce", "every image picks its texts among the step's, and every text its images (CLIP, several positives)",
     []() -> std::unique_ptr<LossSettings> { return std::make_unique<InfoNceSettings>(); }},
};

DenseCells dense(const PairCells& cells, float unsaid_weight) {
  DenseCells result{at::zeros({cells.images, cells.texts}, at::kFloat),
                    at::full({cells.images, cells.texts}, unsaid_weight, at::kFloat)};
  float* q = result.q_BT.data_ptr<float>();
  float* w = result.w_BT.data_ptr<float>();
  for (int64_t image = 0; image < cells.images; ++image)
    for (int64_t i = cells.begin[image]; i < cells.begin[image + 1]; ++i) {
      q[image * cells.texts + cells.text[i]] = cells.q[i];
      w[image * cells.texts + cells.text[i]] = cells.w[i];
    }
  return result;
}

}  // namespace weft
