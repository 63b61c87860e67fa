// SPDX-License-Identifier: Apache-2.0
// Soft, masked InfoNCE with several positives per row and column (CLIP: arXiv 2103.00020; several positives: UniCL,
// arXiv 2204.03610).  S_ij = scale <image_i, text_j>; r_i, c_j = log-sum-exp over row i, column j where w_ij > 0.
//   images = weight/2 * sum over rows with R_i = sum_j q_ij > 0 of      r_i - sum_j (q_ij / R_i) S_ij      count: those
//   rows texts  = weight/2 * sum over columns with C_j = sum_i q_ij > 0 of   c_j - sum_i (q_ij / C_j) S_ij      count:
//   those columns
// What nobody said counts as a negative: that is the assumption of every contrastive loss over a batch.  An asserted
// UNKNOWN has w = 0 and leaves the sums; a NEG is an ordinary negative.  Shapes: B images, C columns, D embedding.
#include "losses/infonce.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "base/error.h"

namespace weft {
namespace {

enum class Positives { identity, equal_text, evidence };

// q and w of every (image, column).  A column is a distinct text, or with `identity` a drawn pair.
struct Targets {
  Tensor q_BC, w_BC;
};

Targets drawn_targets(const PairCells& cells, bool column_per_pair) {
  const int64_t columns = column_per_pair ? static_cast<int64_t>(cells.drawn.size()) : cells.texts;
  Tensor q_BC = at::zeros({cells.images, columns}, at::kFloat);
  float* q = q_BC.data_ptr<float>();
  for (size_t pair = 0; pair < cells.drawn.size(); ++pair) {
    const auto [image, text] = cells.drawn[pair];
    q[image * columns + (column_per_pair ? static_cast<int64_t>(pair) : text)] = 1;
  }
  return {q_BC, at::ones({cells.images, columns}, at::kFloat)};
}

Targets targets_of(const PairCells& cells, Positives positives) {
  Targets targets;
  if (positives == Positives::evidence) {
    const DenseCells all = dense(cells, /*unsaid_weight=*/1);
    targets = {all.q_BT * all.w_BT.gt(0), all.w_BT};
  } else {
    // equal_text: a text drawn for two images is one column with two positives; identity: two columns with one each.
    targets = drawn_targets(cells, positives == Positives::identity);
  }
  for (const int32_t image : cells.unreadable) {
    targets.q_BC.select(0, image).zero_();
    targets.w_BC.select(0, image).zero_();
  }
  return targets;
}

class InfoNce final : public Loss {
 public:
  InfoNce(double weight, Positives positives) : weight_(weight), positives_(positives) {}

  Couples couples() const override { return Couples::batch; }

  Counts count(const PairCells& cells) const override {
    const Tensor q_BC = targets_of(cells, positives_).q_BC;
    return {{"infonce.images", q_BC.sum(1).gt(0).sum().item<double>()},
            {"infonce.texts", q_BC.sum(0).gt(0).sum().item<double>()}};
  }

  Terms sum(const PairFeatures& f, const PairCells& cells) const override {
    check(f.image_BD.size(1) == f.text_TD.size(1), "infonce: image embeddings have ", f.image_BD.size(1),
          " numbers but text embeddings have ", f.text_TD.size(1), "; do both towers end in the same `embed` size?");
    const Targets found = targets_of(cells, positives_);
    const Targets t = {found.q_BC.to(f.image_BD.device()), found.w_BC.to(f.image_BD.device())};
    const Tensor logit_BC = f.scale * at::mm(f.image_BD, columns(f.text_TD, cells).t());
    const Tensor open_BC = logit_BC.masked_fill(t.w_BC.le(0), -std::numeric_limits<double>::infinity());
    return {{"infonce.images", 0.5 * weight_ * cross_entropy(logit_BC, open_BC, t.q_BC, 1)},
            {"infonce.texts", 0.5 * weight_ * cross_entropy(logit_BC, open_BC, t.q_BC, 0)}};
  }

 private:
  Tensor columns(const Tensor& text_TD, const PairCells& cells) const {
    if (positives_ != Positives::identity) return text_TD;
    std::vector<int64_t> text_of_pair;
    for (const auto& [image, text] : cells.drawn) text_of_pair.push_back(text);
    return at::index_select(text_TD, 0, at::tensor(text_of_pair, at::kLong).to(text_TD.device()));
  }

  // Sum along the other dimension of  log-sum-exp - mean of the positives' logits,  where there is a positive.
  static Tensor cross_entropy(const Tensor& logit_BC, const Tensor& open_BC, const Tensor& q_BC, int64_t dim) {
    const Tensor mass = q_BC.sum(dim);
    const Tensor judged = at::where(mass.gt(0)).front();  // positions with a positive
    const Tensor lse = at::logsumexp(open_BC, {dim}).index_select(0, judged);
    const Tensor positive = ((q_BC / mass.clamp_min(1e-30).unsqueeze(dim)) * logit_BC).sum(dim).index_select(0, judged);
    return (lse - positive).sum();
  }

  double weight_;
  Positives positives_;
};

}  // namespace

void InfoNceSettings::fields(Fields& visit) {
  visit("weight", weight, positive, "multiplies this loss in the total");
  visit("positives", positives, one_of({"identity", "equal_text", "evidence"}),
        "which texts are positives of an image: its own drawn one alone; that and equal ones; every text known to be "
        "true");
}

std::unique_ptr<Loss> InfoNceSettings::build() const {
  const Positives kind = positives == "identity"     ? Positives::identity
                         : positives == "equal_text" ? Positives::equal_text
                                                     : Positives::evidence;
  return std::make_unique<InfoNce>(weight, kind);
}

}  // namespace weft
