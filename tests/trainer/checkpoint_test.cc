// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint.h"

#include <ATen/ops/cat.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "launch/thread_comm.h"
#include "tests/trainer/toy.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() : folder_(fs::temp_directory_path() / ("weft_checkpoint_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    make_folder(folder_);
  }
  ~CheckpointTest() override { fs::remove_all(folder_); }

  // Takes steps [begin, end) of 8, resuming from what is there, and saves.  Returns the flat parameters.
  Tensor go(int ranks, int64_t end, const toy::Setup& setup = {}) {
    Tensor parameters;
    run_thread_ranks(ranks, [&](Comm& comm) {
      at::set_num_threads(1);
      const auto learner = toy::learner(setup);
      Trainer trainer = toy::trainer(*learner, setup, comm);
      const Checkpoints checkpoints(folder_, 2);
      TrainProgress progress = checkpoints.restore_latest(*learner, comm).value_or(TrainProgress());
      toy::take_steps(trainer, setup, comm, progress.step, end);
      progress.step = progress.updates = end;
      checkpoints.save(*learner, progress, comm);
      if (comm.is_first())
        parameters = at::cat({learner->flat.master(), learner->flat.moment2(), learner->optimizer.ema()});
    });
    return parameters;
  }

  static void overwrite_a_byte(const Path& file) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-5, std::ios::end);
    stream.put('\x7f');
  }

  Path folder_;
};

TEST_F(CheckpointTest, AResumedRunEndsBitEqualToAnUninterruptedOne) {
  const Tensor straight = go(2, 8);
  fs::remove_all(folder_);
  make_folder(folder_);
  go(2, 3);
  go(2, 5);
  EXPECT_TRUE(go(2, 8).equal(straight));
}

TEST_F(CheckpointTest, AnyNumberOfRanksResumes) {
  const Tensor saved = go(2, 4);
  EXPECT_TRUE(go(1, 4).equal(saved));
  EXPECT_TRUE(go(4, 4).equal(saved));
}

TEST_F(CheckpointTest, ADamagedNewestOneIsPassedOver) {
  go(1, 3);
  go(1, 5);
  ASSERT_EQ(Checkpoints(folder_, 2).latest().filename(), "step-00000005");
  overwrite_a_byte(folder_ / "step-00000005" / "optimizer.safetensors");
  EXPECT_EQ(Checkpoints(folder_, 2).latest().filename(), "step-00000003");
  fs::remove(folder_ / "step-00000003" / "manifest.json");
  EXPECT_EQ(Checkpoints(folder_, 2).latest(), Path());
}

TEST_F(CheckpointTest, AHalfWrittenFolderIsNoCheckpoint) {
  go(1, 3);
  fs::rename(folder_ / "step-00000003", folder_ / "step-00000003.tmp");
  EXPECT_EQ(Checkpoints(folder_, 2).latest(), Path());
}

TEST_F(CheckpointTest, OnlyTheNewestAreKept) {
  for (const int64_t step : {1, 2, 3, 4}) go(1, step);
  EXPECT_FALSE(fs::exists(folder_ / "step-00000002"));
  EXPECT_TRUE(fs::exists(folder_ / "step-00000003"));
  EXPECT_TRUE(fs::exists(folder_ / "step-00000004"));
}

TEST_F(CheckpointTest, ACheckpointOfAnotherModelIsRefusedByName) {
  go(1, 2);
  TwoTowerSettings wider = toy::small_model();
  wider.embed = 16;
  Learner other(wider.build(toy::kVocabulary, 5), Precision::fp32, toy::optimizer({}));
  LocalComm comm;
  try {
    Checkpoints(folder_, 2).restore_latest(other, comm);
    FAIL() << "a checkpoint of another model was loaded";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("holds another model than the recipe describes"), std::string::npos);
    EXPECT_NE(text.find("visual.proj (F32 [32,24] in the file, wanted F32 [32,16])"), std::string::npos);
    EXPECT_NE(text.find("while resuming from"), std::string::npos);
  }
}

TEST_F(CheckpointTest, EvaluationTakesTheMovingAverage) {
  go(1, 4);
  const auto model = toy::small_model().build(toy::kVocabulary, 99);
  load_for_evaluation(folder_ / "step-00000004", *model);
  LocalComm comm;
  const auto learner = toy::learner({});
  Checkpoints(folder_, 2).restore_latest(*learner, comm);
  for (const auto& [name, value] : learner->flat.named(learner->optimizer.ema()))
    EXPECT_TRUE(model->parameters().find(name)->value.equal(value)) << name;
}

}  // namespace
}  // namespace weft
