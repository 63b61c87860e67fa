// SPDX-License-Identifier: Apache-2.0
#include "trainer/pair_objective.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/fault.h"
#include "trainer/gather.h"
#include "trainer/pixels.h"
#include "trainer/texts.h"
#include "trainer/timer.h"

namespace weft {

PairObjective::PairObjective(Learner& learner, std::vector<std::unique_ptr<Loss>> losses,
                             PairObjectiveSettings settings, Comm& comm)
    : learner_(learner), settings_(settings), comm_(comm) {
  for (auto& loss : losses) {
    check(loss->couples() == Couples::batch, "a model of images and texts takes losses of pairs; found one of masks");
    losses_.push_back(loss_as<PairLoss>(std::move(loss)));
  }
}

void PairObjective::encode(const Batch& batch, Encoded& encoded) const {
  const Model& model = *learner_.model;
  const auto [virtual_rank, images, texts] = encoded.piece;
  const auto draws = [&](Range rows) { return Draws{true, settings_.seed, batch.step, rows.begin, {}}; };
  // What is encoded a second time is for the way back, which a frozen tower does not have.
  if (images.size() > 0 && (image_tower_trains_ || !encoded.images.defined())) {
    const Tensor pixels = pixels_of(batch, images).to(model.device());
    encoded.images = model.encode(pixels, draws(images));
  }
  if (texts.size() > 0 && (text_tower_trains_ || !encoded.texts.defined()))
    encoded.texts = embed_trimmed(model, batch.tokens, texts, draws(texts));
}

void PairObjective::forward(const Batch& batch, const std::vector<Piece>& pieces, bool keeps_graph) {
  encoded_.clear();
  at::AutoGradMode mode(keeps_graph);
  for (const Piece& piece : pieces) encode(batch, encoded_.emplace_back(Encoded{piece, {}, {}}));
}

PairBlocks PairObjective::blocks() const {
  const FlatLayout& layout = learner_.flat.layout();
  const int each = layout.virtual_ranks / layout.ranks;
  return {layout.virtual_ranks, comm_.rank() * each, each};
}

PairFeatures PairObjective::gather(const Batch& batch, StepReport& report) const {
  std::vector<Tensor> images, texts;
  for (const Encoded& e : encoded_) {
    if (e.piece.images.size() > 0) images.push_back(e.images.detach());
    if (e.piece.texts.size() > 0) texts.push_back(e.texts.detach());
  }
  Tensor my_images = at::cat(images, 0);
  Tensor my_texts = texts.empty() ? at::zeros({0, my_images.size(1)}, my_images.options()) : at::cat(texts, 0);
  const at::Device device = my_images.device();
  if (comm_.size() > 1) my_images = my_images.cpu(), my_texts = my_texts.cpu();  // of a GPU, this waits for the forward
  PairFeatures features;
  {
    const Timer timer(report.control_seconds);
    features.image_BD = gather_rows(my_images, static_cast<int64_t>(batch.picks.size()), comm_);
    features.text_TD = gather_rows(my_texts, static_cast<int64_t>(batch.tokens.size()), comm_);
  }
  features.image_BD = features.image_BD.to(device);
  features.text_TD = features.text_TD.to(device);
  if (fault::due("nan", batch.step)) features.image_BD.fill_(std::numeric_limits<float>::quiet_NaN());
  features.log_scale = learner_.model->logit_scale().use().item<double>();
  if (const Parameter* bias = learner_.model->logit_bias()) features.bias = bias->use().item<double>();
  return features;
}

// The loss of the whole step and the gradients of this rank's share of its features.
void PairObjective::judge(const Batch& batch, const std::vector<Piece>&, StepReport& report) {
  const PairFeatures features = gather(batch, report);
  judgement_ = Judgement::zeros(features, blocks());
  for (const auto& loss : losses_) judgement_.add(loss->judge(features, batch.cells, blocks(), comm_));
  for (const Term& term : judgement_.terms) {
    report.counts.emplace_back(term.name, term.count);
    report.terms.emplace_back(term.name, term.count > 0 ? term.sum / term.count : 0);
  }
  report.loss = judgement_.value();
}

void PairObjective::backward(const Batch& batch, size_t piece, const std::function<void()>& arm) {
  arm();
  Encoded e = encoded_[piece];
  const bool kept = (e.images.defined() && e.images.requires_grad()) || (e.texts.defined() && e.texts.requires_grad());
  if (!kept) encode(batch, e);
  if (e.images.defined()) image_tower_trains_ = e.images.requires_grad();
  if (e.texts.defined()) text_tower_trains_ = e.texts.requires_grad();
  std::vector<Tensor> roots, seeds;
  const auto add = [&](const Tensor& mine, const Tensor& gradient, Range range, int64_t world) {
    if (range.size() == 0 || !mine.requires_grad()) return;  // a frozen tower has no way back
    roots.push_back(mine);
    seeds.push_back(gradient.narrow(0, range.begin - blocks().mine(world).begin, range.size()));
  };
  add(e.images, judgement_.image_gradient, e.piece.images, static_cast<int64_t>(batch.picks.size()));
  add(e.texts, judgement_.text_gradient, e.piece.texts, static_cast<int64_t>(batch.tokens.size()));
  if (!roots.empty()) torch::autograd::backward(roots, seeds);
}

std::vector<Objective::Given> PairObjective::given() const {
  std::vector<Given> given{{&learner_.model->logit_scale(), judgement_.log_scale_gradient}};
  if (const Parameter* bias = learner_.model->logit_bias()) given.push_back({bias, judgement_.bias_gradient});
  return given;
}

std::vector<Objective::Limit> PairObjective::limits() const {
  return {{&learner_.model->logit_scale(), 0, std::log(settings_.most_logit_scale)}};
}

}  // namespace weft
