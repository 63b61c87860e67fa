// SPDX-License-Identifier: Apache-2.0
// What the judges of an evaluation are given, and what they find.  Every rank calls every judge; each judges its share,
// and what is found is written by rank 0 alone (launch/run_evaluate.cc).  Formulas: docs/METRICS.md.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/comm.h"
#include "base/tensor.h"
#include "data/check/known.h"
#include "data/store.h"
#include "data/tokenizer.h"
#include "launch/run_config.h"
#include "losses/metrics/interval.h"
#include "models/model.h"

namespace weft {

using Json = nlohmann::ordered_json;

struct Evaluated {
  const RunConfig& config;
  const Store& store;
  const Model& model;
  const Tokenizer& tokenizer;
  KnownConcepts& known;
  Comm& comm;
  std::vector<uint32_t> images{}, train{}, dev{};  // samples of evaluate.split, the split trained on, dev_split
  Tensor image_ND{};                               // their embeddings; the others' only for a probe or neighbours
  Tensor train_ND{}, dev_ND{};
  int view_size() const { return model.preprocess().image_size; }
};

// A figure of the report: of weft, with the interval of a bootstrap over its values (one value alone: none); what
// chance gives; and what others do.
struct Figure {
  std::string group, name, title;
  std::vector<double> values;  // by query, concept or image
  std::optional<double> chance = {};
  std::map<std::string, double> baselines = {};
  Statistic statistic = mean_of;
  bool lower_is_better = false;
};

struct Findings {
  std::vector<Figure> figures;
  Json queries = Json::object();     // by layer and text: average precision
  Json galleries = Json::array();    // texts and the images retrieved for them
  Json classifiers = Json::array();  // confusions and calibration
  Json objects = Json::array();      // of a segmenter: IoU by click of each object
  Json episodes = Json::array();     // and what some of them look like
  Json verified = Json::array();     // concepts one by one
  size_t texts = 0;
  void add(Figure figure) { figures.push_back(std::move(figure)); }
};

// Texts rank images, images rank texts; and a ridge regression on colours where the recipe asks for it.
void judge_retrieval(const Evaluated& evaluated, const std::string& layer, bool is_required, Findings& findings);
// Texts of one layer rank those of another by their embeddings; true is what some image has both of.  Texts that the
// tokenizer spells alike in both layers are left out.
void judge_across(const Evaluated& evaluated, const std::string& from, const std::string& to, Findings& findings);
// One class an image: by the texts of the classes, and by a probe and neighbours where the recipe asks for them.
void judge_classes(const Evaluated& evaluated, const std::string& layer, Findings& findings);
// Concept by concept, over what is verified alone; by its text, and by a probe where the recipe asks for it.
void judge_verified(const Evaluated& evaluated, const std::string& layer, Findings& findings);

// A segmenter asked for each object by clicks.
void judge_masks(const Evaluated& evaluated, Findings& findings);

// A sample's view as base64 of a PNG, for the report.
std::string picture_of(const Evaluated& evaluated, uint32_t sample);

}  // namespace weft
