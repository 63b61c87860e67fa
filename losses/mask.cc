// SPDX-License-Identifier: Apache-2.0
// What SAM (arXiv 2304.02643) and SAM 2 (2408.00714) ask of masks, of whatever label each object has.  Of each prompt:
//   focal  mean over known pixels, or (normalised, 1909.07829) focal sum / sum of u^gamma, which gets no gradient
//   dice   1 - (2 sum p t + s) / (sum p + sum t + s), sums over known pixels
//   iou    (predicted - real)^2 or |predicted - real|, real = |z > 0 and t| / max(1, |z > 0 or t|) over known pixels
//   object BCE of the object score; objectness BCE of the trained mask's
//   projection, pairwise, crf: losses/weak_masks.h
// A term is weight * sum of trust * value over the prompts that have a label for it; its count is their trust.
// Of M masks that are asked for the best is trained, by focal + dice (by the projection where a box is all that is
// known).
#include "losses/mask.h"

#include <ATen/ops/argmin.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "base/error.h"
#include "losses/mask_loss.h"
#include "losses/mask_sums.h"
#include "losses/weak_masks.h"

namespace weft {
namespace {

// How much each prompt counts in each term, f64 [P].
struct Trust {
  Tensor all, focal, dice, iou, object, objectness, box, points;
};

// What is being judged.
struct Case {
  const MaskOutputs& outputs;
  const MaskTargets& targets;
  const MaskRound& round;
  Trust trust;
  TruthSums truth;
  Tensor logits_PMHW;  // f32, or f64 where the model's are
  Tensor focal_PM, dice_PM, projection_PM, chosen_P;
  MaskSums whole;  // of every pixel; undefined unless they are wanted
};

Tensor chosen_of(const Tensor& values_PM, const Tensor& chosen_P) {
  return values_PM.gather(1, chosen_P.unsqueeze(1)).squeeze(1);
}

class Mask final : public MaskLoss {
 public:
  explicit Mask(const MaskLossSettings& s) : settings_(s), points_{s.points, s.points_oversample, s.points_important} {
    cost_.alpha = static_cast<float>(s.focal_alpha);
    cost_.gamma = static_cast<int>(s.focal_gamma);
    cost_.squared = s.dice_form == "squared";
    const auto add = [&](const char* name, double weight, Tensor Trust::* trust, Tensor (Mask::*value)(Case&) const) {
      if (weight > 0) terms_.push_back({name, weight, trust, value});
    };
    add("mask.focal", s.focal, &Trust::focal, &Mask::focal);
    add("mask.dice", s.dice, &Trust::dice, &Mask::dice);
    add("mask.iou", s.iou, &Trust::iou, &Mask::iou);
    add("mask.object", s.object, &Trust::object, &Mask::object);
    add("mask.objectness", s.objectness, &Trust::objectness, &Mask::objectness);
    add("mask.projection", s.projection, &Trust::box, &Mask::projection);
    add("mask.pairwise", s.pairwise, &Trust::box, &Mask::pairwise_of_boxes);
    add("mask.crf", s.crf, &Trust::points, &Mask::crf);
  }

  std::vector<std::string> terms() const override {
    std::vector<std::string> names;
    for (const TermKind& term : terms_) names.emplace_back(term.name);
    return names;
  }

  std::vector<double> count(const MaskTargets& targets) const override {
    const Trust trust = trust_of(targets, truth_sums(targets.inside_PHW, targets.known_PHW, cost_));
    std::vector<double> counts;
    for (const TermKind& term : terms_)
      counts.push_back((settings_.count == "all" ? trust.all : trust.*term.trust).sum().item<double>());
    return counts;
  }

  MaskJudgement judge(const MaskOutputs& outputs, const MaskTargets& targets, const MaskRound& round) const override {
    const Tensor& given = outputs.logits_PMHW;
    const TruthSums truth = truth_sums(targets.inside_PHW, targets.known_PHW, cost_);
    Case c{.outputs = outputs,
           .targets = targets,
           .round = round,
           .trust = trust_of(targets, truth),
           .truth = truth,
           .logits_PMHW = given.scalar_type() == at::kDouble ? given : given.to(at::kFloat)};
    compare(c);
    choose(c);
    MaskJudgement judgement;
    for (const TermKind& term : terms_)
      judgement.sums.push_back(term.weight * (c.trust.*term.trust * (this->*term.value)(c)).sum(at::kDouble));
    judgement.chosen_P = c.chosen_P;
    return judgement;
  }

  bool wants_pixels() const override { return settings_.pairwise > 0 || settings_.crf > 0; }

 private:
  struct TermKind {
    const char* name;
    double weight;
    Tensor Trust::* trust;
    Tensor (Mask::*value)(Case&) const;  // [P]
  };

  Trust trust_of(const MaskTargets& targets, const TruthSums& truth) const;
  void compare(Case& c) const;
  void choose(Case& c) const;
  bool wants_best(const Case& c) const { return c.round.multimask && settings_.best_of != "all"; }
  // Of each prompt: of the trained mask, or the mean of all where all are.
  Tensor trained(const Case& c, const Tensor& values_PM) const {
    return wants_best(c) ? chosen_of(values_PM, c.chosen_P) : values_PM.mean(1);
  }
  // values(prompts, their chosen logits) of the prompts with some trust, 0 of the others.
  template <class Values>
  static Tensor of_some(const Case& c, const Tensor& trust_P, const Values& values);

  Tensor focal(Case& c) const { return trained(c, c.focal_PM); }
  Tensor dice(Case& c) const { return trained(c, c.dice_PM); }
  Tensor projection(Case& c) const {
    return c.projection_PM.defined() ? trained(c, c.projection_PM) : at::zeros_like(c.trust.box);
  }
  Tensor iou(Case& c) const;
  Tensor object(Case& c) const;
  Tensor objectness(Case& c) const;
  Tensor pairwise_of_boxes(Case& c) const;
  Tensor crf(Case& c) const;

  MaskLossSettings settings_;
  PointSettings points_;
  PixelCost cost_;
  std::vector<TermKind> terms_;
};

Trust Mask::trust_of(const MaskTargets& t, const TruthSums& truth) const {
  Trust trust;
  const Tensor zero = at::zeros_like(truth.known_P);
  trust.all = t.weight_P.defined() ? t.weight_P.to(at::kDouble) : at::ones_like(zero);
  const auto is_label = [&](MaskLabel label) {
    if (!t.kind_P.defined()) return label == MaskLabel::mask ? at::ones_like(zero) : zero;
    return t.kind_P.eq(static_cast<int64_t>(label)).to(at::kDouble);
  };
  const Tensor present = t.present_P.defined() ? t.present_P.to(at::kDouble) : at::ones_like(zero);
  const Tensor is_there = present > 0.5, is_known = present.isnan().logical_not();
  const Tensor has_mask = trust.all * (settings_.absent == "empty" ? is_known : is_there) * (truth.known_P > 0);
  trust.dice = has_mask * is_label(MaskLabel::mask);
  trust.focal = trust.dice + has_mask * is_label(MaskLabel::points);
  const auto pixels = static_cast<double>(t.inside_PHW.size(1) * t.inside_PHW.size(2));
  trust.iou = trust.dice * (truth.known_P >= settings_.iou_known * pixels);
  trust.object = trust.all * is_known;
  trust.objectness = t.objectness_P.defined() ? trust.all * t.objectness_P.isnan().logical_not() : zero;
  trust.points = trust.all * is_there * is_label(MaskLabel::points);
  trust.box = trust.all * is_there * is_label(MaskLabel::box);
  if (t.box_P4.defined())
    trust.box = trust.box * t.box_P4.isfinite().all(1);
  else
    check(trust.box.sum().item<double>() == 0, "mask loss: an object's label is its box, but there are no boxes");
  return trust;
}

// Focal, dice and projection of every mask.
void Mask::compare(Case& c) const {
  const Tensor& logits = c.logits_PMHW;
  const Tensor &truth = c.targets.inside_PHW, &known = c.targets.known_PHW;
  check(!c.targets.kind_P.defined() || settings_.projection > 0 || c.trust.box.sum().item<double>() == 0,
        "mask loss: an object's label is its box, but loss.mask.projection = 0 asks nothing of boxes");
  MaskSums sums;
  Tensor known_PM, inside_PM;
  if (points_.count > 0) {
    const PointSample sample = sample_points(logits, truth, known, points_, c.round.draws, c.round.round);
    sums = mask_sums(sample.logits, sample.truth, sample.known, cost_);
    const TruthSums sampled = truth_sums(sample.truth, sample.known, cost_);
    const auto by_mask = [&](Tensor& values) { values = values.view({logits.size(0), logits.size(1)}); };
    for (Tensor* of : {&sums.focal_PM, &sums.weight_PM, &sums.inside_PM, &sums.overlap_PM}) by_mask(*of);
    by_mask(known_PM = sampled.known_P);
    by_mask(inside_PM = sampled.inside_P);
    if (settings_.iou > 0) c.whole = mask_sums(logits.detach(), truth, known, cost_);
  } else {
    sums = c.whole = mask_sums(logits, truth, known, cost_);
    known_PM = c.truth.known_P.unsqueeze(1);
    inside_PM = c.truth.inside_P.unsqueeze(1);
  }
  c.focal_PM = sums.focal_PM / (settings_.focal_normalised ? sums.weight_PM + 1e-12 : known_PM.clamp_min(1));
  c.dice_PM = 1 - (2 * sums.overlap_PM + settings_.dice_smooth) / (sums.inside_PM + inside_PM + settings_.dice_smooth);
  if (c.targets.box_P4.defined())
    c.projection_PM = box_projection(logits, at::nan_to_num(c.targets.box_P4, 0, 0, 0), {truth.size(1), truth.size(2)});
}

void Mask::choose(Case& c) const {
  const int64_t masks = c.focal_PM.size(1);
  if (masks == 1) {
    c.chosen_P = at::zeros_like(c.truth.known_P, at::kLong);
  } else if (!wants_best(c) || settings_.best_of == "predicted") {
    check(c.outputs.iou_PM.defined(), "mask loss: the best of ", masks, " masks by predicted IoU wants an IoU head");
    c.chosen_P = at::argmin(-c.outputs.iou_PM.detach(), 1);
  } else {
    const auto judged = [](const Tensor& trust_P) { return trust_P.gt(0).to(at::kDouble).unsqueeze(1); };
    Tensor cost = settings_.focal * c.focal_PM.detach() * judged(c.trust.focal) +
                  settings_.dice * c.dice_PM.detach() * judged(c.trust.dice);
    if (c.projection_PM.defined()) cost = cost + settings_.projection * c.projection_PM.detach() * judged(c.trust.box);
    c.chosen_P = at::argmin(cost, 1);  // of equal ones the first
  }
}

Tensor Mask::iou(Case& c) const {
  check(c.outputs.iou_PM.defined(), "mask loss: loss.mask.iou is ", settings_.iou, " but the model predicts no IoU");
  const Tensor either = c.whole.hard_PM + c.truth.hard_P.unsqueeze(1) - c.whole.hard_overlap_PM;
  const Tensor real = c.whole.hard_overlap_PM / either.clamp_min(1);
  const bool through_sigmoid = settings_.iou_form.ends_with("_sigmoid");
  const Tensor given = c.outputs.iou_PM.to(at::kDouble);
  const Tensor off = (through_sigmoid ? at::sigmoid(given) : given) - real;
  const Tensor cost = settings_.iou_form.starts_with("l1") ? off.abs() : off * off;
  return settings_.iou_masks == "best" ? trained(c, cost) : cost.mean(1);
}

Tensor Mask::object(Case& c) const {
  check(c.outputs.object_P.defined(), "mask loss: loss.mask.object is ", settings_.object,
        " but the model has no object-score head; give it one (extra.object_score_head) or set loss.mask.object = 0");
  const Tensor logit = c.outputs.object_P.to(at::kDouble);
  const Tensor present =
      c.targets.present_P.defined() ? at::nan_to_num(c.targets.present_P.to(at::kDouble), 0) : at::ones_like(logit);
  return at::binary_cross_entropy_with_logits(logit, present, {}, {}, at::Reduction::None);
}

Tensor Mask::objectness(Case& c) const {
  check(c.outputs.objectness_PM.defined(), "mask loss: loss.mask.objectness is ", settings_.objectness,
        " but the model has no objectness head; give it one (extra.objectness_head) or set loss.mask.objectness = 0");
  const Tensor logit = chosen_of(c.outputs.objectness_PM.to(at::kDouble), c.chosen_P);
  const Tensor q = c.targets.objectness_P.defined() ? at::nan_to_num(c.targets.objectness_P.to(at::kDouble), 0)
                                                    : at::zeros_like(logit);
  return at::binary_cross_entropy_with_logits(logit, q, {}, {}, at::Reduction::None);
}

template <class Values>
Tensor Mask::of_some(const Case& c, const Tensor& trust_P, const Values& values) {
  const Tensor some = at::nonzero(trust_P).squeeze(1);
  Tensor none = at::zeros_like(trust_P);
  if (some.numel() == 0) return none;
  check(c.targets.pixels_PCHW.defined(), "mask loss: pairwise and crf compare pixels, but there are none");
  const auto pick = [&](const Tensor& of) { return of.defined() ? of.index_select(0, some) : Tensor(); };
  const Tensor logits = pick(c.logits_PMHW), chosen = pick(c.chosen_P);
  const Tensor logits_Phw =
      logits.gather(1, chosen.view({-1, 1, 1, 1}).expand({-1, 1, logits.size(2), logits.size(3)})).squeeze(1);
  const Cells cells = cells_of(pick(c.targets.pixels_PCHW), pick(c.targets.valid_PHW), logits.size(2), logits.size(3));
  return none.index_put({some}, values(some, logits_Phw, cells).to(at::kDouble));
}

Tensor Mask::pairwise_of_boxes(Case& c) const {
  const Tensor& truth = c.targets.inside_PHW;
  const double share = static_cast<double>(c.round.draws.step + 1) / static_cast<double>(settings_.pairwise_warmup);
  return std::min(1., share) *
         of_some(c, c.trust.box, [&](const Tensor& some, const Tensor& logits, const Cells& cells) {
           return pairwise(logits, cells, c.targets.box_P4.index_select(0, some), {truth.size(1), truth.size(2)});
         });
}

Tensor Mask::crf(Case& c) const {
  return of_some(c, c.trust.points,
                 [](const Tensor&, const Tensor& logits, const Cells& cells) { return gated_crf(logits, cells); });
}

}  // namespace

void MaskLossSettings::fields(Fields& visit) {
  visit("focal", focal, non_negative, "weight of the focal cost, the mean over known pixels");
  visit("focal_alpha", focal_alpha, unit, "how much pixels of the object count in it, 1 - this the others");
  visit("focal_gamma", focal_gamma, between(0, 32), "how much less sure pixels count; 0: cross-entropy");
  visit("focal_normalised", focal_normalised, any, "divide by the sum of focal weights instead (NFL)");
  visit("dice", dice, non_negative, "weight of the dice cost");
  visit("dice_form", dice_form, one_of({"plain", "squared"}), "sums of p and t below, or of their squares (MedSAM)");
  visit("dice_smooth", dice_smooth, positive, "added above and below");
  visit("best_of", best_of, one_of({"focal_dice", "predicted", "all"}),
        "of several masks the one of least cost is trained, or that of the highest predicted IoU, or all");
  visit("iou", iou, non_negative, "weight of the predicted IoU's error");
  visit("iou_form", iou_form, one_of({"mse", "mse_sigmoid", "l1", "l1_sigmoid"}),
        "squared (SAM) or absolute error; of the sigmoid of what is predicted (SAM 2)");
  visit("iou_masks", iou_masks, one_of({"all", "best"}), "whose predicted IoU is trained");
  visit("iou_known", iou_known, unit, "share of the view that must be known for it");
  visit("object", object, non_negative, "weight of the object score's cross-entropy: is it there");
  visit("objectness", objectness, non_negative, "weight of the objectness head's cross-entropy: is it an object");
  visit("absent", absent, one_of({"gated", "empty"}), "of an absent object: judge no mask, or want an empty one");
  visit("count", count, one_of({"judged", "all"}),
        "a term is divided by the trust of the prompts that it judges, or of all (SAM 2)");
  visit("points", points, at_least(0), "judge focal and dice at this many points of a mask; 0: at every pixel");
  visit("points_oversample", points_oversample, at_least(1), "points drawn for each from which the unsure are taken");
  visit("points_important", points_important, unit, "share of the points that are the most unsure");
  visit("projection", projection, non_negative, "of boxes: weight of how far the mask reaches");
  visit("pairwise", pairwise, non_negative, "of boxes: weight of unlike neighbours of like colour (BoxInst)");
  visit("pairwise_warmup", pairwise_warmup, at_least(1), "steps in which its weight rises from 0");
  visit("crf", crf, non_negative, "of points and scribbles: weight of the gated CRF");
}

std::unique_ptr<Loss> MaskLossSettings::build() const {
  check(focal + dice + iou + object + objectness + projection + pairwise + crf > 0, "loss.mask: every weight is 0");
  check(best_of != "focal_dice" || focal + dice > 0,
        "loss.mask: best_of = \"focal_dice\" chooses by costs whose weights are both 0");
  return std::make_unique<Mask>(*this);
}

}  // namespace weft
