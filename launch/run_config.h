// SPDX-License-Identifier: Apache-2.0
// A whole recipe: every component brings its own settings, this composes them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "configs/fields.h"
#include "data/loader.h"
#include "data/prompts/settings.h"
#include "losses/loss.h"
#include "models/model.h"
#include "models/pretrained.h"
#include "trainer/optimizer.h"
#include "trainer/schedule.h"

namespace weft {

struct RunSettings final : Settings {
  std::string folder;
  int64_t steps = 1000;
  int64_t seed = 1;
  int64_t log_every = 10;
  int64_t save_every = 200;
  double save_seconds = 0;
  int64_t keep = 2;
  int64_t keep_every = 0;
  int64_t keep_best = 0;
  int64_t skips_allowed = 10;
  void fields(Fields& visit) override;
};

struct BatchSettings final : Settings {
  int64_t global = 256;
  int64_t micro = 0;
  void fields(Fields& visit) override;
};

struct EngineSettings final : Settings {
  std::string device = "auto";
  std::string precision = "fp32";
  std::string determinism = "run";
  int64_t virtual_ranks = 0;
  double bucket_mib = 16;
  int64_t check_every = 100;
  int64_t threads = 0;
  int64_t thread_ranks = 1;
  double deadline_seconds = 300;
  double most_logit_scale = 100;
  std::vector<std::string> faults;
  void fields(Fields& visit) override;
  bool elastic() const { return determinism == "elastic"; }
};

struct EvaluateSettings final : Settings {
  std::string split = "held_back";
  std::vector<std::string> layers;
  std::vector<std::string> known_layers;
  std::vector<std::string> across;
  std::string color_baseline_dev;
  std::vector<std::string> zero_shot;
  std::vector<std::string> verified;
  std::vector<std::string> templates;
  bool synonyms = false;
  bool probe = false;
  bool neighbours = false;
  std::string dev_split = "dev";
  double specificity = 0.95;
  double prevalence = 0.001;
  int64_t clicks = 20;
  double zoom = 1;
  ObjectSettings objects;
  int64_t gallery_texts = 12;
  int64_t gallery_images = 6;
  void fields(Fields& visit) override;
};

struct ResumeSettings final : Settings {
  std::vector<std::string> allow;
  void fields(Fields& visit) override;
};

struct RunConfig final : Settings {
  RunSettings run;
  DataSettings data;
  std::unique_ptr<ModelSettings> model;
  InitSettings init;
  std::vector<std::unique_ptr<LossSettings>> losses;
  BatchSettings batch;
  PromptSettings prompts;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  EngineSettings engine;
  EvaluateSettings evaluate;
  ResumeSettings resume;
  void fields(Fields& visit) override;
};

}  // namespace weft
