// SPDX-License-Identifier: Apache-2.0
#include "launch/run_evaluate.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include "base/base64.h"
#include "base/error.h"
#include "base/log.h"
#include "configs/recipe.h"
#include "data/image.h"
#include "launch/evaluation.h"
#include "launch/report.h"
#include "launch/views.h"
#include "trainer/checkpoint.h"

namespace weft {
namespace {

void judge_all(const Evaluated& e, Findings& findings) {
  const EvaluateSettings& asked = e.config.evaluate;
  const bool all = asked.layers.empty();
  for (const std::string& layer : all ? e.store.layers() : asked.layers)
    judge_retrieval(e, layer, /*is_required=*/!all, findings);
  if (!asked.across.empty()) {
    check(asked.across.size() == 2, "evaluate.across names ", asked.across.size(), " layers; wanted two");
    judge_across(e, asked.across[0], asked.across[1], findings);
    judge_across(e, asked.across[1], asked.across[0], findings);
  }
  for (const std::string& layer : asked.zero_shot) judge_classes(e, layer, findings);
  for (const std::string& layer : asked.verified) judge_verified(e, layer, findings);
}

std::vector<Interval> intervals_of(const std::vector<Figure>& figures) {
  std::map<size_t, std::vector<size_t>> by_size;
  for (size_t i = 0; i < figures.size(); ++i) by_size[figures[i].values.size()].push_back(i);
  std::vector<Interval> intervals(figures.size());
  for (const auto& [size, places] : by_size) {
    std::vector<Sampled> sampled;
    for (const size_t i : places) sampled.push_back({figures[i].values, figures[i].statistic});
    const std::vector<Interval> found = bootstrap(sampled, 0, size > 1 ? kResamples : 1);
    for (size_t k = 0; k < places.size(); ++k) intervals[places[k]] = found[k];
  }
  return intervals;
}

// The row of evaluation.json, and a line of the log.
Json row_of(const Figure& figure, const Interval& interval) {
  Json row = {{"group", figure.group},       {"name", figure.name}, {"title", figure.title},
              {"weft", interval.mean},       {"low", nullptr},      {"high", nullptr},
              {"baselines", Json::object()}, {"chance", nullptr},   {"lower_is_better", figure.lower_is_better}};
  char number[64];
  std::snprintf(number, sizeof number, " %.3f", interval.mean);
  std::string line = join("  ", figure.name, std::string(40 - std::min<size_t>(40, figure.name.size()), ' '), number);
  if (figure.values.size() > 1) {
    row["low"] = interval.low, row["high"] = interval.high;
    std::snprintf(number, sizeof number, "  [%.3f, %.3f]", interval.low, interval.high);
    line += number;
  }
  const auto add_other = [&](const std::string& name, double value) {
    std::snprintf(number, sizeof number, " %.3f", value);
    line += "   " + name + number;
  };
  if (figure.chance) row["chance"] = *figure.chance, add_other("chance", *figure.chance);
  for (const auto& [name, value] : figure.baselines) row["baselines"][name] = value, add_other(name, value);
  log_info(line);
  return row;
}

void write_findings(const Path& folder, const Path& checkpoint, const Evaluated& e, const Findings& findings) {
  const std::vector<Interval> intervals = intervals_of(findings.figures);
  Json metrics = Json::array();
  for (size_t i = 0; i < intervals.size(); ++i) metrics.push_back(row_of(findings.figures[i], intervals[i]));
  const Json content = {{"split", e.config.evaluate.split},
                        {"checkpoint", checkpoint.filename().string()},
                        {"images", e.images.size()},
                        {"texts", findings.texts},
                        {"metrics", metrics},
                        {"classifiers", findings.classifiers},
                        {"verified", findings.verified},
                        {"galleries", findings.galleries},
                        {"episodes", findings.episodes}};
  write_atomically(folder / "evaluation.json", content.dump(1) + "\n");
  write_atomically(folder / "queries.json", findings.queries.dump(1) + "\n");
  if (!findings.objects.empty()) write_atomically(folder / "objects.json", findings.objects.dump() + "\n");
  write_report(folder);
  log_info("report ", (folder / "report.html").string());
}

int threads_of(const RunConfig& config, int ranks_of_host) {
  if (config.engine.threads > 0) return static_cast<int>(config.engine.threads);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks_of_host);
}

}  // namespace

std::string picture_of(const Evaluated& e, uint32_t sample) {
  const Tensor rows = evaluation_views(e.store, {sample}, e.view_size())[0].permute({1, 2, 0}).contiguous();
  Image image(static_cast<int>(rows.size(1)), static_cast<int>(rows.size(0)), 3);
  std::copy_n(rows.data_ptr<uint8_t>(), rows.numel(), image.pixels.begin());
  return base64(encode_png(image));
}

Exit run_evaluate(const EvaluateRequest& request, Comm& comm) {
  const Recipe recipe = Recipe::read(request.run_folder / "recipe.toml", request.overrides);
  RunConfig config;
  recipe.fill(config);
  at::set_num_threads(threads_of(config, request.ranks_of_host));
  const Store store(config.data.first_dataset());
  const Tokenizer tokenizer(config.data.tokenizer_file());
  const std::unique_ptr<Model> model = config.model->build(tokenizer.size(), static_cast<uint64_t>(config.run.seed));
  const Path checkpoint = Checkpoints(request.run_folder / "checkpoints", {}, comm).latest();
  check(!checkpoint.empty(), request.run_folder.string(), ": has no checkpoint to evaluate");
  load_for_evaluation(checkpoint, *model);

  KnownConcepts known(store);
  Evaluated evaluated{
      .config = config, .store = store, .model = *model, .tokenizer = tokenizer, .known = known, .comm = comm};
  evaluated.images = store.split(config.evaluate.split);
  evaluated.train = store.split(config.data.all_sources().begin()->second.split);
  check(!evaluated.images.empty(), store.folder().string(), ": split \"", config.evaluate.split, "\" is empty");
  log_info("evaluating ", checkpoint.string(), " on ", evaluated.images.size(), " images of ", config.evaluate.split);
  Findings findings;
  if (model->has_masks()) {
    judge_masks(evaluated, findings);
    if (comm.is_first()) write_findings(request.run_folder, checkpoint, evaluated, findings);
    comm.barrier();
    return Exit::done;
  }
  evaluated.image_ND = embed_samples(*model, store, evaluated.images, comm);
  if (config.evaluate.probe || config.evaluate.neighbours) {
    evaluated.dev = store.split(config.evaluate.dev_split);
    check(!evaluated.dev.empty(), store.folder().string(), ": split \"", config.evaluate.dev_split,
          "\" is empty; evaluate.probe and evaluate.neighbours choose on it");
    evaluated.train_ND = embed_samples(*model, store, evaluated.train, comm);
    evaluated.dev_ND = embed_samples(*model, store, evaluated.dev, comm);
  }
  judge_all(evaluated, findings);
  if (comm.is_first()) write_findings(request.run_folder, checkpoint, evaluated, findings);
  comm.barrier();
  return Exit::done;
}

}  // namespace weft
