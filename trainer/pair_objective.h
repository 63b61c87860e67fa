// SPDX-License-Identifier: Apache-2.0
// Images against texts: the features of the whole step are gathered on every rank and judged at once, so that ranks and
// micro-batches change nothing.  With several pieces all are encoded without a graph first and once more on the way
// back, with the features' gradients as seeds.
#pragma once

#include <memory>
#include <vector>

#include "losses/loss.h"
#include "trainer/learner.h"
#include "trainer/objective.h"

namespace weft {

struct PairObjectiveSettings {
  uint64_t seed = 0;              // of what the model draws
  double most_logit_scale = 100;  // the factor on cosines is kept in [1, this]
};

class PairObjective final : public Objective {
 public:
  PairObjective(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, PairObjectiveSettings settings,
                Comm& comm);

  void forward(const Batch& batch, const std::vector<Piece>& pieces, bool keeps_graph) override;
  void judge(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report) override;
  void backward(const Batch& batch, size_t piece, const std::function<void()>& arm) override;
  std::vector<Given> given() const override;
  std::vector<Limit> limits() const override;

 private:
  // A piece's embeddings, with their graph where it is kept.
  struct Encoded {
    Piece piece;
    Tensor images, texts;
  };
  void encode(const Batch& batch, Encoded& encoded) const;
  PairFeatures gather(const Batch& batch, StepReport& report) const;
  PairBlocks blocks() const;

  Learner& learner_;
  std::vector<std::unique_ptr<PairLoss>> losses_;
  PairObjectiveSettings settings_;
  Comm& comm_;
  std::vector<Encoded> encoded_;
  Judgement judgement_;
  bool image_tower_trains_ = true, text_tower_trains_ = true;  // as far as is known
};

}  // namespace weft
