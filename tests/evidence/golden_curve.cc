// SPDX-License-Identifier: Apache-2.0
// Row first-light.4, first half: golden_curve FOLDER [MICRO_BATCH]
// FOLDER holds what an open_clip run left: init.safetensors (weights), data.safetensors (u8 pixels, tokens), order.json
// (the pairs of each step) and curve.json (its losses and settings).  Takes the same steps with weft's own trainer and
// compares the losses.  Status 0 only where none differs by more than 1e-3.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/safetensors.h"
#include "losses/infonce.h"
#include "models/two_tower.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-3;

// The pairs of the run: pixels u8 [N, 3, S, S] and ids i64 [N, context].
struct Pairs {
  explicit Pairs(const Path& file) : reader(file) {
    const SafetensorsEntry *p = reader.find("pixels"), *t = reader.find("tokens");
    check(p && t && p->dtype == "U8" && t->dtype == "I64", file.string(), ": wanted U8 pixels and I64 tokens");
    side = p->shape[2];
    context = t->shape[1];
    pixels = reader.data(*p);
    tokens = reader.data(*t);
  }
  std::vector<int32_t> ids(int64_t pair) const {
    std::vector<int64_t> row(static_cast<size_t>(context));
    std::memcpy(row.data(), tokens + pair * context * 8, row.size() * 8);
    const auto end = std::max_element(row.begin(), row.end());  // the end token has the highest id
    return {row.begin(), end + 1};
  }
  SafetensorsReader reader;
  int64_t side, context;
  const uint8_t *pixels, *tokens;
};

// Every pair is its own positive; equal texts of the step are one row of the table.
Batch batch_of(const Pairs& pairs, const Json& order, int64_t step) {
  Batch batch;
  batch.step = step;
  batch.image_size = static_cast<int>(pairs.side);
  const size_t bytes = static_cast<size_t>(3 * pairs.side * pairs.side);
  for (const Json& each : order) {
    const auto pair = each.get<int64_t>();
    const auto image = static_cast<int32_t>(batch.picks.size());
    batch.picks.push_back({static_cast<uint32_t>(pair), 0});
    const uint8_t* first = pairs.pixels + static_cast<size_t>(pair) * bytes;
    batch.pixels.insert(batch.pixels.end(), first, first + bytes);
    const std::vector<int32_t> ids = pairs.ids(pair);
    const auto known = std::find(batch.tokens.begin(), batch.tokens.end(), ids);
    batch.cells.drawn.emplace_back(image, static_cast<int32_t>(known - batch.tokens.begin()));
    if (known == batch.tokens.end()) batch.tokens.push_back(ids);
  }
  batch.cells.images = static_cast<int64_t>(batch.picks.size());
  batch.cells.texts = static_cast<int64_t>(batch.tokens.size());
  batch.cells.begin.assign(batch.picks.size() + 1, 0);
  batch.images = {0, batch.cells.images};
  batch.texts = {0, batch.cells.texts};
  return batch;
}

int run(const Path& folder, int64_t micro_batch) {
  at::set_num_threads(2);
  const Pairs pairs(folder / "data.safetensors");
  const Json order = Json::parse(read_text(folder / "order.json"));
  const Json curve = Json::parse(read_text(folder / "curve.json"));
  TwoTowerSettings settings;
  settings.size = "tiny";
  settings.vocabulary = 49408;
  std::unique_ptr<Model> model = settings.build(49408, 0);
  NamedTensors values;
  for (Parameter& parameter : model->parameters().all()) values.emplace_back(parameter.name, parameter.value);
  load_tensors(folder / "init.safetensors", values);

  OptimizerSettings optimizer;  // open_clip's: AdamW .9/.98/1e-6, decay .2 on matrices, no clipping
  optimizer.lr = std::stod(curve["args"]["lr"].get<std::string>());
  optimizer.weight_decay = std::stod(curve["args"]["wd"].get<std::string>());
  ScheduleSettings schedule;
  schedule.shape = "constant";
  InfoNceSettings loss;
  loss.targets.positives = "identity";
  LocalComm comm;
  Learner learner(std::move(model), FlatSettings{}, optimizer, comm);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(loss.build());
  const auto steps = static_cast<int64_t>(order.size());
  Trainer trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                  optimizer, schedule, StepSettings{.steps = steps, .micro_batch = micro_batch}, comm);
  double worst = 0;
  for (int64_t step = 0; step < steps; ++step) {
    Batch batch = batch_of(pairs, order[static_cast<size_t>(step)], step);
    const double ours = trainer.take(batch, {.updates = step}).loss;
    const double theirs = curve["curve"][static_cast<size_t>(step)][0];
    worst = std::max(worst, std::abs(ours - theirs));
    if (step % 10 == 0 || step + 1 == steps)
      std::printf("step %3lld  weft %.6f  open_clip %.6f\n", static_cast<long long>(step), ours, theirs);
  }
  std::printf("largest difference over %lld steps: %.2e (allowed %.0e)\n", static_cast<long long>(steps), worst,
              kTolerance);
  return worst <= kTolerance ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc >= 2, "wanted: golden_curve FOLDER [MICRO_BATCH]");
    return weft::run(argv[1], argc > 2 ? std::atol(argv[2]) : 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "golden_curve: %s\n", error.what());
    return 2;
  }
}
