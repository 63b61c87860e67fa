// SPDX-License-Identifier: Apache-2.0
// A whole recipe: every component brings its own settings, this composes them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "configs/fields.h"
#include "data/loader.h"
#include "losses/loss.h"
#include "models/model.h"
#include "trainer/optimizer.h"

namespace weft {

struct RunSettings final : Settings {
  std::string folder;
  int64_t steps = 1000;
  int64_t seed = 1;
  int64_t log_every = 10;
  int64_t save_every = 200;
  int64_t keep = 2;
  int64_t skips_allowed = 10;
  void fields(Fields& visit) override;
};

struct BatchSettings final : Settings {
  int64_t global = 256;
  int64_t micro = 0;
  void fields(Fields& visit) override;
};

struct EngineSettings final : Settings {
  std::string precision = "fp32";
  int64_t threads = 0;
  int64_t thread_ranks = 1;
  double deadline_seconds = 300;
  double most_logit_scale = 100;
  void fields(Fields& visit) override;
};

struct EvaluateSettings final : Settings {
  std::string split = "held_back";
  std::vector<std::string> layers;
  std::vector<std::string> known_layers;
  std::string color_baseline_dev;
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
  std::vector<std::unique_ptr<LossSettings>> losses;
  BatchSettings batch;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  EngineSettings engine;
  EvaluateSettings evaluate;
  ResumeSettings resume;
  void fields(Fields& visit) override;
};

}  // namespace weft
