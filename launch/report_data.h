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
  std::string title;
  std::optional<double> weft, low, high, chance;
  std::map<std::string, double> baselines;
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
struct Evaluation {
  std::string split;
  int64_t images = 0, texts = 0;
  std::vector<Metric> metrics;
  std::vector<std::string> baselines;  // every name that occurs, in order of first occurrence
  std::vector<Gallery> galleries;
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
