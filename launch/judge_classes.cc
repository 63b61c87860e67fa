// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "launch/evaluation.h"
#include "launch/judged_layer.h"
#include "launch/probes.h"
#include "launch/reliability_json.h"
#include "launch/shares.h"
#include "launch/views.h"
#include "losses/metrics/classification.h"
#include "losses/metrics/neighbours.h"

namespace weft {
namespace {

constexpr size_t kConfusionsShown = 6, kPicturesShown = 4;
constexpr int kNeighbours[] = {1, 5, 10, 20, 50, 100, 200};

std::vector<double> packed(const std::vector<Classified>& items) {
  std::vector<double> numbers;
  for (const Classified& one : items)
    numbers.insert(numbers.end(), {static_cast<double>(one.item), static_cast<double>(one.truth),
                                   static_cast<double>(one.predicted), one.top1, one.top5, one.confidence, one.brier});
  return numbers;
}

std::vector<Classified> unpacked(const std::vector<double>& numbers) {
  std::vector<Classified> items;
  for (size_t i = 0; i + 7 <= numbers.size(); i += 7)
    items.push_back({static_cast<int64_t>(numbers[i]), static_cast<int64_t>(numbers[i + 1]),
                     static_cast<int64_t>(numbers[i + 2]), numbers[i + 3], numbers[i + 4], numbers[i + 5],
                     numbers[i + 6]});
  return items;
}

// A classifier's answers for all images, of which each rank judged its share; by place in Labelled.
using Answers = std::vector<Classified>;

double accuracy(const Answers& answers) {
  std::vector<double> top1;
  for (const Classified& one : answers) top1.push_back(one.top1);
  return mean_of(top1);
}

Answers by_texts(const Evaluated& e, const JudgedClasses& classes, const Labelled& images) {
  TextGroups groups;
  for (const uint32_t row : classes.rows)
    groups.push_back(sentences(e.store.vocabulary(), row, e.config.evaluate.templates, e.config.evaluate.synonyms));
  const Tensor class_CD = embed_texts(e.model, e.tokenizer, groups, e.comm);
  const double scale = std::exp(e.model.logit_scale().value.item<double>());
  Answers mine;
  const auto width = static_cast<size_t>(class_CD.size(0));
  for_my_tiles(rows_of(e.image_ND, images.images), class_CD, e.comm, [&](int64_t first, std::span<const float> scores) {
    for (size_t i = 0; i < scores.size() / width; ++i) {
      const auto item = static_cast<size_t>(first) + i;
      mine.push_back(
          classify(scores.subspan(i * width, width), static_cast<int64_t>(item), images.classes[item], scale));
    }
  });
  return unpacked(gather_numbers(packed(mine), e.comm));
}

// Of probabilities p, scores whose softmax they are.
Classified classify_p(std::span<const float> p, int64_t item, int64_t truth) {
  std::vector<float> scores;
  for (const float value : p) scores.push_back(std::log(value));
  return classify(scores, item, truth, 1);
}

// By each number of neighbours.
std::vector<Answers> by_neighbours(const Tensor& query_QD, const Labelled& queries, const Tensor& known_KD,
                                   const Labelled& known, int32_t classes, Comm& comm) {
  std::vector<Answers> mine(std::size(kNeighbours));
  const size_t width = known.classes.size();
  for_my_tiles(query_QD, known_KD, comm, [&](int64_t first, std::span<const float> scores) {
    for (size_t i = 0; i < scores.size() / width; ++i) {
      const auto item = static_cast<size_t>(first) + i;
      const auto votes = neighbour_votes(scores.subspan(i * width, width), known.classes, classes, kNeighbours);
      for (size_t k = 0; k < votes.size(); ++k)
        mine[k].push_back(classify_p(votes[k], static_cast<int64_t>(item), queries.classes[item]));
    }
  });
  for (Answers& answers : mine) answers = unpacked(gather_numbers(packed(answers), comm));
  return mine;
}

Answers by_best_neighbours(const Evaluated& e, const JudgedClasses& classes, const Labelled& images,
                           const Labelled& train, const Labelled& dev) {
  const auto count = static_cast<int32_t>(classes.rows.size());
  const Tensor train_KD = rows_of(e.train_ND, train.images);
  const auto on_dev = by_neighbours(rows_of(e.dev_ND, dev.images), dev, train_KD, train, count, e.comm);
  size_t best = 0;
  for (size_t k = 1; k < on_dev.size(); ++k)
    if (accuracy(on_dev[k]) > accuracy(on_dev[best])) best = k;
  log_info(classes.name, ": ", kNeighbours[best], " neighbours chosen on ", e.config.evaluate.dev_split, " (accuracy ",
           accuracy(on_dev[best]), ")");
  return by_neighbours(rows_of(e.image_ND, images.images), images, train_KD, train, count, e.comm)[best];
}

Answers by_probe(const Evaluated& e, const JudgedClasses& classes, const Labelled& images, const Labelled& train,
                 const Labelled& dev) {
  const auto count = static_cast<int64_t>(classes.rows.size());
  const ProbeView view(e.train_ND);
  const Tensor train_ND = view.of(e.train_ND), dev_ND = view.of(e.dev_ND), image_ND = view.of(e.image_ND);
  const auto answers = [&](const ClassProbe& probe, const Tensor& features, const Labelled& of, Range rows) {
    Answers found;
    for (int64_t i = rows.begin; i < rows.end; ++i)
      found.push_back(classify_p(probe.probabilities(row_of(features, of.images[static_cast<size_t>(i)]), count), i,
                                 of.classes[static_cast<size_t>(i)]));
    return found;
  };
  const auto on_dev = [&](const ClassProbe& probe) {
    std::vector<double> likelihood;
    for (size_t i = 0; i < dev.images.size(); ++i) {
      const auto p = probe.probabilities(row_of(dev_ND, dev.images[i]), count);
      likelihood.push_back(log_likelihood(p[static_cast<size_t>(dev.classes[i])]));
    }
    return mean_of(likelihood);
  };
  const ClassProbe probe = best_probe(rows_of(train_ND, train.images), train.classes, on_dev, e.comm);
  log_info(classes.name, ": probe of strength ", probe.strength, " chosen on ", e.config.evaluate.dev_split,
           " (mean log p ", probe.score, ")");
  Answers mine;
  for (const Range& rows : my_blocks(static_cast<int64_t>(images.images.size()), 64, e.comm))
    for (const Classified& one : answers(probe, image_ND, images, rows)) mine.push_back(one);
  return unpacked(gather_numbers(packed(mine), e.comm));
}

// The pairs of classes that were taken for each other most often, with the pictures of which the model was surest.
Json confusions_of(const Evaluated& e, const JudgedClasses& classes, const Labelled& images, Answers answers) {
  std::stable_sort(answers.begin(), answers.end(),
                   [](const Classified& a, const Classified& b) { return a.confidence > b.confidence; });
  Json list = Json::array();
  for (const Confusion& one : confusions(answers)) {
    if (list.size() == kConfusionsShown) break;
    Json items = Json::array();
    for (const Classified& answer : answers) {
      if (answer.truth != one.truth || answer.predicted != one.predicted || items.size() == kPicturesShown) continue;
      const uint32_t sample = e.images[static_cast<size_t>(images.images[static_cast<size_t>(answer.item)])];
      items.push_back({{"key", e.store.info(sample).key},
                       {"score", answer.confidence},
                       {"right", false},
                       {"png", picture_of(e, sample)}});
    }
    list.push_back({{"truth", classes.texts[static_cast<size_t>(one.truth)]},
                    {"predicted", classes.texts[static_cast<size_t>(one.predicted)]},
                    {"images", one.items},
                    {"items", items}});
  }
  return list;
}

// The accuracy of always saying the class that most training images have.
double most_frequent(const Labelled& train, const Labelled& images) {
  std::vector<int64_t> counts;
  for (const int32_t c : train.classes) {
    if (counts.size() <= static_cast<size_t>(c)) counts.resize(static_cast<size_t>(c) + 1);
    ++counts[static_cast<size_t>(c)];
  }
  const auto most = static_cast<int32_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const auto hits = std::count(images.classes.begin(), images.classes.end(), most);
  return static_cast<double>(hits) / static_cast<double>(images.classes.size());
}

void add_classifier(const Evaluated& e, const char* name, const char* title, const JudgedClasses& classes,
                    const Labelled& images, const Labelled& train, const Answers& answers, Findings& findings) {
  const auto count = static_cast<int64_t>(classes.rows.size());
  std::vector<double> top1, top5, brier, recalls;
  std::vector<Forecast> forecasts;
  for (const Classified& one : answers) {
    top1.push_back(one.top1), top5.push_back(one.top5), brier.push_back(one.brier);
    forecasts.push_back({one.confidence, one.predicted == one.truth ? 1.0 : 0.0});
  }
  for (const double recall : recall_of_classes(answers, count))
    if (recall >= 0) recalls.push_back(recall);
  const double chance = 1 / static_cast<double>(count);
  const auto add = [&](const char* figure, const char* words, std::vector<double> values,
                       std::optional<double> by_chance, bool lower_is_better = false,
                       std::map<std::string, double> baselines = {}) {
    findings.add({.group = "One class of several",
                  .name = join(classes.name, ".", name, "_", figure),
                  .title = join(classes.name, ": ", title, words),
                  .values = std::move(values),
                  .chance = by_chance,
                  .baselines = std::move(baselines),
                  .lower_is_better = lower_is_better});
  };
  std::map<std::string, double> frequent;
  if (!train.classes.empty()) frequent["most frequent class"] = most_frequent(train, images);
  add("accuracy", " accuracy", top1, chance, false, frequent);
  if (count > 5) add("accuracy@5", " accuracy@5", top5, 5 * chance);
  add("recall", " mean per-class recall", recalls, chance);
  const Calibration calibration = calibrate(forecasts);
  add("ece", " ECE, bins of equal width", {calibration.error_wide}, {}, true);
  add("ece_mass", " ECE, bins of equal mass", {calibration.error_even}, {}, true);
  add("brier", " Brier score", brier, 1 - chance, true);
  findings.classifiers.push_back({{"title", join(classes.name, ": ", title)},
                                  {"classes", count},
                                  {"images", answers.size()},
                                  {"without", images.without},
                                  {"several", images.several},
                                  {"reliability", calibration.bins},
                                  {"confusions", confusions_of(e, classes, images, answers)}});
}

}  // namespace

void judge_classes(const Evaluated& e, const std::string& name, Findings& findings) {
  const EvaluateSettings& asked = e.config.evaluate;
  const JudgedClasses classes = judged_classes(e.store, e.known, name, e.images);
  const Labelled images = labelled(e.known, classes, e.images), train = labelled(e.known, classes, e.train);
  check(!images.images.empty(), e.store.folder().string(), ": no image of ", asked.split,
        " has exactly one class of \"", name, "\" (", images.several,
        " have several); evaluate.verified judges texts one by one");
  const auto judge = [&](const char* key, const char* title, const Answers& answers) {
    if (e.comm.is_first()) add_classifier(e, key, title, classes, images, train, answers, findings);
  };
  judge("zero_shot", "zero-shot", by_texts(e, classes, images));
  findings.texts += classes.rows.size();
  if (!asked.probe && !asked.neighbours) return;
  const Labelled dev = labelled(e.known, classes, e.dev);
  check(!train.images.empty() && !dev.images.empty(), e.store.folder().string(), ": of the layer \"", name, "\", ",
        train.images.size(), " training images and ", dev.images.size(), " of ", asked.dev_split,
        " have exactly one class; a probe wants some of both");
  if (asked.probe) judge("probe", "linear probe", by_probe(e, classes, images, train, dev));
  if (asked.neighbours) judge("neighbours", "nearest neighbours", by_best_neighbours(e, classes, images, train, dev));
}

}  // namespace weft
