// SPDX-License-Identifier: Apache-2.0
// What a run folder says, read forgivingly: a run that was killed, resumed or never evaluated still has a report, and
// what is missing or damaged becomes a sentence that stands where the content would be.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace weft {

// One line of metrics.jsonl.  Values that were not finite are absent (JSON has no name for them).
struct StepLine {
  std::map<std::string, double> values;  // "loss", "lr", ..., by key
  std::map<std::string, double> terms;
  std::optional<double> find(const std::string& key) const;
};

// A step that a resumed run took again counts once, as it was taken last.
struct RunMetrics {
  std::map<int64_t, StepLine> steps;
  std::vector<std::string> remarks;
};

struct Metric {
  std::string title, group;
  std::optional<double> weft, low, high, chance;
  std::map<std::string, double> baselines;
  bool lower_is_better = false;
};
struct GalleryItem {
  std::string key, png;  // png in base64
  double score = 0;
  bool right = false;
};
struct Gallery {
  std::string text;
  std::vector<GalleryItem> items;
};
struct ReliabilityDot {
  double p = 0, outcome = 0;
  int64_t items = 0;
};
struct Reliability {
  std::vector<ReliabilityDot> equal_width, equal_mass;
};
struct ConfusionPart {
  std::string truth, predicted;
  int64_t images = 0;
  std::vector<GalleryItem> items;
};
struct ClassifierPart {
  std::string title;
  int64_t classes = 0, images = 0, without = 0, several = 0;
  Reliability reliability;
  std::vector<ConfusionPart> confusions;
};
struct ConceptRow {
  std::string text;
  int64_t positives = 0, negatives = 0;
  double ap = 0, chance = 0, auroc = 0, sensitivity = 0;
};
struct ConceptCurves {
  std::string text;
  std::vector<std::pair<double, double>> roc, precision;
};
struct VerifiedPart {
  std::string title;
  double specificity = 0;
  std::vector<ConceptRow> concepts;
  std::vector<std::string> one_sided;
  std::vector<ConceptCurves> curves;
  Reliability reliability;
};
struct Evaluation {
  std::string split;
  int64_t images = 0, texts = 0;
  std::vector<Metric> metrics;
  std::vector<ClassifierPart> classifiers;
  std::vector<VerifiedPart> verified;
  std::vector<Gallery> galleries;
  std::vector<Gallery> episodes;  // of a segmenter: one object, click by click
};

// Either content or the reason why there is none.
template <class Content>
struct Found {
  std::optional<Content> content;
  std::string reason;
};

struct RunFolderContent {
  std::string name;
  Found<std::string> recipe;
  Found<std::vector<std::pair<std::string, std::string>>> environment;
  Found<RunMetrics> metrics;
  Found<Evaluation> evaluation;
};

RunFolderContent read_run_folder(const Path& folder);

}  // namespace weft
