// SPDX-License-Identifier: Apache-2.0
#include "trainer/trainer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "trainer/gather.h"
#include "trainer/texts.h"

namespace weft {
namespace {

class CommTimer {
 public:
  explicit CommTimer(StepReport& report) : report_(report) {}
  ~CommTimer() {
    report_.communication_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  StepReport& report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

// World features are leaves: the loss's gradients on them seed the backward of what this rank encoded itself.
struct Trainer::Exchanged {
  Tensor image_BD, text_TD, scale;
  // With one micro-batch: this rank's features with their graph.  With several they are encoded again in go_back().
  Tensor my_images, my_texts;
};

Learner::Learner(std::unique_ptr<Model> m, Precision precision, const OptimizerSettings& settings)
    : model(std::move(m)),
      flat(model->parameters(), precision, settings.weight_decay, settings.no_decay),
      optimizer(flat, settings) {}

Trainer::Trainer(Learner& learner, std::vector<std::unique_ptr<Loss>> losses, OptimizerSettings optimizer,
                 ScheduleSettings schedule, StepSettings step, Comm& comm)
    : learner_(learner),
      losses_(std::move(losses)),
      optimizer_(std::move(optimizer)),
      schedule_(std::move(schedule)),
      step_(step),
      comm_(comm) {
  for (const auto& loss : losses_)
    check(loss->couples() == Couples::batch,
          "this trainer takes losses that couple the batch; found one that does not");
}

StepReport Trainer::take(Batch& batch, int64_t updates, bool stop) {
  StepReport report;
  report.lr = learning_rate(schedule_, optimizer_.lr, batch.step, step_.steps);
  agree_before(batch, stop, report);
  learner_.flat.zero_gradients();
  Exchanged features = exchange(batch, report);
  report.loss = judge(batch, features, report);
  go_back(batch, features);
  {
    const CommTimer timer(report);
    Tensor& gradient = learner_.flat.gradient();
    comm_.all_reduce(std::span<float>(gradient.data_ptr<float>(), static_cast<size_t>(gradient.numel())));
  }
  update(updates, report);
  return report;
}

// The control exchange before the step: who wants to stop, and which images nobody can judge.
void Trainer::agree_before(Batch& batch, bool stop, StepReport& report) {
  const CommTimer timer(report);
  std::vector<float> flags(1 + batch.samples.size(), 0.f);
  flags[0] = stop;
  for (const auto& [image, reason] : batch.damaged) {
    flags[1 + static_cast<size_t>(image)] = 1;
    log_warning("step ", batch.step, ": left out an image: ", reason);
  }
  comm_.all_reduce(flags, Comm::Op::max);
  report.stop_agreed = flags[0] > 0;
  for (size_t image = 0; image < batch.samples.size(); ++image) {
    if (flags[1 + image] == 0) continue;
    batch.cells.forget_image(static_cast<int32_t>(image));
    ++report.damaged;
  }
}

Tensor Trainer::pixels_of(const Batch& batch, Range images) const {
  const int64_t side = batch.image_size, bytes = 3 * side * side;
  auto* first = const_cast<uint8_t*>(batch.pixels.data()) + (images.begin - batch.images.begin) * bytes;
  return at::from_blob(first, {images.size(), 3, side, side}, at::kByte);
}

// Images are cut into pieces of at most micro_batch, and texts into as many.
std::vector<std::pair<Range, Range>> Trainer::micro_batches(const Batch& batch) const {
  // The number of pieces follows from the rank with the most images, so that every rank takes the same path.
  const int64_t most = (static_cast<int64_t>(batch.samples.size()) + comm_.size() - 1) / comm_.size();
  const int64_t size = step_.micro_batch > 0 ? step_.micro_batch : most;
  const int pieces = static_cast<int>((most + size - 1) / size);
  const auto piece = [&](Range whole, int i) {
    const Range part = share_of(whole.size(), i, pieces);
    return Range{whole.begin + part.begin, whole.begin + part.end};
  };
  std::vector<std::pair<Range, Range>> list;
  for (int i = 0; i < pieces; ++i) list.emplace_back(piece(batch.images, i), piece(batch.texts, i));
  return list;
}

Trainer::Exchanged Trainer::exchange(const Batch& batch, StepReport& report) {
  const Model& model = *learner_.model;
  const auto pieces = micro_batches(batch);
  const bool keeps_graph = pieces.size() == 1;
  Exchanged features;
  {
    at::AutoGradMode mode(keeps_graph);
    std::vector<Tensor> images, texts;
    for (const auto& [image_range, text_range] : pieces) {
      if (image_range.size() > 0) images.push_back(model.encode(pixels_of(batch, image_range)));
      if (text_range.size() > 0) texts.push_back(embed_trimmed(model, batch.tokens, text_range));
    }
    features.my_images = at::cat(images, 0);
    const int64_t width = features.my_images.size(1);
    features.my_texts = texts.empty() ? at::zeros({0, width}, at::kFloat) : at::cat(texts, 0);
  }
  {
    const CommTimer timer(report);
    features.image_BD = gather_rows(features.my_images, static_cast<int64_t>(batch.samples.size()), comm_);
    features.text_TD = gather_rows(features.my_texts, static_cast<int64_t>(batch.tokens.size()), comm_);
    features.image_BD.requires_grad_(true);
    features.text_TD.requires_grad_(true);
  }
  const Tensor log_scale = learner_.flat.view_of(learner_.flat.master(), model.logit_scale());
  features.scale = log_scale.detach().clone().requires_grad_(true);
  return features;
}

// The loss of the whole step, computed alike on every rank; leaves gradients on the world's features.
double Trainer::judge(const Batch& batch, Exchanged& f, StepReport& report) {
  const PairFeatures features{f.image_BD, f.text_TD, f.scale.exp()};
  Tensor total =
      (f.image_BD.sum() + f.text_TD.sum() + f.scale) * 0;  // a step with nothing to judge still has gradients
  for (const auto& loss : losses_) {
    const Counts counts = loss->count(batch.cells);
    const Terms terms = loss->sum(features, batch.cells);
    for (size_t i = 0; i < terms.size(); ++i) {
      const double count = counts[i].second;
      report.counts.push_back(counts[i]);
      if (count > 0) total = total + terms[i].second / count;
      report.terms.emplace_back(terms[i].first, count > 0 ? terms[i].second.item<double>() / count : 0);
    }
  }
  torch::autograd::backward({total}, {});
  return total.item<double>();
}

void Trainer::go_back(const Batch& batch, const Exchanged& f) {
  const Model& model = *learner_.model;
  const auto pieces = micro_batches(batch);
  const auto seed = [](const Tensor& world, Range range) { return world.grad().narrow(0, range.begin, range.size()); };
  for (const auto& [image_range, text_range] : pieces) {
    std::vector<Tensor> roots, seeds;
    if (image_range.size() > 0) {
      roots.push_back(pieces.size() == 1 ? f.my_images : model.encode(pixels_of(batch, image_range)));
      seeds.push_back(seed(f.image_BD, image_range));
    }
    if (text_range.size() > 0) {
      roots.push_back(pieces.size() == 1 ? f.my_texts : embed_trimmed(model, batch.tokens, text_range));
      seeds.push_back(seed(f.text_TD, text_range));
    }
    if (!roots.empty()) torch::autograd::backward(roots, seeds);
  }
  // Every rank holds the whole gradient of the scale; one of them gives it to the sum.
  if (comm_.is_first()) {
    at::NoGradGuard no_grad;
    learner_.flat.view_of(learner_.flat.gradient(), model.logit_scale()).add_(f.scale.grad());
  }
}

void Trainer::update(int64_t updates, StepReport& report) {
  at::NoGradGuard no_grad;
  report.gradient_norm = norm_of(learner_.flat.gradient());
  report.skipped = !std::isfinite(report.gradient_norm) || !std::isfinite(report.loss);
  Tensor log_scale = learner_.flat.view_of(learner_.flat.master(), learner_.model->logit_scale());
  if (!report.skipped) {
    learner_.optimizer.step(report.lr, report.gradient_norm, updates);
    log_scale.clamp_(0, std::log(step_.most_logit_scale));
    learner_.flat.refresh_leaves();
  }
  report.logit_scale = std::exp(log_scale.item<double>());
}

}  // namespace weft
