// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "launch/evaluation.h"
#include "launch/judged_layer.h"
#include "launch/probes.h"
#include "launch/reliability_json.h"
#include "launch/shares.h"
#include "launch/views.h"
#include "losses/metrics/binary.h"
#include "losses/metrics/retrieval.h"

namespace weft {
namespace {

constexpr size_t kCurvesShown = 4, kMostPoints = 100;

// Of one concept that has both kinds: the scores of its verified images, and what they are worth.
struct JudgedConcept {
  const VerifiedConcept* of;
  std::vector<LabelledScore> cells;
  double ap = 0, auroc = 0, sensitivity = 0;
};
using JudgedConcepts = std::vector<JudgedConcept>;

// One number after the other: the place of a concept, its figures, then its scores.
std::vector<double> packed(size_t place, const VerifiedConcept& one, const std::vector<float>& scores,
                           double specificity) {
  std::vector<LabelledScore> cells;
  for (size_t i = 0; i < scores.size(); ++i) cells.push_back({scores[i], one.is_true[i]});
  const auto curve = threshold_curve(std::move(cells));
  std::vector<double> numbers{static_cast<double>(place), average_precision(curve), auroc(curve),
                              sensitivity_at(curve, specificity)};
  numbers.insert(numbers.end(), scores.begin(), scores.end());
  return numbers;
}

JudgedConcepts unpacked(const std::vector<double>& numbers, const std::vector<const VerifiedConcept*>& concepts) {
  JudgedConcepts judged;
  for (auto next = numbers.begin(); next != numbers.end();) {
    JudgedConcept& one = judged.emplace_back();
    one.of = concepts.at(static_cast<size_t>(*next++));
    one.ap = *next++, one.auroc = *next++, one.sensitivity = *next++;
    for (const bool is_true : one.of->is_true) one.cells.push_back({static_cast<float>(*next++), is_true});
  }
  return judged;
}

JudgedConcepts by_texts(const Evaluated& e, const std::vector<const VerifiedConcept*>& concepts) {
  const EvaluateSettings& asked = e.config.evaluate;
  TextGroups groups;
  for (const VerifiedConcept* one : concepts)
    groups.push_back(sentences(e.store.vocabulary(), one->row, asked.templates, asked.synonyms));
  const Tensor text_CD = embed_texts(e.model, e.tokenizer, groups, e.comm);
  std::vector<double> mine;
  for_my_tiles(text_CD, e.image_ND, e.comm, [&](int64_t first, std::span<const float> scores) {
    for (size_t i = 0; i < scores.size() / e.images.size(); ++i) {
      const size_t place = static_cast<size_t>(first) + i;
      std::vector<float> of_cells;
      for (const int64_t image : concepts[place]->images)
        of_cells.push_back(scores[i * e.images.size() + static_cast<size_t>(image)]);
      for (const double number : packed(place, *concepts[place], of_cells, asked.specificity)) mine.push_back(number);
    }
  });
  return unpacked(gather_numbers(mine, e.comm), concepts);
}

// ---- probes, one a concept, all of one strength

using Probes = std::array<LogisticModel, std::size(kProbeStrengths)>;

std::vector<float> answers(const LogisticModel& probe, const Tensor& feature_ND, const VerifiedConcept& one) {
  std::vector<float> p;
  for (const int64_t image : one.images)
    p.push_back(static_cast<float>(probe.probabilities(row_of(feature_ND, image))[1]));
  return p;
}

Probes probes_of(const VerifiedConcept& train, const Tensor& train_ND) {
  const Tensor features = rows_of(train_ND, train.images);
  const std::vector<int32_t> targets(train.is_true.begin(), train.is_true.end());
  Probes probes;
  for (size_t s = 0; s < probes.size(); ++s)
    probes[s] = fit_logistic({numbers_of(features), targets, features.size(1), 2}, {.strength = kProbeStrengths[s]});
  return probes;
}

// Of dev's verified images, by concept: the sums of log p of what is so, of each strength, and how many images those
// are.
constexpr size_t kDevNumbers = std::size(kProbeStrengths) + 1;

std::vector<double> dev_numbers(const Probes& probes, const Tensor& dev_ND, const VerifiedConcept& dev) {
  std::vector<double> numbers;
  for (const LogisticModel& probe : probes) {
    const std::vector<float> p = answers(probe, dev_ND, dev);
    double sum = 0;
    for (size_t i = 0; i < p.size(); ++i) sum += log_likelihood(dev.is_true[i] ? p[i] : 1.0 - p[i]);
    numbers.push_back(sum);
  }
  numbers.push_back(static_cast<double>(dev.images.size()));
  return numbers;
}

size_t best_strength(const Evaluated& e, const std::string& layer, const std::vector<double>& numbers) {
  std::array<double, kDevNumbers> sums{};
  for (size_t i = 0; i < numbers.size(); ++i) sums[i % kDevNumbers] += numbers[i];
  const double cells = sums.back();
  check(cells > 0, e.store.folder().string(), ": of no text of \"", layer,
        "\" that has both kinds in the training split ", "is anything verified in ", e.config.evaluate.dev_split,
        "; a probe's strength is chosen there");
  const auto best = static_cast<size_t>(std::max_element(sums.begin(), sums.end() - 1) - sums.begin());
  log_info(layer, ": probes of strength ", kProbeStrengths[best], " chosen on ", e.config.evaluate.dev_split,
           " (mean log p ", sums[best] / cells, " of ", cells, " cells)");
  return best;
}

JudgedConcepts by_probes(const Evaluated& e, const std::string& layer,
                         const std::vector<const VerifiedConcept*>& concepts) {
  std::vector<uint32_t> rows;
  for (const VerifiedConcept* one : concepts) rows.push_back(one->row);
  const auto train = verified_concepts(e.store, e.known, layer, e.train, rows);  // in the order of `concepts`
  const auto dev = verified_concepts(e.store, e.known, layer, e.dev, rows);
  const ProbeView view(e.train_ND);
  const Tensor train_ND = view.of(e.train_ND), dev_ND = view.of(e.dev_ND), image_ND = view.of(e.image_ND);
  std::vector<std::pair<size_t, Probes>> probes;  // of this rank's concepts
  std::vector<double> on_dev;
  for (const Range& block : my_blocks(static_cast<int64_t>(concepts.size()), 1, e.comm)) {
    const auto place = static_cast<size_t>(block.begin);
    if (!train[place].has_both()) continue;
    probes.emplace_back(place, probes_of(train[place], train_ND));
    for (const double number : dev_numbers(probes.back().second, dev_ND, dev[place])) on_dev.push_back(number);
  }
  const size_t best = best_strength(e, layer, gather_numbers(on_dev, e.comm));
  std::vector<double> mine;
  for (const auto& [place, of_strength] : probes) {
    const VerifiedConcept& one = *concepts[place];
    const auto p = answers(of_strength[best], image_ND, one);
    for (const double number : packed(place, one, p, e.config.evaluate.specificity)) mine.push_back(number);
  }
  return unpacked(gather_numbers(mine, e.comm), concepts);
}

// ---- what is said of it

double chance_of(const VerifiedConcept& one) {
  return chance_average_precision(one.positives(), static_cast<int64_t>(one.images.size()));
}

std::vector<LabelledScore> all_cells(const JudgedConcepts& judged) {
  std::vector<LabelledScore> cells;
  for (const JudgedConcept& one : judged) cells.insert(cells.end(), one.cells.begin(), one.cells.end());
  return cells;
}

Json points_of(const std::vector<std::pair<double, double>>& points) {
  Json list = Json::array();
  const size_t stride = 1 + (points.size() - 1) / kMostPoints;
  for (size_t i = 0; i < points.size(); i = i + 1 < points.size() ? std::min(i + stride, points.size() - 1) : i + 1)
    list.push_back({points[i].first, points[i].second});
  return list;
}

Json curves_of(const JudgedConcept& one) {
  std::vector<std::pair<double, double>> roc{{0, 0}}, precision;
  const auto curve = threshold_curve(one.cells);
  const auto positives = static_cast<double>(curve.back().true_above);
  const auto negatives = static_cast<double>(curve.back().false_above);
  for (const CurvePoint& point : curve) {
    const auto found = static_cast<double>(point.true_above), wrong = static_cast<double>(point.false_above);
    roc.emplace_back(wrong / negatives, found / positives);
    precision.emplace_back(found / positives, found / (found + wrong));
  }
  return {{"text", one.of->text}, {"roc", points_of(roc)}, {"precision", points_of(precision)}};
}

// Curves of those of which most is known.
Json curves_of(JudgedConcepts judged) {
  const auto rarer = [](const JudgedConcept& one) { return std::min(one.of->positives(), one.of->negatives()); };
  std::stable_sort(judged.begin(), judged.end(),
                   [&](const JudgedConcept& a, const JudgedConcept& b) { return rarer(a) > rarer(b); });
  Json curves = Json::array();
  for (size_t i = 0; i < std::min(judged.size(), kCurvesShown); ++i) curves.push_back(curves_of(judged[i]));
  return curves;
}

Json json_of(const JudgedConcept& one) {
  return {
      {"text", one.of->text},         {"true", one.of->positives()}, {"false", one.of->negatives()},  {"ap", one.ap},
      {"chance", chance_of(*one.of)}, {"auroc", one.auroc},          {"sensitivity", one.sensitivity}};
}

void add_judged(const Evaluated& e, const std::string& layer, const char* name, const char* title,
                const std::vector<VerifiedConcept>& concepts, const JudgedConcepts& judged,
                const JudgedConcepts* beside, bool says_p, Findings& findings) {
  const EvaluateSettings& asked = e.config.evaluate;
  std::vector<double> ap, area, sensitivity, precision, ap_beside, area_beside;
  std::vector<double> chance_ap, chance_found, chance_precision;
  for (const JudgedConcept& one : judged) {
    ap.push_back(one.ap), area.push_back(one.auroc), sensitivity.push_back(one.sensitivity);
    precision.push_back(precision_at_prevalence(one.sensitivity, asked.specificity, asked.prevalence));
    chance_ap.push_back(chance_of(*one.of));
    chance_found.push_back(chance_sensitivity(one.of->negatives(), asked.specificity));
    chance_precision.push_back(precision_at_prevalence(chance_found.back(), asked.specificity, asked.prevalence));
    for (const JudgedConcept& other : beside ? *beside : JudgedConcepts())
      if (other.of == one.of) ap_beside.push_back(other.ap), area_beside.push_back(other.auroc);
  }
  const auto add = [&](const char* figure, const std::string& words, std::vector<double> values,
                       std::optional<double> by_chance, const std::vector<double>& others = {}, bool lower = false) {
    std::map<std::string, double> baselines;
    if (!others.empty()) baselines["by texts"] = mean_of(others);
    findings.add({.group = "Each text by itself, over verified images",
                  .name = join(layer, ".", name, "_", figure),
                  .title = join(layer, ": ", title, words),
                  .values = std::move(values),
                  .chance = by_chance,
                  .baselines = std::move(baselines),
                  .lower_is_better = lower});
  };
  const auto pooled = threshold_curve(all_cells(judged));
  const double share = static_cast<double>(pooled.back().true_above) /
                       static_cast<double>(pooled.back().true_above + pooled.back().false_above);
  add("ap", " AP, mean over texts", ap, mean_of(chance_ap), ap_beside);
  add("ap_micro", " AP, all cells together", {average_precision(pooled)},
      chance_average_precision(pooled.back().true_above, pooled.back().true_above + pooled.back().false_above));
  add("auroc", " AUROC, mean over texts", area, 0.5, area_beside);
  add("auroc_micro", " AUROC, all cells together", {auroc(pooled)}, 0.5);
  add("sensitivity", join(" sensitivity at specificity ", asked.specificity), sensitivity, mean_of(chance_found));
  add("precision", join(" precision there at prevalence ", asked.prevalence), precision, mean_of(chance_precision));
  Json rows = Json::array(), one_sided = Json::array();
  for (const JudgedConcept& one : judged) rows.push_back(json_of(one));
  for (const VerifiedConcept& one : concepts)
    if (!one.has_both())
      one_sided.push_back({{"text", one.text}, {"true", one.positives()}, {"false", one.negatives()}});
  Json found = {{"title", join(layer, ": ", title)},
                {"concepts", rows},
                {"one_sided", one_sided},
                {"specificity", asked.specificity},
                {"curves", curves_of(judged)}};
  if (says_p) {
    std::vector<Forecast> forecasts;
    for (const LabelledScore& cell : all_cells(judged)) forecasts.push_back({cell.score, cell.is_true ? 1.0 : 0.0});
    const Calibration calibration = calibrate(forecasts);
    add("ece", " ECE, bins of equal width", {calibration.error_wide}, {}, {}, true);
    add("ece_mass", " ECE, bins of equal mass", {calibration.error_even}, {}, {}, true);
    add("brier", " Brier score", {brier_score(forecasts)}, share * (1 - share), {}, true);
    found["reliability"] = calibration.bins;
  }
  findings.verified.push_back(std::move(found));
}

}  // namespace

void judge_verified(const Evaluated& e, const std::string& layer, Findings& findings) {
  const auto concepts = verified_concepts(e.store, e.known, layer, e.images);
  std::vector<const VerifiedConcept*> judged;
  for (const VerifiedConcept& one : concepts)
    if (one.has_both()) judged.push_back(&one);
  check(!judged.empty(), e.store.folder().string(), ": no text of \"", layer, "\" is known to be true of one image of ",
        e.config.evaluate.split, " and not true of another; found ", concepts.size(),
        " texts of which one kind is known at most");
  const JudgedConcepts by_text = by_texts(e, judged);
  if (e.comm.is_first()) {
    add_judged(e, layer, "texts", "by texts", concepts, by_text, nullptr, false, findings);
    for (const JudgedConcept& one : by_text) findings.queries[layer][one.of->text]["auroc"] = one.auroc;
  }
  findings.texts += judged.size();
  if (!e.config.evaluate.probe) return;
  const JudgedConcepts by_probe = by_probes(e, layer, judged);
  if (e.comm.is_first()) add_judged(e, layer, "probe", "by probes", concepts, by_probe, &by_text, true, findings);
}

}  // namespace weft
