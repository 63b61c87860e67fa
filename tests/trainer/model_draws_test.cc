// SPDX-License-Identifier: Apache-2.0
// Models that draw (patch dropout, drop path), adapt (LoRA) or are partly frozen take the same step however it is cut.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "launch/thread_comm.h"
#include "tests/trainer/toy.h"

namespace weft {
namespace {

// Losses of `steps` steps; `batch_of` gives the step's batch of a rank.
std::vector<double> losses_of(const TwoTowerSettings& model, const toy::Setup& setup, int ranks,
                              const std::function<Batch(int64_t step, const Comm&)>& batch_of) {
  std::vector<double> losses;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    Learner learner(model.build(toy::kVocabulary, 5), FlatSettings{}, toy::optimizer(setup), comm);
    Trainer trainer = toy::trainer(learner, setup, comm);
    for (int64_t step = 0; step < setup.steps; ++step) {
      Batch batch = batch_of(step, comm);
      const double loss = trainer.take(batch, {.updates = step}).loss;
      if (comm.is_first()) losses.push_back(loss);
    }
  });
  return losses;
}

Batch next_step(int64_t step, const Comm& comm) {
  return toy::batch(step, 16, comm.rank(), comm.size());
}

TwoTowerSettings drawing_model() {
  TwoTowerSettings model = toy::small_model();
  model.patch = 4;
  model.patch_dropout = 0.5;
  model.drop_path = model.text_drop_path = 0.4;
  return model;
}

void expect_same(const std::vector<double>& one, const std::vector<double>& other) {
  ASSERT_EQ(one.size(), other.size());
  for (size_t step = 0; step < one.size(); ++step) EXPECT_NEAR(one[step], other[step], 1e-5 * one[step]) << step;
}

TEST(ModelDraws, AnyRanksAndAccumulationDrawTheSame) {
  toy::Setup setup;
  setup.steps = 8;
  setup.ema = 0;
  const std::vector<double> whole = losses_of(drawing_model(), setup, 1, next_step);
  expect_same(whole, losses_of(drawing_model(), setup, 2, next_step));
  for (const int64_t micro : {1, 3}) {
    setup.micro_batch = micro;
    expect_same(whole, losses_of(drawing_model(), setup, 1, next_step));
    expect_same(whole, losses_of(drawing_model(), setup, 2, next_step));
  }
  TwoTowerSettings still = drawing_model();
  still.patch_dropout = still.drop_path = still.text_drop_path = 0;
  EXPECT_GT(std::abs(losses_of(still, setup, 1, next_step)[0] - whole[0]), 1e-3);
}

TEST(ModelDraws, AFrozenTowerWithLoraTakesTheSameStepWithAndWithoutReplay) {
  toy::Setup setup;
  setup.steps = 6;
  setup.ema = 0;
  for (const char* frozen : {"visual.*", "transformer.*"}) {
    TwoTowerSettings model = drawing_model();
    if (frozen != std::string("visual.*")) model.lora = {frozen};
    setup.frozen = {frozen};
    setup.micro_batch = 0;
    const std::vector<double> whole = losses_of(model, setup, 1, next_step);
    setup.micro_batch = 4;
    expect_same(whole, losses_of(model, setup, 1, next_step));
    expect_same(whole, losses_of(model, setup, 2, next_step));
  }
}

TEST(ModelDraws, SigLipsTowersLearnABatchByHeart) {
  TwoTowerSettings model = toy::small_model();
  model.family = "siglip";
  model.embed = 32;
  toy::Setup setup;
  setup.steps = 60;
  setup.ema = 0;
  const std::vector<double> losses = losses_of(model, setup, 1, [](int64_t step, const Comm& comm) {
    Batch batch = toy::batch(0, 8, comm.rank(), comm.size());
    batch.step = step;
    for (auto& text : batch.tokens) text.resize(8, 0);
    return batch;
  });
  EXPECT_LT(losses.back(), 0.5 * losses.front());
}

}  // namespace
}  // namespace weft
