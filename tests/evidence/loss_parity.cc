// SPDX-License-Identifier: Apache-2.0
// Row contrastive.2: loss_parity FOLDER
// FOLDER holds what tests/evidence/open_clip_losses.py left: of each case features (f32, not yet unit) and open_clip's
// loss and gradients by one process in f64.  Takes the same step with weft's trainer on 1, 2 and 4 ranks (threads), in
// 1, 2 and 8 micro-batches each, and prints the largest relative difference.  Status 0 only where none exceeds 1e-6.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/safetensors.h"
#include "launch/thread_comm.h"
#include "models/weights.h"
#include "tests/losses/identity_pairs.h"
#include "tests/trainer/table_model.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-6;

struct Case {
  std::string name, loss;
  double log_scale, bias, value, log_scale_gradient, bias_gradient;
  Tensor images, texts, image_gradient, text_gradient;
};

std::vector<Case> read_cases(const Path& folder) {
  std::vector<Case> cases;
  for (const Json& json : Json::parse(read_text(folder / "cases.json"))) {
    const std::vector<int64_t> shape = {json["batch"], json["dim"]};
    const auto room = [&] { return at::empty(shape, at::kFloat); };
    cases.push_back({json["name"], json["loss"], json["log_scale"], json["bias"], json["value"],
                     json["log_scale_gradient"], json["bias_gradient"], room(), room(), room(), room()});
    Case& c = cases.back();
    NamedTensors tensors = {{"images", c.images},
                            {"texts", c.texts},
                            {"image_gradient", c.image_gradient},
                            {"text_gradient", c.text_gradient}};
    load_tensors(folder / (c.name + ".safetensors"), tensors);
  }
  return cases;
}

// Distance by the length of what is wanted.
double apart(const Tensor& found, const Tensor& wanted) {
  const Tensor distance = (found.to(at::kDouble) - wanted.to(at::kDouble)).square().sum();
  return std::sqrt((distance / wanted.to(at::kDouble).square().sum()).item<double>());
}

double apart(double found, double wanted) {
  return std::abs(found - wanted) / std::max(std::abs(wanted), 1e-3);
}

struct Difference {
  double loss = 0, images = 0, texts = 0, log_scale = 0, bias = 0;
  double most() const { return std::max({loss, images, texts, log_scale, bias}); }
};

// One step; the gradients are read from the first moments, which after one update are 0.1 of them.
Difference take(const Case& c, int micro_batches, Comm& comm) {
  OptimizerSettings settings;
  settings.clip_norm = 0;
  Learner learner(std::make_unique<TableModel>(c.images, c.texts, c.log_scale, c.bias), FlatSettings{}, settings, comm);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(identity_loss(c.loss));
  const int64_t batch = c.images.size(0), share = (batch + comm.size() - 1) / comm.size();
  Trainer trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                  settings, {}, {.steps = 1, .micro_batch = (share + micro_batches - 1) / micro_batches}, comm);
  std::vector<int32_t> pairs;
  for (int32_t i = 0; i < batch; ++i) pairs.push_back(i);
  Batch step = TableModel::batch(pairs, batch, comm.rank(), comm.size());
  const StepReport report = trainer.take(step, {});
  Difference found;
  found.loss = apart(report.loss, c.value);
  for (const auto& [name, moment] : learner.flat.gathered(State::moment1, comm)) {
    const Tensor gradient = moment / (1 - settings.beta1);
    if (name == "images") found.images = apart(gradient, c.image_gradient);
    if (name == "texts") found.texts = apart(gradient, c.text_gradient);
    if (name == "logit_scale") found.log_scale = apart(gradient.item<double>(), c.log_scale_gradient);
    if (name == "logit_bias") found.bias = apart(gradient.item<double>(), c.bias_gradient);
  }
  return found;
}

int run(const Path& folder) {
  double worst = 0;
  for (const Case& c : read_cases(folder))
    for (const int ranks : {1, 2, 4})
      for (const int micro_batches : {1, 2, 8}) {
        Difference found;
        run_thread_ranks(ranks, [&](Comm& comm) {
          at::set_num_threads(1);
          const Difference mine = take(c, micro_batches, comm);
          if (comm.is_first()) found = mine;
        });
        worst = std::max(worst, found.most());
        std::printf("%-16s np %d, accumulation %d: loss %.1e  images %.1e  texts %.1e  log scale %.1e  bias %.1e\n",
                    c.name.c_str(), ranks, micro_batches, found.loss, found.images, found.texts, found.log_scale,
                    found.bias);
      }
  std::printf("contrastive.2: largest relative difference %.1e (<= %.0e)\n", worst, kTolerance);
  return worst <= kTolerance ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc == 2, "wanted: loss_parity FOLDER");
    return weft::run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "loss_parity: %s\n", error.what());
    return 2;
  }
}
