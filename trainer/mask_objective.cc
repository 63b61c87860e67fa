// SPDX-License-Identifier: Apache-2.0
#include "trainer/mask_objective.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/fault.h"
#include "data/prompts/clicks.h"
#include "losses/mask_sums.h"
#include "trainer/pixels.h"
#include "trainer/prompt_tensors.h"
#include "trainer/timer.h"

namespace weft {
namespace {

constexpr int64_t kObjectsOfImage = 1 << 16;  // streams of an image's objects lie so far apart
constexpr int64_t kPlan = (int64_t{1} << 48) - 1;

MaskView view_of(const ViewObject& object, int side) {
  return {object.inside.data(), object.known.empty() ? nullptr : object.known.data(), side, side};
}

float objectness_of(RegionIs region) {
  if (region == RegionIs::object) return 1;
  return region == RegionIs::stuff || region == RegionIs::fragment ? 0 : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

FirstPrompt Prompter::first(const Asked& asked, const MaskView& truth, Stream& stream) {
  FirstPrompt said = first_prompt(truth, asked.elsewhere, settings_, stream);
  // Where in its box an object lies nobody said; its centre is the surest.
  if (asked.truth.label == ObjectLabel::box && said.kind == PromptKind::point)
    if (const auto centre = centre_click(truth)) said.points = {*centre};
  return said;
}

PromptPoints Prompter::next(const Asked&, const MaskView& target, const uint8_t* prediction, int64_t, Stream& stream) {
  return correction(target, prediction, settings_, stream);
}

MaskObjective::MaskObjective(Learner& learner, std::vector<std::unique_ptr<Loss>> losses,
                             MaskObjectiveSettings settings, Comm& comm, std::unique_ptr<Prompter> prompter)
    : learner_(learner),
      settings_(std::move(settings)),
      comm_(comm),
      prompter_(prompter ? std::move(prompter) : std::make_unique<Prompter>(settings_.prompts)) {
  for (auto& loss : losses) {
    check(loss->couples() == Couples::item, "a model of prompts and masks takes losses of masks; found one of pairs");
    losses_.push_back(loss_as<MaskLoss>(std::move(loss)));
  }
}

size_t MaskObjective::term_count() const {
  size_t count = 0;
  for (const auto& loss : losses_) count += loss->terms().size();
  return count;
}

Tensor MaskObjective::encode(const Batch& batch, const Piece& piece) const {
  if (piece.images.size() == 0) return {};
  const Model& model = *learner_.model;
  return model.encode(pixels_of(batch, piece.images).to(model.device()),
                      Draws{true, settings_.seed, batch.step, piece.images.begin, {}});
}

void MaskObjective::forward(const Batch& batch, const std::vector<Piece>& pieces, bool keeps_graph) {
  work_.clear();
  for (const Piece& piece : pieces) {
    Work& work = work_.emplace_back();
    work.piece = piece;
    if (keeps_graph) work.features = encode(batch, piece);
  }
}

Prompter::Asked MaskObjective::asked(const Batch& batch, const Episode& episode) const {
  return {batch.step, episode.image, episode.object, *episode.truth,
          episode.elsewhere.inside ? &episode.elsewhere : nullptr};
}

// Which objects a piece has, what is said of them first, and what is known of them.
void MaskObjective::ask(const Batch& batch, Work& work) {
  const int side = batch.image_size;
  for (int64_t image = work.piece.images.begin; image < work.piece.images.end; ++image) {
    const ViewObjects& objects = batch.objects[static_cast<size_t>(image - batch.images.begin)];
    for (size_t i = 0; i < objects.asked.size(); ++i) {
      const ViewObject& truth = objects.asked[i];
      Episode& e = work.episodes.emplace_back(
          Episode{.truth = &truth,
                  .target = {},
                  .target_view = view_of(truth, side),
                  .elsewhere = {objects.elsewhere.empty() ? nullptr : objects.elsewhere.data(), nullptr, side, side},
                  .image = image,
                  .object = static_cast<int64_t>(i),
                  .row = image - work.piece.images.begin,
                  .said = {},
                  .stream = Stream(settings_.seed, Purpose::prompts, static_cast<uint64_t>(batch.step),
                                   static_cast<uint64_t>(image * kObjectsOfImage + truth.number))});
      e.said = prompter_->first(asked(batch, e), e.target_view, e.stream);
      if (e.said.points.empty()) {  // nothing of it is known
        work.episodes.pop_back();
        continue;
      }
      if (e.said.target_is_empty) {
        e.target.resize(truth.inside.size());
        e.target_view = {e.target.data(), nullptr, side, side};
      } else if (truth.label == ObjectLabel::box) {
        // What lies outside the box is outside; of what lies in it nobody said.
        e.target.resize(truth.inside.size());
        std::transform(truth.inside.begin(), truth.inside.end(), e.target.begin(), [](uint8_t in) { return !in; });
        for (size_t p = 0; p < e.target.size() && !truth.known.empty(); ++p) e.target[p] &= truth.known[p];
        e.target_view = {truth.inside.data(), e.target.data(), side, side};
      }
    }
  }
  const auto prompts = static_cast<int64_t>(work.episodes.size());
  if (prompts == 0) return;
  MaskTargets& t = work.targets;
  t.inside_PHW = at::zeros({prompts, side, side}, at::kByte);
  t.known_PHW = at::full({prompts, side, side}, 1, at::kByte);
  t.present_P = at::empty({prompts}, at::kFloat);
  t.weight_P = at::empty({prompts}, at::kFloat);
  t.objectness_P = at::empty({prompts}, at::kFloat);
  t.box_P4 = at::empty({prompts, 4}, at::kFloat);
  t.kind_P = at::empty({prompts}, at::kLong);
  const bool wants_pixels =
      std::any_of(losses_.begin(), losses_.end(), [](const auto& loss) { return loss->wants_pixels(); });
  if (wants_pixels) t.pixels_PCHW = at::empty({prompts, 3, side, side}, at::kByte);
  const Tensor pixels_BCHW = wants_pixels ? pixels_of(batch, work.piece.images).to(at::kByte) : Tensor();
  const size_t plane = static_cast<size_t>(side) * static_cast<size_t>(side);
  for (int64_t p = 0; p < prompts; ++p) {
    const Episode& e = work.episodes[static_cast<size_t>(p)];
    const ViewObject& truth = *e.truth;
    const auto to = [&](const Tensor& planes) { return planes.data_ptr<uint8_t>() + static_cast<size_t>(p) * plane; };
    const bool is_empty = e.said.target_is_empty;
    if (!is_empty) std::memcpy(to(t.inside_PHW), truth.inside.data(), plane);
    if (!is_empty && !truth.known.empty()) std::memcpy(to(t.known_PHW), truth.known.data(), plane);
    t.present_P.data_ptr<float>()[p] = is_empty ? 0 : 1;
    t.weight_P.data_ptr<float>()[p] = truth.weight;
    t.objectness_P.data_ptr<float>()[p] =
        is_empty ? std::numeric_limits<float>::quiet_NaN() : objectness_of(truth.region);
    const double corners[] = {truth.box.x0, truth.box.y0, truth.box.x1, truth.box.y1};
    for (int c = 0; c < 4; ++c) t.box_P4.data_ptr<float>()[4 * p + c] = static_cast<float>(corners[c]);
    t.kind_P.data_ptr<int64_t>()[p] = is_empty ? 0 : static_cast<int64_t>(truth.label);
    if (wants_pixels) t.pixels_PCHW[p].copy_(pixels_BCHW[e.row]);
  }
  const at::Device device = learner_.model->device();
  for (Tensor* each :
       {&t.inside_PHW, &t.known_PHW, &t.present_P, &t.weight_P, &t.objectness_P, &t.box_P4, &t.kind_P, &t.pixels_PCHW})
    if (each->defined()) *each = each->to(device);
}

void MaskObjective::judge(const Batch& batch, const std::vector<Piece>& pieces, StepReport& report) {
  const size_t terms = term_count();
  const int each = learner_.flat.layout().virtual_ranks / learner_.flat.layout().ranks;
  Stream plan(settings_.seed, Purpose::prompts, static_cast<uint64_t>(batch.step), kPlan);
  adds_no_point_ = mask_only_rounds(settings_.prompts, plan);
  std::vector<double> mine(terms * static_cast<size_t>(each));
  for (size_t i = 0; i < pieces.size(); ++i) {
    Work& work = work_[i];
    ask(batch, work);
    if (work.episodes.empty()) continue;
    double* count = mine.data() + terms * static_cast<size_t>(pieces[i].virtual_rank);
    for (const auto& loss : losses_)
      for (const double value : loss->count(work.targets)) *count++ += value;
  }
  std::vector<double> all(mine.size() * static_cast<size_t>(comm_.size()));
  {
    const Timer timer(report.control_seconds);
    comm_.all_gather(mine.data(), mine.size() * sizeof(double), all.data());
  }
  counts_.assign(terms, 0);
  for (size_t i = 0; i < all.size(); ++i) counts_[i % terms] += all[i];  // by virtual rank
  sums_.assign(static_cast<size_t>(each), std::vector<double>(terms));
}

void MaskObjective::backward(const Batch& batch, size_t piece, const std::function<void()>& arm) {
  Work& work = work_[piece];
  if (work.episodes.empty()) return arm();
  if (!work.features.defined()) work.features = encode(batch, work.piece);
  const bool trains = work.features.requires_grad();
  const Tensor features = work.features.detach().to(at::kFloat).requires_grad_(trains);
  if (fault::due("nan", batch.step)) features.detach().fill_(std::numeric_limits<float>::quiet_NaN());
  const auto rounds = static_cast<int64_t>(adds_no_point_.size());
  Tensor previous;
  for (int64_t round = 0; round < rounds; ++round) {
    if (round == 1) fault::at("round", batch.step);
    if (round > 0 && !adds_no_point_[static_cast<size_t>(round)]) correct(batch, work, round, previous);
    take_round(batch, work, round, features, previous, round + 1 == rounds ? arm : [] {});
  }
  if (trains && features.grad().defined())
    torch::autograd::backward({work.features}, {features.grad().to(work.features.scalar_type())});
  work.features = Tensor();
}

// Judges one round and goes back to the features; `previous` becomes its low-resolution logits, [P, 1, h, w].
void MaskObjective::take_round(const Batch& batch, Work& work, int64_t round, const Tensor& features, Tensor& previous,
                               const std::function<void()>& arm) {
  const bool multimask = round == 0;
  const Draws draws{true, settings_.seed, batch.step, work.piece.images.begin, {}};
  std::vector<PromptRow> rows;
  for (const Episode& e : work.episodes) rows.push_back({e.row, &e.said.points});
  PromptSet prompts = prompt_tensors(rows, learner_.model->device());
  prompts.mask_P1HW = previous;
  const MaskOutputs outputs =
      learner_.model->decode(features.to(work.features.scalar_type()), prompts, multimask, draws);
  Draws of_prompts = draws;  // its rows are prompts, each with the number that its streams have
  for (const Episode& e : work.episodes)
    of_prompts.rows.push_back(e.image * kObjectsOfImage + e.truth->number - of_prompts.first);
  Tensor total, chosen_P;
  size_t term = 0;
  std::vector<double>& sums = sums_[static_cast<size_t>(work.piece.virtual_rank)];
  for (const auto& loss : losses_) {
    const MaskJudgement judgement = loss->judge(outputs, work.targets, {multimask, round, of_prompts});
    if (!chosen_P.defined()) chosen_P = judgement.chosen_P;
    for (const Tensor& sum : judgement.sums) {
      sums[term] += sum.item<double>();
      if (counts_[term] > 0) {
        const Tensor part = sum / counts_[term];
        total = total.defined() ? total + part : part;
      }
      ++term;
    }
  }
  if (settings_.prompts.feedback == "predicted") chosen_P = outputs.iou_PM.detach().argmax(1);
  const Tensor logits = outputs.logits_PMHW.detach();
  const Tensor place = chosen_P.view({-1, 1, 1, 1}).expand({-1, 1, logits.size(2), logits.size(3)});
  previous = logits.gather(1, place);
  arm();
  if (total.defined() && total.requires_grad()) torch::autograd::backward({total}, {});
}

void MaskObjective::correct(const Batch& batch, Work& work, int64_t round, const Tensor& previous) {
  const int64_t side = batch.image_size;
  const Tensor predicted_PHW = inside_of(previous.squeeze(1), side, side).cpu();
  const uint8_t* planes = predicted_PHW.data_ptr<uint8_t>();
  at::parallel_for(0, static_cast<int64_t>(work.episodes.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      Episode& e = work.episodes[static_cast<size_t>(p)];
      for (const PromptPoint& point :
           prompter_->next(asked(batch, e), e.target_view, planes + p * side * side, round, e.stream))
        e.said.points.push_back(point);
    }
  });
}

std::vector<double> MaskObjective::sums(int j) const {
  return sums_[static_cast<size_t>(j)];
}

void MaskObjective::tell(const std::vector<double>& world_sums, StepReport& report) const {
  size_t term = 0;
  for (const auto& loss : losses_)
    for (const std::string& name : loss->terms()) {
      const double value = counts_[term] > 0 ? world_sums[term] / counts_[term] : 0;
      report.counts.emplace_back(name, counts_[term]);
      report.terms.emplace_back(name, value);
      report.loss += value;
      ++term;
    }
}

}  // namespace weft
