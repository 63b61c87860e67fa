// SPDX-License-Identifier: Apache-2.0
// Soft, masked InfoNCE with several positives per row and column (CLIP: arXiv 2103.00020; several positives: UniCL,
// arXiv 2204.03610), streamed by losses/pair_engine.cc, which has the formula.
//   images = weight/2 * sum over images with a positive of  log-sum-exp over texts - mean logit of its positives
//   texts  = weight/2 * the same of texts                                          counts: those images, those texts
// The mean is weighted by q w.  What nobody said counts as a negative, unless unsaid = "unknown": that is the
// assumption of every contrastive loss over a batch.  An asserted UNKNOWN leaves the sums; a NEG is an ordinary
// negative.
#include "losses/infonce.h"

#include <algorithm>

#include "losses/pair_engine.h"

namespace weft {
namespace {

class InfoNce final : public PairLoss {
 public:
  explicit InfoNce(const InfoNceSettings& settings) : settings_(settings) {}

  Judgement judge(const PairFeatures& features, const PairCells& cells, const PairBlocks& blocks,
                  Comm& comm) const override {
    const PairTargets targets = settings_.targets.of(cells);
    Judgement judgement = judge_softmax(features, targets, weights_of(targets), 0.5 * settings_.weight, blocks, comm);
    judgement.terms[0].name = "infonce.images";
    judgement.terms[1].name = "infonce.texts";
    return judgement;
  }

 private:
  TermWeights weights_of(const PairTargets& t) const {
    const Masses masses = masses_of(t);
    TermWeights weights{masses.image, masses.text};
    const bool is_full = settings_.trust == "full";
    for (double& image : weights.image) image = is_full ? image > 0 : std::min(1., image);
    for (size_t j = 0; j < weights.text.size(); ++j)
      if (is_full)
        weights.text[j] = weights.text[j] > 0 ? double{t.copies[j]} : 0;
      else
        weights.text[j] = std::min(double{t.copies[j]}, weights.text[j]);
    return weights;
  }

  InfoNceSettings settings_;
};

}  // namespace

void InfoNceSettings::fields(Fields& visit) {
  visit("weight", weight, positive, "multiplies this loss in the total");
  targets.fields(visit);
  visit("trust", trust, one_of({"full", "confidence"}),
        "how much an image or text with a positive counts: 1, or, for noisy pairs, the sum of its positives' q w, at "
        "most 1");
}

std::unique_ptr<Loss> InfoNceSettings::build() const {
  targets.verify();
  return std::make_unique<InfoNce>(*this);
}

}  // namespace weft
