// SPDX-License-Identifier: Apache-2.0
// Every cell is its own yes-or-no question (SigLIP, arXiv 2303.15343, with soft labels, verified negatives and
// unknowns), streamed by losses/pair_engine.cc.
//   L = weight * sum over cells of  a w (softplus(S) - q S)      count: images of which somebody said something
// a = negative_weight where a NEG was said, unsaid_weight where nobody said anything, else 1.  No sum is shared between
// cells, so a rare label is not crowded out.  An image of which nobody said anything is not judged.
#include "losses/sigmoid.h"

#include "losses/pair_engine.h"

namespace weft {
namespace {

class Sigmoid final : public PairLoss {
 public:
  explicit Sigmoid(const SigmoidSettings& settings) : settings_(settings) {}

  Judgement judge(const PairFeatures& features, const PairCells& cells, const PairBlocks& blocks,
                  Comm& comm) const override {
    const PairTargets targets = targets_of(cells);
    Term term{"sigmoid.images"};
    for (const uint8_t closed : targets.is_closed) term.count += closed == 0;
    const double factor = term.count > 0 ? settings_.weight / term.count : 0;
    Judgement judgement = judge_sigmoid(features, targets, factor, blocks, comm);
    term.sum = settings_.weight * judgement.terms[0].sum;
    judgement.terms = {term};
    return judgement;
  }

 private:
  PairTargets targets_of(const PairCells& cells) const {
    PairTargets t = settings_.targets.of(cells);
    t.unsaid_weight *= static_cast<float>(settings_.unsaid_weight);
    for (size_t i = 0; i < t.is_closed.size(); ++i) {
      bool is_known = false;
      for (auto k = static_cast<size_t>(t.begin[i]); k < static_cast<size_t>(t.begin[i + 1]); ++k) {
        is_known = is_known || t.w[k] > 0;
        // Of a text that stands for several columns one is the image's own: the others are negatives.
        const float copies = t.copies[static_cast<size_t>(t.text[k])];
        if (t.q[k] == 0) t.w[k] *= static_cast<float>(settings_.negative_weight);
        t.q[k] /= copies;
        t.w[k] *= copies;
      }
      if (!is_known) t.is_closed[i] = 1;
    }
    return t;
  }

  SigmoidSettings settings_;
};

}  // namespace

void SigmoidSettings::fields(Fields& visit) {
  visit("weight", weight, positive, "multiplies this loss in the total");
  targets.fields(visit);
  visit("unsaid_weight", unsaid_weight, unit, "how much a cell counts about which nobody said anything");
  visit("negative_weight", negative_weight, positive, "how much a verified negative counts");
}

std::unique_ptr<Loss> SigmoidSettings::build() const {
  targets.verify();
  return std::make_unique<Sigmoid>(*this);
}

}  // namespace weft
