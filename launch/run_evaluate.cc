// SPDX-License-Identifier: Apache-2.0
#include "launch/run_evaluate.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "configs/recipe.h"
#include "launch/color_ridge.h"
#include "launch/judged_layer.h"
#include "launch/report.h"
#include "launch/run_config.h"
#include "launch/views.h"
#include "trainer/checkpoint.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRecallAt = 5;
constexpr int kRidgeDraws = 4;
constexpr const char* kRidgeName = "ridge on colours";
constexpr double kRidgeStrengths[] = {1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3};

struct Figure {
  std::string name, title;
  std::vector<double> ours, chance, ridge;  // by query; ridge is empty where it was not asked
};

Figure figure_of(const std::string& name, const std::string& title, const std::vector<double>& ours,
                 const std::vector<double>& chance, const std::vector<double>* ridge) {
  return {name, title, ours, chance, ridge == nullptr ? std::vector<double>() : *ridge};
}

std::vector<Figure> figures_of(const std::string& layer, const Retrieval& ours, const Retrieval* ridge) {
  const auto& t = ours.text_to_image;
  const auto& i = ours.image_to_text;
  const std::string at = " recall@" + std::to_string(kRecallAt);
  return {
      figure_of(layer + ".text_to_image_map", layer + ": text → image mAP", t.average_precision, t.chance,
                ridge ? &ridge->text_to_image.average_precision : nullptr),
      figure_of(layer + ".image_to_text_map", layer + ": image → text mAP", i.average_precision, i.chance,
                ridge ? &ridge->image_to_text.average_precision : nullptr),
      figure_of(layer + ".text_to_image_recall", layer + ": text → image" + at, t.hit.at(kRecallAt),
                t.chance_hit.at(kRecallAt), ridge ? &ridge->text_to_image.hit.at(kRecallAt) : nullptr),
      figure_of(layer + ".image_to_text_recall", layer + ": image → text" + at, i.hit.at(kRecallAt),
                i.chance_hit.at(kRecallAt), ridge ? &ridge->image_to_text.hit.at(kRecallAt) : nullptr),
  };
}

Json json_of(const Figure& figure) {
  const Interval interval = bootstrap_mean(figure.ours, 0);
  Json baselines = Json::object();
  if (!figure.ridge.empty()) baselines[kRidgeName] = mean_of(figure.ridge);
  return {{"name", figure.name},   {"title", figure.title},  {"weft", interval.mean},           {"low", interval.low},
          {"high", interval.high}, {"baselines", baselines}, {"chance", mean_of(figure.chance)}};
}

// The ridge's scores on the gallery, its strength chosen by text -> image mAP on another split.
Tensor ridge_scores(const Store& store, const JudgedLayer& layer, const RunConfig& config,
                    const Tensor& gallery_views) {
  const std::vector<uint32_t> train = store.split(config.data.all_sources().begin()->second.split);
  const std::vector<uint32_t> dev = store.split(config.evaluate.color_baseline_dev);
  const auto size = static_cast<int>(gallery_views.size(2));
  const Tensor dev_views = evaluation_views(store, dev, size);
  const JudgedLayer dev_layer = judged_layer(store, layer.name, dev, train);
  const ColorRidge on_dev(store, train, size, kRidgeDraws, true_columns(store, dev_layer, train),
                          static_cast<int64_t>(dev_layer.texts.size()));
  double best = -1, strength = 0;
  for (const double candidate : kRidgeStrengths) {
    const double map = mean_of(judge(dev_layer, on_dev.scores(dev_views, candidate)).text_to_image.average_precision);
    if (map > best) best = map, strength = candidate;
  }
  log_info("ridge on colours: strength ", strength, " chosen on ", config.evaluate.color_baseline_dev, " (mAP ", best,
           ")");
  const ColorRidge ridge(store, train, size, kRidgeDraws, true_columns(store, layer, train),
                         static_cast<int64_t>(layer.texts.size()));
  return ridge.scores(gallery_views, strength);
}

// What rank 0 makes of the embeddings.
struct Evaluation {
  Json metrics = Json::array(), galleries = Json::array(), queries = Json::object();
  size_t texts = 0;
};

void judge_layer(const Store& store, const JudgedLayer& layer, const RunConfig& config, bool known,
                 const Tensor& scores, const Tensor& views, const std::vector<uint32_t>& gallery, Evaluation& result) {
  const Retrieval ours = judge(layer, scores);
  const bool has_ridge = known && !config.evaluate.color_baseline_dev.empty();
  Retrieval ridge;
  if (has_ridge) ridge = judge(layer, ridge_scores(store, layer, config, views));
  for (const Figure& figure : figures_of(layer.name, ours, has_ridge ? &ridge : nullptr)) {
    result.metrics.push_back(json_of(figure));
    const Json& row = result.metrics.back();
    char line[200];
    std::snprintf(line, sizeof line, "  %-36s %.3f  [%.3f, %.3f]   chance %.3f", figure.name.c_str(),
                  row["weft"].get<double>(), row["low"].get<double>(), row["high"].get<double>(),
                  row["chance"].get<double>());
    log_info(line, has_ridge ? "   ridge " + std::to_string(mean_of(figure.ridge)).substr(0, 5) : "");
  }
  Json& queries = result.queries[layer.name];
  for (size_t q = 0; q < ours.text_to_image.queries.size(); ++q) {
    Json& row = queries[layer.texts[static_cast<size_t>(ours.text_to_image.queries[q])]];
    row["weft"] = ours.text_to_image.average_precision[q];
    if (has_ridge) row[kRidgeName] = ridge.text_to_image.average_precision[q];
  }
  for (Json& shown : galleries_of(layer, scores, views, store, gallery, config.evaluate.gallery_texts,
                                  config.evaluate.gallery_images))
    result.galleries.push_back(std::move(shown));
  result.texts += layer.texts.size();
}

}  // namespace

Exit run_evaluate(const EvaluateRequest& request, Comm& comm) {
  const Recipe recipe = Recipe::read(request.run_folder / "recipe.toml", request.overrides);
  RunConfig config;
  recipe.fill(config);
  at::set_num_threads(std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / request.ranks_of_host));
  const Store store(config.data.first_dataset());
  const std::string trained_on = config.data.all_sources().begin()->second.split;
  const Tokenizer tokenizer(config.data.tokenizer_file());
  const std::unique_ptr<Model> model = config.model->build(tokenizer.size(), static_cast<uint64_t>(config.run.seed));
  const Path checkpoint = Checkpoints(request.run_folder / "checkpoints", {}, comm).latest();
  check(!checkpoint.empty(), request.run_folder.string(), ": has no checkpoint to evaluate");
  load_for_evaluation(checkpoint, *model);

  const std::vector<uint32_t> gallery = store.split(config.evaluate.split);
  check(!gallery.empty(), store.folder().string(), ": split \"", config.evaluate.split, "\" is empty");
  log_info("evaluating ", checkpoint.string(), " on ", gallery.size(), " images of ", config.evaluate.split);
  const Tensor images = embed_samples(*model, store, gallery, comm);
  const Tensor views = comm.is_first() ? evaluation_views(store, gallery, model->preprocess().image_size) : Tensor();
  Evaluation result;
  for (const std::string& name : config.evaluate.layers.empty() ? store.layers() : config.evaluate.layers) {
    const auto& known_layers = config.evaluate.known_layers;
    const bool known = std::find(known_layers.begin(), known_layers.end(), name) != known_layers.end();
    const JudgedLayer layer =
        judged_layer(store, name, gallery, known ? store.split(trained_on) : std::vector<uint32_t>());
    const Tensor texts = embed_texts(*model, tokenizer, layer.texts, comm);
    if (comm.is_first()) judge_layer(store, layer, config, known, at::mm(images, texts.t()), views, gallery, result);
  }
  if (comm.is_first()) {
    const Json evaluation = {{"split", config.evaluate.split}, {"checkpoint", checkpoint.filename().string()},
                             {"images", gallery.size()},       {"texts", result.texts},
                             {"metrics", result.metrics},      {"galleries", result.galleries}};
    write_atomically(request.run_folder / "evaluation.json", evaluation.dump(1) + "\n");
    write_atomically(request.run_folder / "queries.json", result.queries.dump(1) + "\n");
    write_report(request.run_folder);
    log_info("report ", (request.run_folder / "report.html").string());
  }
  comm.barrier();
  return Exit::done;
}

}  // namespace weft
