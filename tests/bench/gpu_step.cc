// SPDX-License-Identifier: Apache-2.0
// Steps of CLIP with a ViT-B/16 image tower (or a small one) on made-up batches, alone on a GPU or on the CPU.
//   gpu_step [images=256] [steps=30] [micro=0] [text_tokens=16] [precision=bf16] [attention=sdpa] [peak_tflops=989]
//            [deterministic=0] [recompute=0] [tower=vit_b_16|nano] [device=cuda|cpu]
// Prints ms of a step (median, and the tenth and ninetieth of a hundred), images/s and the share of the peak (of an
// H100 in bf16 where nothing else is said) that the model's own products take: forward once, backward twice, nothing
// else counted, so recomputed blocks lower it.  Pixels travel to the GPU within the step.
#include <ATen/Context.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "launch/nccl_comm.h"
#include "losses/infonce.h"
#include "models/two_tower.h"
#include "trainer/device.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Options = std::map<std::string, std::string>;

Options parse(int argc, char** argv) {
  Options options = {{"images", "256"},      {"steps", "30"},       {"micro", "0"},       {"text_tokens", "16"},
                     {"precision", "bf16"},  {"attention", "sdpa"}, {"device", "cuda"},   {"peak_tflops", "989"},
                     {"deterministic", "0"}, {"recompute", "0"},    {"tower", "vit_b_16"}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    check(equals != std::string::npos && options.count(word.substr(0, equals)) > 0, "unknown word \"", word,
          "\"; the first lines of tests/bench/gpu_step.cc list what there is");
    options[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return options;
}

int64_t number(const Options& options, const char* key) {
  return std::atoll(options.at(key).c_str());
}

// Width, blocks and tokens of a tower, and what stands before and behind the blocks.
struct TowerShape {
  double width, blocks, tokens, in, embed;
  // Of one forward: the blocks' four matrices, attention's two products, the first and the last matrix.
  double flop() const {
    return 2 * blocks * tokens * width * (12 * width + 2 * tokens) + 2 * tokens * in * width + 2 * width * embed;
  }
};

struct Setup {
  TwoTowerSettings model;
  TowerShape image, text;
};

Setup setup_of(const Options& options) {
  Setup s;
  const auto tokens = static_cast<double>(number(options, "text_tokens"));
  s.model.attention = options.at("attention");
  s.model.recompute = number(options, "recompute") != 0;
  if (options.at("tower") == "nano") {
    s.model.size = "nano";
    s.image = {128, 4, 37, 3 * 8 * 8, 128};
    s.text = {128, 2, tokens, 0, 128};
  } else {
    s.model.size = "vit_b_32";
    s.model.patch = 16;
    s.image = {768, 12, 197, 3 * 16 * 16, 512};
    s.text = {512, 12, tokens, 0, 512};
  }
  return s;
}

constexpr int kVocabulary = 49408;

// Noise, each image with a text of its own.
Batch made_up_batch(int64_t images, int64_t tokens, int image_size) {
  Batch b;
  b.image_size = image_size;
  b.cells.images = b.cells.texts = images;
  Stream stream(1, Purpose::texts, 0, 0);
  for (int32_t i = 0; i < images; ++i) {
    b.picks.push_back({static_cast<uint32_t>(i), 0});
    std::vector<int32_t> text;
    for (int64_t k = 0; k < tokens; ++k) text.push_back(static_cast<int32_t>(stream.below(kVocabulary)));
    b.tokens.push_back(std::move(text));
    b.cells.text.push_back(i);
    b.cells.q.push_back(1);
    b.cells.w.push_back(1);
    b.cells.drawn.emplace_back(i, i);
    b.cells.begin.push_back(i + 1);
  }
  b.images = b.texts = {0, images};
  b.pixels.resize(static_cast<size_t>(images * 3 * image_size * image_size));
  for (uint8_t& pixel : b.pixels) pixel = static_cast<uint8_t>(stream.bits());
  return b;
}

void run(const Options& options) {
  const bool on_gpu = options.at("device") == "cuda";
  if (on_gpu && visible_gpus() == 0) {
    std::puts("gpu_step: not run: no GPU is visible (device=cpu measures the CPU)");
    return;
  }
  const int device = on_gpu ? 0 : kCpu;
  use_device(device);
  at::globalContext().setDeterministicAlgorithms(number(options, "deterministic") != 0, /*warn_only=*/false);
  LocalComm control;
  const auto gpus = on_gpu ? make_nccl_comm(control, device, 300) : nullptr;
  Comm& comm = on_gpu ? *gpus : static_cast<Comm&>(control);

  const Setup setup = setup_of(options);
  OptimizerSettings optimizer;
  optimizer.clip_norm = 1;
  optimizer.ema = 0.999;
  const FlatSettings flat{options.at("precision") == "bf16" ? Precision::bf16 : Precision::fp32, true};
  Learner learner(setup.model.build(kVocabulary, 1), flat, optimizer, comm);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(InfoNceSettings().build());
  const int64_t images = number(options, "images"), steps = number(options, "steps"), warm_up = 5;
  Trainer trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                  optimizer, {}, {.steps = steps + warm_up, .micro_batch = number(options, "micro")}, comm);
  Batch batch = made_up_batch(images, number(options, "text_tokens"), learner.model->preprocess().image_size);

  std::vector<double> seconds;
  double exposed = 0, control_seconds = 0;
  for (batch.step = 0; batch.step < steps + warm_up; ++batch.step) {
    const auto start = std::chrono::steady_clock::now();
    const StepReport report =
        trainer.take(batch, {.updates = batch.step});  // ends by reading the new scale from the device
    if (batch.step < warm_up) continue;
    check(!report.skipped, "step ", batch.step, " has a number that is not finite");
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    exposed += report.exposed_seconds / static_cast<double>(steps);
    control_seconds += report.control_seconds / static_cast<double>(steps);
  }
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    return seconds[static_cast<size_t>(share * static_cast<double>(seconds.size() - 1))];
  };
  const double median = at(0.5), flop = 3 * static_cast<double>(images) * (setup.image.flop() + setup.text.flop());
  std::printf("%s, %s, %s attention, %.1f million numbers, %lld images of %d pixels, texts of %s tokens\n",
              device_name(device).c_str(), options.at("precision").c_str(), options.at("attention").c_str(),
              1e-6 * static_cast<double>(learner.model->parameters().count()), static_cast<long long>(images),
              batch.image_size, options.at("text_tokens").c_str());
  std::printf("step %.2f ms (%.2f to %.2f), of that control %.2f ms and exposed transfers %.2f ms\n", 1e3 * median,
              1e3 * at(0.1), 1e3 * at(0.9), 1e3 * control_seconds, 1e3 * exposed);
  std::printf("%.1f images/s, %.2f TFLOP/s, %.1f %% of %s TFLOP/s\n", static_cast<double>(images) / median,
              1e-12 * flop / median, 1e-12 * flop / median / std::atof(options.at("peak_tflops").c_str()) * 100,
              options.at("peak_tflops").c_str());
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::run(weft::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_step: %s\n", error.what());
    return 1;
  }
}
