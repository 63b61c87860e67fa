// SPDX-License-Identifier: Apache-2.0
// How wrong, summed over what is known.  A loss names its terms, each with a sum and a count, and never averages: the
// trainer divides each term once by its count over the world, before backward, and gradients are summed over ranks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "configs/fields.h"
#include "data/batch.h"

namespace weft {

// item: a sum over cells of one sample, judged on the rank that has it, its counts summed over ranks.
// batch: the features of the whole step are exchanged first and judged once; its counts are the world's already.
enum class Couples { item, batch };

// The embeddings of a step, in the order of its tables, f32 and of unit length; `scale` is the factor on cosines.
struct PairFeatures {
  Tensor image_BD, text_TD, scale;
};

using Counts = std::vector<std::pair<std::string, double>>;  // by term
using Terms = std::vector<std::pair<std::string, Tensor>>;   // by term, in the order of Counts; 0-d f32 sums

class Loss {
 public:
  virtual ~Loss() = default;
  virtual Couples couples() const = 0;
  virtual Counts count(const PairCells& cells) const = 0;
  // A term with nothing to judge is exactly zero and still hangs on the features, so that no rank lacks a backward.
  virtual Terms sum(const PairFeatures& features, const PairCells& cells) const = 0;
};

struct LossSettings : Settings {
  virtual std::unique_ptr<Loss> build() const = 0;
};
using LossKind = KindOf<LossSettings>;

// The table of losses, in losses.cc.
extern const std::vector<LossKind> kLosses;

// Dense [images, texts] f32 forms of the cells: q is 0 where nobody said anything, w as asked for there.
struct DenseCells {
  Tensor q_BT, w_BT;
};
DenseCells dense(const PairCells& cells, float unsaid_weight);

}  // namespace weft
