// SPDX-License-Identifier: Apache-2.0
// What saving costs a step, and what a save that is cut short leaves behind.
//   checkpoint_bench train FOLDER SAVES   a model of 300 M parameters takes steps and saves; prints the stalls
//   checkpoint_bench verify FOLDER        checks the newest against its hashes
//   checkpoint_bench save FOLDER STEP     saves 32 MiB whose numbers follow from the step
//   checkpoint_bench check FOLDER STEP    goes on from the newest, which must be that of the step, number for number
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/fault.h"
#include "base/random.h"
#include "losses/infonce.h"
#include "models/two_tower.h"
#include "tests/trainer/flat_filled.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

constexpr int64_t kImages = 2, kSide = 224, kTexts = 2;
constexpr int kVocabulary = 1000;

// ViT-L/16 and a small text tower: 308 M parameters.
TwoTowerSettings large_model() {
  TwoTowerSettings s;
  s.image_size_ = kSide;
  s.patch = 16;
  s.image_width = 1024;
  s.image_layers = 24;
  s.head_width = 64;
  s.text_context = 16;
  s.text_width = 256;
  s.text_layers = 4;
  s.text_heads = 4;
  s.embed = 512;
  return s;
}

Batch random_batch(int64_t step) {
  Batch batch;
  batch.step = step;
  batch.image_size = kSide;
  batch.images = {0, kImages};
  batch.texts = {0, kTexts};
  batch.cells.images = kImages;
  batch.cells.texts = kTexts;
  batch.cells.begin = {0};
  Stream stream(1, Purpose::augment, static_cast<uint64_t>(step), 0);
  for (int32_t i = 0; i < kImages; ++i) {
    batch.picks.push_back({static_cast<uint32_t>(i), 0});
    batch.cells.text.push_back(i);
    batch.cells.q.push_back(1);
    batch.cells.w.push_back(1);
    batch.cells.drawn.emplace_back(i, i);
    batch.cells.begin.push_back(i + 1);
    batch.tokens.push_back({kVocabulary - 2, static_cast<int32_t>(stream.below(500)), kVocabulary - 1});
  }
  for (int64_t p = 0; p < kImages * 3 * kSide * kSide; ++p) batch.pixels.push_back(static_cast<uint8_t>(stream.bits()));
  return batch;
}

// What a save costs that copies on the training's thread, and that memory is not fresh.
double copy_seconds(FlatParameters& flat) {
  const CheckpointWriter writer(flat, "");
  std::vector<float> copy(writer.snapshot_size());
  const Clock::time_point start = Clock::now();
  writer.take_snapshot(flat, copy);
  return seconds_since(start);
}

void train(const Path& folder, int saves) {
  LocalComm comm;
  OptimizerSettings optimizer;
  Learner learner(large_model().build(kVocabulary, 1), {}, optimizer, comm);
  Checkpoints checkpoints(folder, {.last = 1}, comm);
  checkpoints.restore_latest(learner.flat);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(InfoNceSettings().build());
  double waited = 0;
  StepSettings settings{.steps = 1000, .before_update = [&] { waited += checkpoints.wait_snapshot(); }};
  ScheduleSettings schedule;
  schedule.warmup_steps = 0;
  Trainer trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                  optimizer, schedule, settings, comm);
  TrainProgress progress;
  const auto step = [&] {
    const Clock::time_point start = Clock::now();
    Batch batch = random_batch(progress.step);
    const StepReport report = trainer.take(batch, {.updates = progress.updates, .save_state = checkpoints.state()});
    ++progress.step, ++progress.updates;
    checkpoints.advance(report.least_save_state);
    return seconds_since(start);
  };
  step();
  std::printf("parameters %lld\n", static_cast<long long>(learner.model->parameters().count()));
  std::vector<double> stalls, copies, alone, beside;
  for (int save = 0; save < saves; ++save) {
    alone.push_back(step());
    copies.push_back(copy_seconds(learner.flat));
    waited = 0;
    const Clock::time_point start = Clock::now();
    checkpoints.begin(learner.flat, progress, 1);
    const double begun = seconds_since(start);
    int steps = 0;
    do beside.push_back(step()), ++steps;
    while (checkpoints.state() == 1);
    checkpoints.finish();
    stalls.push_back(begun + waited);
    std::printf("save %d: begin %.1f ms, wait %.1f ms; written under %d steps\n", save, 1e3 * begun, 1e3 * waited,
                steps);
  }
  std::printf("step_seconds alone %.2f, beside a save %.2f\n", median(alone), median(beside));
  std::printf("stall_ms %.1f\ncopy_ms %.1f\n", 1e3 * median(stalls), 1e3 * median(copies));
}

void verify(const Path& folder) {
  LocalComm comm;
  const Clock::time_point start = Clock::now();
  const Path newest = Checkpoints(folder, {}, comm).latest();
  check(!newest.empty(), folder.string(), ": has no whole checkpoint");
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(newest)) bytes += file.file_size();
  std::printf("verified %s bytes %llu seconds %.1f\n", newest.filename().c_str(),
              static_cast<unsigned long long>(bytes), seconds_since(start));
}

ParameterSet parameters_of_32_mib() {
  ParameterSet set(1);  // of which there are three states
  set.add("first", {1000, 1024}, Init::constant(0));
  set.add("middle", {777}, Init::constant(0));
  set.add("last", {1729, 1024}, Init::constant(0));
  return set;
}

void save(const Path& folder, int64_t step) {
  fault::add_plan_from_environment();
  LocalComm comm;
  FilledFlat filled(comm, {}, parameters_of_32_mib());
  filled.save(folder, step);
}

void check_step(const Path& folder, int64_t step) {
  LocalComm comm;
  FilledFlat filled(comm, {}, parameters_of_32_mib());
  const auto progress = Checkpoints(folder, {}, comm).restore_latest(filled.flat);
  check(progress.has_value(), folder.string(), ": has no checkpoint");
  check(progress->step == step, folder.string(), ": its newest is of step ", progress->step, ", wanted ", step);
  check(filled.holds(static_cast<uint64_t>(step)), folder.string(), ": step ", step, " holds other numbers");
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) try {
  const std::string verb = argc > 1 ? argv[1] : "";
  const int number = argc > 3 ? std::atoi(argv[3]) : 0;
  if (verb == "train" && number > 0)
    weft::train(argv[2], number);
  else if (verb == "verify" && argc == 3)
    weft::verify(argv[2]);
  else if (verb == "save" && number > 0)
    weft::save(argv[2], number);
  else if (verb == "check" && number > 0)
    weft::check_step(argv[2], number);
  else
    weft::fail("usage: checkpoint_bench train FOLDER SAVES | verify FOLDER | save FOLDER STEP | check FOLDER STEP");
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
