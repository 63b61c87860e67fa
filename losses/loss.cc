// SPDX-License-Identifier: Apache-2.0
#include "losses/loss.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

namespace weft {

double Judgement::value() const {
  double value = 0;
  for (const Term& term : terms)
    if (term.count > 0) value += term.sum / term.count;
  return value;
}

Judgement Judgement::zeros(const PairFeatures& f, const PairBlocks& blocks) {
  const auto rows = [&](const Tensor& all) {
    return at::zeros({blocks.mine(all.size(0)).size(), all.size(1)}, all.options());
  };
  const std::vector<double> none(static_cast<size_t>(blocks.count));
  return {{}, rows(f.image_BD), rows(f.text_TD), none, none};
}

void Judgement::add(const Judgement& other) {
  terms.insert(terms.end(), other.terms.begin(), other.terms.end());
  image_gradient.add_(other.image_gradient);
  text_gradient.add_(other.text_gradient);
  for (size_t i = 0; i < log_scale_gradient.size(); ++i) {
    log_scale_gradient[i] += other.log_scale_gradient[i];
    bias_gradient[i] += other.bias_gradient[i];
  }
}

Judgement judge_by_autograd(const PairFeatures& f, const PairBlocks& blocks, const Formula& formula) {
  const at::AutoGradMode with_graph(true);
  const auto leaf = [](const Tensor& value) { return value.detach().clone().requires_grad_(true); };
  const auto number = [&](double value) { return leaf(at::full({}, value, f.image_BD.options())); };
  const Tensor log_scale = number(f.log_scale);
  const PairLeaves leaves{leaf(f.image_BD), leaf(f.text_TD), log_scale.exp(), number(f.bias)};
  Judgement judgement = Judgement::zeros(f, blocks);
  // A step with nothing to judge still has gradients.
  Tensor total = (leaves.image_BD.sum() + leaves.text_TD.sum() + leaves.scale + leaves.bias) * 0;
  for (const TermSum& term : formula(leaves)) {
    judgement.terms.push_back({term.name, term.sum.item<double>(), term.count});
    if (term.count > 0) total = total + term.sum / term.count;
  }
  torch::autograd::backward({total}, {});
  const auto share = [&](const Tensor& all) {
    const Range mine = blocks.mine(all.size(0));
    return all.grad().narrow(0, mine.begin, mine.size());
  };
  judgement.image_gradient = share(leaves.image_BD);
  judgement.text_gradient = share(leaves.text_TD);
  if (blocks.first == 0) {  // every rank has the whole of these; one block gives it
    judgement.log_scale_gradient[0] = log_scale.grad().item<double>();
    judgement.bias_gradient[0] = leaves.bias.grad().item<double>();
  }
  return judgement;
}

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
