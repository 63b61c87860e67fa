// SPDX-License-Identifier: Apache-2.0
// How wrong, summed over what is known.  A loss names its terms, each with a sum and a count over the world, and never
// averages over ranks: each term is divided once by its count, and gradients are summed over ranks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/comm.h"
#include "base/error.h"
#include "base/tensor.h"
#include "configs/fields.h"
#include "data/batch.h"

namespace weft {

// item (MaskLoss): a sum over cells of one sample, judged on the rank that has it.
// batch (PairLoss): the features of the whole step are exchanged first and judged together.
enum class Couples { item, batch };

// The embeddings of a step, in the order of its tables, f32, of unit length, without a graph.  A cell's logit is
// exp(log_scale) <image, text> + bias.
struct PairFeatures {
  Tensor image_BD, text_TD;
  double log_scale = 0, bias = 0;
};

// Images and texts belong to `world` virtual ranks in equal shares; this rank stands for [first, first + count).
struct PairBlocks {
  int world = 1, first = 0, count = 1;
  Range share(int64_t items, int block) const { return share_of(items, block, world); }
  Range mine(int64_t items) const { return {share(items, first).begin, share(items, first + count - 1).end}; }
};

struct Term {
  std::string name;
  double sum = 0, count = 0;  // of the world, the same on every rank
};

// What a loss says of a step, and the gradients of the sum over its terms of sum / count.
struct Judgement {
  std::vector<Term> terms;
  Tensor image_gradient, text_gradient;                   // f32, of this rank's images and texts
  std::vector<double> log_scale_gradient, bias_gradient;  // of each block of this rank: its part of the world's sum
  double value() const;                                   // the sum over the terms of sum / count
  static Judgement zeros(const PairFeatures& features, const PairBlocks& blocks);
  void add(const Judgement& other);
};

// What a recipe's [loss.<kind>] builds: a PairLoss, or a MaskLoss (losses/mask_loss.h).
class Loss {
 public:
  virtual ~Loss() = default;
  virtual Couples couples() const = 0;
};

class PairLoss : public Loss {
 public:
  Couples couples() const final { return Couples::batch; }
  // All ranks call it together.  A term with nothing to judge is zero, and so are its gradients.
  virtual Judgement judge(const PairFeatures& features, const PairCells& cells, const PairBlocks& blocks,
                          Comm& comm) const = 0;
};

// `loss` as the kind that its caller knows it to be.
template <class Kind>
std::unique_ptr<Kind> loss_as(std::unique_ptr<Loss> loss) {
  WEFT_ASSERT(dynamic_cast<Kind*>(loss.get()) != nullptr);
  return std::unique_ptr<Kind>(static_cast<Kind*>(loss.release()));
}

struct LossSettings : Settings {
  virtual std::unique_ptr<Loss> build() const = 0;
};
using LossKind = KindOf<LossSettings>;

// The table of losses, in losses.cc.
extern const std::vector<LossKind> kLosses;

// For losses written as a formula over the dense matrix of cells: every rank evaluates it whole and keeps its share of
// the gradients.  `scale` is exp(log_scale).
struct PairLeaves {
  Tensor image_BD, text_TD, scale, bias;
};
struct TermSum {
  std::string name;
  Tensor sum;  // 0-d
  double count;
};
using Formula = std::function<std::vector<TermSum>(const PairLeaves&)>;
Judgement judge_by_autograd(const PairFeatures& features, const PairBlocks& blocks, const Formula& formula);

// Dense [images, texts] f32 forms of the cells: q is 0 where nobody said anything, w as asked for there.
struct DenseCells {
  Tensor q_BT, w_BT;
};
DenseCells dense(const PairCells& cells, float unsaid_weight);

}  // namespace weft
