// SPDX-License-Identifier: Apache-2.0
#include "trainer/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "launch/thread_comm.h"
#include "tests/trainer/toy.h"

namespace weft {
namespace {

struct Result {
  std::vector<double> losses;
  Tensor parameters;
};

Result run(const toy::Setup& setup, int ranks) {
  Result result;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    const auto learner = toy::learner(setup);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    const std::vector<double> losses = toy::take_steps(trainer, setup, comm, 0, setup.steps);
    if (!comm.is_first()) return;
    result.losses = losses;
    result.parameters = learner->flat.master().clone();
  });
  return result;
}

void expect_same_steps(const Result& one, const Result& other, double relative) {
  ASSERT_EQ(one.losses.size(), other.losses.size());
  for (size_t step = 0; step < one.losses.size(); ++step)
    EXPECT_NEAR(one.losses[step], other.losses[step], relative * std::abs(one.losses[step])) << "at step " << step;
}

class EveryPositives : public testing::TestWithParam<const char*> {
 protected:
  toy::Setup setup() const { return {GetParam()}; }
};

TEST_P(EveryPositives, OneTwoAndFourRanksTakeTheSameStepsWithUnevenLabels) {
  const Result one = run(setup(), 1);
  expect_same_steps(one, run(setup(), 2), 1e-5);
  expect_same_steps(one, run(setup(), 4), 1e-5);
}

TEST_P(EveryPositives, AnyAccumulationTakesTheSameSteps) {
  const Result whole = run(setup(), 1);
  for (const int64_t micro : {1, 3, 8}) {
    toy::Setup split = setup();
    split.micro_batch = micro;
    expect_same_steps(whole, run(split, 1), 1e-5);
    expect_same_steps(whole, run(split, 2), 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EveryPositives, testing::Values("identity", "equal_text", "evidence"));

TEST(Trainer, MoreRanksThanTextsStillTakeTheSameSteps) {
  toy::Setup setup;
  setup.steps = 3;
  expect_same_steps(run(setup, 1), run(setup, 8), 1e-5);
}

TEST(Trainer, TheLossFallsByAQuarterOnAStepSeenAgainAndAgain) {
  toy::Setup setup;
  LocalComm comm;
  const auto learner = toy::learner(setup);
  Trainer trainer = toy::trainer(*learner, setup, comm);
  double first = 0, last = 0;
  for (int i = 0; i < 60; ++i) {
    Batch b = toy::batch(0, setup.images, 0, 1);
    last = trainer.take(b, i, false).loss;
    if (i == 0) first = last;
  }
  EXPECT_LT(last, 0.75 * first);
}

TEST(Trainer, AStepThatIsNotFiniteChangesNothingOnAnyRank) {
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    toy::take_steps(trainer, setup, comm, 0, 2);
    Tensor weight = learner->flat.view_of(learner->flat.master(), *learner->model->parameters().find("visual.proj"));
    const Tensor before = learner->flat.master().clone(), moment = learner->flat.moment1().clone();
    const float kept = weight.data_ptr<float>()[0];
    if (comm.rank() == 1) weight.data_ptr<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    Batch b = toy::batch(2, setup.images, comm.rank(), 2);
    const StepReport report = trainer.take(b, 2, false);
    weight.data_ptr<float>()[0] = kept;
    EXPECT_TRUE(report.skipped);
    EXPECT_TRUE(learner->flat.master().equal(before));
    EXPECT_TRUE(learner->flat.moment1().equal(moment));
  });
}

TEST(Trainer, AnImageDamagedOnOneRankIsLeftOutByAll) {
  std::vector<double> losses(2);
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    Batch b = toy::batch(0, setup.images, comm.rank(), 2);
    if (comm.rank() == 1) b.damaged.emplace_back(9, "truncated");
    const StepReport report = trainer.take(b, 0, false);
    EXPECT_EQ(report.damaged, 1);
    EXPECT_EQ(b.cells.unreadable, std::vector<int32_t>{9});
    losses[static_cast<size_t>(comm.rank())] = report.loss;
  });
  EXPECT_EQ(losses[0], losses[1]);
}

TEST(Trainer, AStopAskedOfOneRankIsKnownToAll) {
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    Batch b = toy::batch(0, setup.images, comm.rank(), 2);
    EXPECT_TRUE(trainer.take(b, 0, comm.rank() == 1).stop_agreed);
  });
}

TEST(Trainer, Bf16FollowsFp32) {
  toy::Setup narrow;
  narrow.precision = Precision::bf16;
  const Result wide = run({}, 1), low = run(narrow, 1);
  for (size_t step = 0; step < wide.losses.size(); ++step)
    EXPECT_NEAR(wide.losses[step], low.losses[step], 0.05) << step;
}

TEST(Trainer, ItsSettingsAreCheckedAgainstTheModel) {
  OptimizerSettings settings = toy::optimizer({});
  settings.no_decay = {"*positional_embeding"};
  try {
    Learner learner(toy::small_model().build(toy::kVocabulary, 5), Precision::fp32, settings);
    FAIL() << "a glob that matches nothing was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("*positional_embeding\" matches no parameter"), std::string::npos);
  }
}

}  // namespace
}  // namespace weft
