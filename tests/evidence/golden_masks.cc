// SPDX-License-Identifier: Apache-2.0
// Row segmenter.5: golden_masks FOLDER [fp32|bf16] [STEPS]
// FOLDER holds what the Python peer left (--golden): init.safetensors (weights), data.safetensors (u8 pixels and masks,
// every click of every step) and curve.json (its losses and settings).  Takes the same steps with weft's own trainer,
// compares the losses and says how fast they were taken.  Status 0 only where none differs by more than 1e-3.
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/process.h"
#include "base/safetensors.h"
#include "losses/mask.h"
#include "models/segmenter.h"
#include "trainer/mask_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-3;

struct Recorded {
  explicit Recorded(const Path& file) : reader(file) {
    const auto of = [&](const char* name, const char* type) {
      const SafetensorsEntry* entry = reader.find(name);
      check(entry && entry->dtype == type, file.string(), ": wanted ", type, " ", name);
      return entry;
    };
    const SafetensorsEntry *p = of("pixels", "U8"), *m = of("masks", "U8"), *c = of("coords", "F32"),
                           *l = of("labels", "I32");
    images = p->shape[0], side = p->shape[2], masks = m->shape[1];
    prompts = c->shape[1], rounds = c->shape[2];
    pixels = reader.data(*p), truths = reader.data(*m), coords = reader.data(*c), labels = reader.data(*l);
  }
  SafetensorsReader reader;
  int64_t images, side, masks, prompts, rounds;
  const uint8_t *pixels, *truths, *coords, *labels;

  PromptPoint click(int64_t step, int64_t prompt, int64_t round) const {
    const int64_t place = (step * prompts + prompt) * rounds + round;
    float at[2];
    int32_t label;
    std::memcpy(at, coords + place * 8, 8);
    std::memcpy(&label, labels + place * 4, 4);
    return {at[0], at[1], label ? PointLabel::positive : PointLabel::negative};
  }
};

// Says what was said.
class RecordedPrompter final : public Prompter {
 public:
  explicit RecordedPrompter(const Recorded& recorded) : Prompter({}), recorded_(recorded) {}
  FirstPrompt first(const Asked& asked, const MaskView&, Stream&) override {
    return {PromptKind::point, {click(asked, 0)}, false};
  }
  PromptPoints next(const Asked& asked, const MaskView&, const uint8_t*, int64_t round, Stream&) override {
    return {click(asked, round)};
  }

 private:
  PromptPoint click(const Asked& asked, int64_t round) const {
    return recorded_.click(asked.step, asked.image * recorded_.masks + asked.object, round);
  }
  const Recorded& recorded_;
};

Batch batch_of(const Recorded& recorded, int64_t step, int64_t images) {
  Batch batch;
  batch.step = step;
  batch.image_size = static_cast<int>(recorded.side);
  batch.images = {0, images};
  const auto plane = static_cast<size_t>(recorded.side * recorded.side);
  for (int64_t i = 0; i < images; ++i) {
    const int64_t image = (step * images + i) % recorded.images;
    batch.picks.push_back({static_cast<uint32_t>(image), 0});
    const uint8_t* pixels = recorded.pixels + static_cast<size_t>(image) * 3 * plane;
    batch.pixels.insert(batch.pixels.end(), pixels, pixels + 3 * plane);
    ViewObjects& objects = batch.objects.emplace_back();
    for (int64_t m = 0; m < recorded.masks; ++m) {
      const uint8_t* truth = recorded.truths + static_cast<size_t>(image * recorded.masks + m) * plane;
      ViewObject& object = objects.asked.emplace_back();
      object.number = m;
      object.inside.assign(truth, truth + plane);
    }
  }
  return batch;
}

int run(const Path& folder, Precision precision, int64_t most_steps) {
  at::set_num_threads(2);
  const Recorded recorded(folder / "data.safetensors");
  const Json curve = Json::parse(read_text(folder / "curve.json"));
  SegmenterSettings settings;
  settings.size = "tiny";
  std::unique_ptr<Model> model = settings.build(0, 0);
  NamedTensors values;
  for (Parameter& parameter : model->parameters().all())
    if (!parameter.name.starts_with("extra.")) values.emplace_back(parameter.name, parameter.value);
  load_tensors(folder / "init.safetensors", values);

  OptimizerSettings optimizer;  // torch's defaults
  optimizer.lr = std::stod(curve["args"]["lr"].get<std::string>());
  optimizer.beta2 = 0.999, optimizer.epsilon = 1e-8, optimizer.weight_decay = 0.01;
  ScheduleSettings schedule;
  schedule.shape = "constant";
  schedule.warmup_steps = 0;
  MaskLossSettings loss;
  loss.object = 0;
  MaskObjectiveSettings asked;
  asked.prompts.corrections = recorded.rounds - 1;
  asked.prompts.mask_only = 0;
  LocalComm comm;
  FlatSettings flat;
  flat.precision = precision;
  Learner learner(std::move(model), flat, optimizer, comm);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(loss.build());
  const auto steps = std::min<int64_t>(most_steps, static_cast<int64_t>(curve["curve"].size()));
  Trainer trainer(learner,
                  std::make_unique<MaskObjective>(learner, std::move(losses), asked, comm,
                                                  std::make_unique<RecordedPrompter>(recorded)),
                  optimizer, schedule, StepSettings{.steps = steps}, comm);
  const int64_t images = recorded.prompts / recorded.masks;
  double worst = 0, fastest = 1e9;
  for (int64_t step = 0; step < steps; ++step) {
    Batch batch = batch_of(recorded, step, images);
    const auto start = std::chrono::steady_clock::now();
    const double ours = trainer.take(batch, {.updates = step}).loss;
    fastest = std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    const double theirs = curve["curve"][static_cast<size_t>(step)];
    worst = std::max(worst, std::abs(ours - theirs));
    if (step % 10 == 0 || step + 1 == steps)
      std::printf("step %3lld  weft %.6f  Python %.6f\n", static_cast<long long>(step), ours, theirs);
  }
  std::printf("steps/s %.3f\npeak_rss %.0f MiB\n", 1 / fastest, peak_memory_mib());
  std::printf("largest difference over %lld steps: %.2e (allowed %.0e)\n", static_cast<long long>(steps), worst,
              kTolerance);
  return worst <= kTolerance ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc >= 2, "wanted: golden_masks FOLDER [fp32|bf16] [STEPS]");
    const bool narrow = argc > 2 && std::string(argv[2]) == "bf16";
    return weft::run(argv[1], narrow ? weft::Precision::bf16 : weft::Precision::fp32,
                     argc > 3 ? std::atol(argv[3]) : 1 << 30);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "golden_masks: %s\n", error.what());
    return 2;
  }
}
