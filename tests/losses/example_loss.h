// SPDX-License-Identifier: Apache-2.0
// The example of docs/ADD_A_LOSS.md, compiled and tested like a real one.
#pragma once

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/mm.h>

#include "losses/loss.h"

namespace weft {

// [example]
// Every (image, text) cell that somebody judged is its own yes-or-no question.
//   L = weight * sum over cells with w > 0 of  w * BCE(sigmoid(scale <image, text> + bias), q)        count: those
//   cells
// Shapes: B images, T texts, D embedding.
struct YesNoSettings final : LossSettings {
  double weight = 1;
  void fields(Fields& visit) override { visit("weight", weight, positive, "multiplies this loss in the total"); }
  std::unique_ptr<Loss> build() const override;
};

class YesNo final : public PairLoss {
 public:
  explicit YesNo(double weight) : weight_(weight) {}

  Judgement judge(const PairFeatures& features, const PairCells& cells, const PairBlocks& blocks,
                  Comm&) const override {
    const DenseCells target = known(cells);
    return judge_by_autograd(features, blocks, [&](const PairLeaves& f) -> std::vector<TermSum> {
      const Tensor logit_BT = f.scale * at::mm(f.image_BD, f.text_TD.t()) + f.bias;
      const Tensor cost_BT = at::binary_cross_entropy_with_logits(logit_BT, target.q_BT, {}, {}, at::Reduction::None);
      const double count = target.w_BT.gt(0).sum().item<double>();
      return {{"yes_no.cells", weight_ * (cost_BT * target.w_BT).sum(), count}};
    });
  }

 private:
  // What nobody said, and what concerns an image that could not be read, has weight 0.
  static DenseCells known(const PairCells& cells) {
    DenseCells target = dense(cells, /*unsaid_weight=*/0);
    for (const int32_t image : cells.unreadable) target.w_BT.select(0, image).zero_();
    return target;
  }
  double weight_;
};

inline std::unique_ptr<Loss> YesNoSettings::build() const {
  return std::make_unique<YesNo>(weight);
}
// [/example]

}  // namespace weft
