// SPDX-License-Identifier: Apache-2.0
#include "trainer/trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/fault.h"
#include "launch/thread_comm.h"
#include "tests/trainer/toy.h"

namespace weft {
namespace {

struct Result {
  std::vector<double> losses;
  Tensor state;
};

Result run(const toy::Setup& setup, int ranks) {
  Result result;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    const std::vector<double> losses = toy::take_steps(trainer, setup, comm, 0, setup.steps);
    const Tensor state = toy::all_state(*learner, comm);
    if (!comm.is_first()) return;
    result.losses = losses;
    result.state = state;
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
  const auto learner = toy::learner(setup, comm);
  Trainer trainer = toy::trainer(*learner, setup, comm);
  double first = 0, last = 0;
  for (int i = 0; i < 60; ++i) {
    Batch b = toy::batch(0, setup.images, 0, 1);
    last = trainer.take(b, {.updates = i}).loss;
    if (i == 0) first = last;
  }
  EXPECT_LT(last, 0.75 * first);
}

TEST(Trainer, AStepThatIsNotFiniteChangesNothingOnAnyRank) {
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    toy::take_steps(trainer, setup, comm, 0, 2);
    const Tensor before = toy::all_state(*learner, comm);
    fault::add_plan({"nan:1:2"});
    Batch b = toy::batch(2, setup.images, comm.rank(), 2);
    const StepReport report = trainer.take(b, {.updates = 2});
    EXPECT_TRUE(report.skipped);
    EXPECT_TRUE(toy::all_state(*learner, comm).equal(before));
    comm.barrier();
    fault::clear();
  });
}

TEST(Trainer, AnImageDamagedOnOneRankIsLeftOutByAll) {
  std::vector<double> losses(2);
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    Batch b = toy::batch(0, setup.images, comm.rank(), 2);
    if (comm.rank() == 1) b.damaged.emplace_back(9, "truncated");
    const StepReport report = trainer.take(b, {});
    EXPECT_EQ(report.damaged, 1);
    EXPECT_EQ(b.cells.unreadable, std::vector<int32_t>{9});
    losses[static_cast<size_t>(comm.rank())] = report.loss;
  });
  EXPECT_EQ(losses[0], losses[1]);
}

TEST(Trainer, AStopAskedOfOneRankIsKnownToAll) {
  run_thread_ranks(2, [&](Comm& comm) {
    toy::Setup setup;
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    Batch b = toy::batch(0, setup.images, comm.rank(), 2);
    EXPECT_TRUE(trainer.take(b, {.stop = comm.rank() == 1}).stop_agreed);
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
  LocalComm comm;
  try {
    Learner learner(toy::small_model().build(toy::kVocabulary, 5), FlatSettings{}, settings, comm);
    FAIL() << "a glob that matches nothing was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("*positional_embeding"), std::string::npos) << error.what();
  }
}

class Elastic : public testing::TestWithParam<Precision> {
 protected:
  toy::Setup setup() const {
    toy::Setup setup;
    setup.precision = GetParam();
    setup.virtual_ranks = 4;
    setup.bucket_mib = 0.02;
    return setup;
  }
};

TEST_P(Elastic, OneTwoAndFourRanksEndInTheSameBits) {
  const Result one = run(setup(), 1);
  for (const int ranks : {2, 4}) {
    const Result other = run(setup(), ranks);
    EXPECT_EQ(one.losses, other.losses);
    EXPECT_TRUE(one.state.equal(other.state)) << ranks << " ranks";
  }
}

TEST_P(Elastic, AnyBucketSizeEndsInTheSameBits) {
  const Result small = run(setup(), 2);
  for (const double mib : {0.1, 64.0}) {
    toy::Setup other = setup();
    other.bucket_mib = mib;
    EXPECT_TRUE(run(other, 2).state.equal(small.state)) << mib << " MiB";
  }
}

TEST_P(Elastic, AMicroBatchKeepsTheBitsOfAnyNumberOfRanks) {
  toy::Setup split = setup();
  split.micro_batch = 2;
  const Result one = run(split, 1);
  EXPECT_TRUE(run(split, 4).state.equal(one.state));
  if (GetParam() == Precision::fp32) expect_same_steps(one, run(setup(), 1), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(In, Elastic, testing::Values(Precision::fp32, Precision::bf16));

TEST(Trainer, ComputingBlocksAgainChangesNoBit) {
  toy::Setup plain, again;
  again.recompute = true;
  for (const int ranks : {1, 2}) {
    const Result kept = run(plain, ranks), computed = run(again, ranks);
    EXPECT_EQ(kept.losses, computed.losses);
    EXPECT_TRUE(kept.state.equal(computed.state)) << ranks << " ranks";
  }
}

TEST(Trainer, OutOfMemoryOnOneRankHalvesTheMicroBatchOfAll) {
  fault::add_plan({"oom:1:2", "oom:0:4"});
  const Result halved = run({.steps = 8}, 2);
  fault::clear();
  toy::Setup split{.steps = 8, .micro_batch = 2};
  expect_same_steps(halved, run(split, 2), 1e-5);
}

TEST(Trainer, AFrozenTowerStaysAndTheRestLearns) {
  toy::Setup setup{.steps = 3};
  setup.frozen = {"visual.*"};
  run_thread_ranks(2, [&](Comm& comm) {
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    const NamedTensors before = learner->flat.gathered(State::master, comm);
    toy::take_steps(trainer, setup, comm, 0, 3);
    const NamedTensors after = learner->flat.gathered(State::master, comm);
    for (size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(before[i].second.equal(after[i].second), before[i].first.starts_with("visual.")) << before[i].first;
  });
}

TEST(Trainer, AFlippedBitIsFoundBeforeTheNextUpdate) {
  fault::add_plan({"flip:1:5"});
  std::string message;
  try {
    run({.steps = 8}, 2);
  } catch (const Error& error) {
    message = error.what();
  }
  fault::clear();
  EXPECT_NE(message.find("rank 1: weights changed between two updates, in "), std::string::npos) << message;
}

}  // namespace
}  // namespace weft
