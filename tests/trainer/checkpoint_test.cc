// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/fault.h"
#include "launch/thread_comm.h"
#include "tests/support.h"
#include "tests/trainer/flat_filled.h"
#include "tests/trainer/golden_checkpoint.h"
#include "tests/trainer/toy.h"
#include "trainer/checkpoint_reader.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTensorFiles[] = {"model.safetensors", "ema.safetensors", "optimizer.safetensors"};

// Takes steps [begin, end) of 8, going on from what is there, and saves.  Returns all states, one after another.
Tensor go(const Path& folder, int ranks, int64_t end, const toy::Setup& setup = {}) {
  Tensor result;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    const auto learner = toy::learner(setup, comm);
    Trainer trainer = toy::trainer(*learner, setup, comm);
    Checkpoints checkpoints(folder, {}, comm);
    TrainProgress progress = checkpoints.restore_latest(learner->flat).value_or(TrainProgress());
    toy::take_steps(trainer, setup, comm, progress.step, end);
    progress.step = progress.updates = end;
    checkpoints.begin(learner->flat, progress, 1);
    checkpoints.finish();
    const Tensor state = toy::all_state(*learner, comm);
    if (comm.is_first()) result = state;
  });
  return result;
}

TEST(Checkpoints, AResumedRunEndsBitEqualToAnUninterruptedOne) {
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    const ScratchFolder straight, cut;
    const toy::Setup setup{.precision = precision};
    const Tensor wanted = go(straight.path(), 2, 8, setup);
    go(cut.path(), 2, 3, setup);
    go(cut.path(), 2, 5, setup);
    EXPECT_TRUE(go(cut.path(), 2, 8, setup).equal(wanted));
  }
}

TEST(Checkpoints, ARunOfVirtualRanksGoesOnWithTheSameBitsOnAnyNumberOfRanks) {
  const toy::Setup setup{.virtual_ranks = 4};
  const ScratchFolder straight, cut;
  const Tensor wanted = go(straight.path(), 2, 8, setup);
  go(cut.path(), 4, 3, setup);
  go(cut.path(), 1, 5, setup);
  EXPECT_TRUE(go(cut.path(), 2, 8, setup).equal(wanted));
}

TEST(Checkpoints, AnyNumberOfRanksWritesTheSameBytes) {
  const ScratchFolder one;
  run_thread_ranks(1, [&](Comm& comm) { FilledFlat(comm, {.ema = true, .virtual_ranks = 4}).save(one.path(), 5); });
  for (const int ranks : {2, 4}) {
    const ScratchFolder many;
    run_thread_ranks(ranks, [&](Comm& comm) {
      // Buckets of another size matter as little.
      FilledFlat(comm, {.ema = true, .virtual_ranks = 4, .bucket_mib = 0.02 * ranks}).save(many.path(), 5);
    });
    for (const auto& file : fs::directory_iterator(one / "step-00000005"))
      EXPECT_EQ(read_bytes(file.path()), read_bytes(many / "step-00000005" / file.path().filename())) << file.path();
  }
}

TEST(Checkpoints, OtherRanksAndOtherVirtualRanksReadWhatWasWritten) {
  const ScratchFolder folder;
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    run_thread_ranks(4, [&](Comm& comm) { FilledFlat(comm, {precision, true, 8}).save(folder.path(), 5); });
    for (const int ranks : {1, 2, 3})
      run_thread_ranks(ranks, [&](Comm& comm) {
        FilledFlat other(comm, {precision, true});
        const auto progress = Checkpoints(folder.path(), {}, comm).restore_latest(other.flat);
        EXPECT_TRUE(other.holds(5)) << "rank " << comm.rank() << " of " << ranks;
        ASSERT_TRUE(progress);
        EXPECT_EQ(progress->step, 5);
        EXPECT_EQ(progress->updates, 4);
      });
  }
}

TEST(Checkpoints, Bf16LeavesFollowTheRestoredMasters) {
  const ScratchFolder folder;
  const toy::Setup setup{.precision = Precision::bf16};
  go(folder.path(), 2, 2, setup);
  run_thread_ranks(2, [&](Comm& comm) {
    const auto learner = toy::learner(setup, comm);
    Checkpoints(folder.path(), {}, comm).restore_latest(learner->flat);
    for (const auto& [name, master] : learner->flat.gathered(State::master, comm)) {
      const Tensor& leaf = learner->model->parameters().find(name)->value;
      EXPECT_TRUE(leaf.equal(master.to(leaf.scalar_type()))) << name;
    }
  });
}

TEST(Checkpoints, WhatChangesAfterTheSnapshotIsNotInTheCheckpoint) {
  const ScratchFolder folder;
  run_thread_ranks(2, [&](Comm& comm) {
    FilledFlat filled(comm);
    Checkpoints checkpoints(folder.path(), {}, comm);
    for (const int64_t step : {1, 2, 3}) {  // the second waits for the first to be written
      filled.fill(static_cast<uint64_t>(step));
      checkpoints.begin(filled.flat, {.step = step}, 1);
      checkpoints.wait_snapshot();
      filled.fill(99);
    }
    checkpoints.finish();
    checkpoints.restore_latest(filled.flat);
    EXPECT_TRUE(filled.holds(3));
    comm.barrier();
    if (comm.is_first()) fs::remove_all(folder / "step-00000003");
    comm.barrier();
    checkpoints.restore_latest(filled.flat);
    EXPECT_TRUE(filled.holds(2));
  });
}

TEST(Checkpoints, ACheckpointIsOneOnlyAfterEveryRankIsDone) {
  const ScratchFolder folder;
  run_thread_ranks(2, [&](Comm& comm) {
    FilledFlat filled(comm);
    Checkpoints checkpoints(folder.path(), {}, comm);
    EXPECT_EQ(checkpoints.state(), 0);
    EXPECT_LT(checkpoints.wait_snapshot(), 1e-3) << "there is nothing to wait for";
    checkpoints.begin(filled.flat, {.step = 1}, 1);
    for (float least = 1; least < 2;) {
      checkpoints.advance(1);  // some rank is not done
      least = -static_cast<float>(checkpoints.state());
      std::span<float> one(&least, 1);
      comm.all_reduce(one, Comm::Op::max);
      least = -least;
    }
    EXPECT_FALSE(fs::exists(folder / "step-00000001"));
    comm.barrier();
    checkpoints.advance(2);
    EXPECT_EQ(checkpoints.state(), 0);
    checkpoints.finish();
    EXPECT_EQ(checkpoints.latest(), folder / "step-00000001");
  });
}

TEST(Checkpoints, AFolderWithoutCheckpointsStartsAtTheBeginning) {
  const ScratchFolder folder;
  LocalComm comm;
  FilledFlat filled(comm);
  EXPECT_FALSE(Checkpoints(folder.path(), {}, comm).restore_latest(filled.flat));
  const Path none = folder / "not/made/yet";
  EXPECT_FALSE(Checkpoints(none, {}, comm).restore_latest(filled.flat));
  filled.save(none, 1);
  EXPECT_TRUE(Checkpoints(none, {}, comm).restore_latest(filled.flat));
}

std::vector<int64_t> steps_of(const Path& folder) {
  std::vector<int64_t> steps;
  for (const CheckpointFolder& each : checkpoint_folders(folder)) steps.insert(steps.begin(), each.step);
  return steps;
}

TEST(Checkpoints, TheNewestAreKeptAndThoseOfEverySoManyStepsAndTheBest) {
  const double scores[] = {9, 3, 8, 2, 7, INFINITY, 6, 5};  // of steps 1 to 8
  const auto left = [&](const KeepSettings& keep) {
    const ScratchFolder folder;
    LocalComm comm;
    FilledFlat filled(comm, {});
    Checkpoints checkpoints(folder.path(), keep, comm);
    for (int64_t step = 1; step <= 8; ++step) filled.save(checkpoints, step, scores[step - 1]);
    return steps_of(folder.path());
  };
  using Steps = std::vector<int64_t>;
  EXPECT_EQ(left({.last = 2}), (Steps{7, 8}));
  EXPECT_EQ(left({.last = 1, .every = 3}), (Steps{3, 6, 8}));
  EXPECT_EQ(left({.last = 1, .best = 2}), (Steps{2, 4, 8}));
  EXPECT_EQ(left({.last = 2, .every = 4, .best = 1}), (Steps{4, 7, 8}));
}

TEST(Checkpoints, OneOfALaterStepThatWasPassedOverCountsNotAmongTheNewest) {
  const ScratchFolder folder;
  LocalComm comm;
  FilledFlat filled(comm);
  filled.save(folder.path(), 9);
  fs::remove(folder / "step-00000009/manifest.json");
  Checkpoints checkpoints(folder.path(), {.last = 1}, comm);
  filled.save(checkpoints, 3);
  filled.save(checkpoints, 4);
  EXPECT_EQ(steps_of(folder.path()), (std::vector<int64_t>{4, 9}));
  filled.save(checkpoints, 9);  // takes the place of the damaged one
  EXPECT_EQ(checkpoints.latest(), folder / "step-00000009");
}

TEST(Checkpoints, ACheckpointOfAnotherModelIsRefusedByName) {
  const ScratchFolder folder;
  go(folder.path(), 1, 2);
  TwoTowerSettings wider = toy::small_model();
  wider.embed = 16;
  for (const int ranks : {1, 2})
    run_thread_ranks(ranks, [&](Comm& comm) {
      Learner other(wider.build(toy::kVocabulary, 5), {.ema = true}, toy::optimizer({}), comm);
      const std::string text = error_of([&] { Checkpoints(folder.path(), {}, comm).restore_latest(other.flat); });
      EXPECT_NE(text.find("model.safetensors: holds another model than the recipe describes"), std::string::npos)
          << text;
      EXPECT_NE(text.find("visual.proj (F32 [32,24] in the file, wanted F32 [32,16])"), std::string::npos) << text;
      EXPECT_NE(text.find("while resuming from"), std::string::npos) << text;
    });
}

TEST(Checkpoints, AMovingAverageThatIsNotThereIsAskedForByName) {
  const ScratchFolder folder;
  LocalComm comm;
  FilledFlat(comm, {}).save(folder.path(), 3);
  FilledFlat with(comm, {.ema = true});
  const std::string text = error_of([&] { Checkpoints(folder.path(), {}, comm).restore_latest(with.flat); });
  EXPECT_NE(text.find("has no moving average, but optimizer.ema asks for one"), std::string::npos) << text;
}

TEST(Checkpoints, EvaluationTakesTheMovingAverageWhereThereIsOne) {
  for (const double decay : {0.9, 0.0}) {
    const ScratchFolder folder;
    const toy::Setup setup{.ema = decay};
    go(folder.path(), 1, 4, setup);
    const auto model = toy::small_model().build(toy::kVocabulary, 99);
    load_for_evaluation(folder / "step-00000004", *model);
    LocalComm comm;
    const auto learner = toy::learner(setup, comm);
    Checkpoints(folder.path(), {}, comm).restore_latest(learner->flat);
    for (const auto& [name, value] : learner->flat.gathered(decay > 0 ? State::ema : State::master, comm))
      EXPECT_TRUE(model->parameters().find(name)->value.equal(value)) << name;
  }
}

TEST(Checkpoints, OthersReadTheFilesAsTheyAre) {
  const ScratchFolder folder;
  LocalComm comm;
  FilledFlat filled(comm);
  filled.save(folder.path(), 3);
  const SafetensorsReader reader(folder / "step-00000003/optimizer.safetensors");
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : reader.entries()) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"moment1.scale", "moment1.table", "moment1.bias", "moment1.proj",
                                             "moment2.scale", "moment2.table", "moment2.bias", "moment2.proj"}));
  for (const auto& [name, value] : filled.flat.gathered(State::moment2, comm)) {
    const SafetensorsEntry* entry = reader.find("moment2." + name);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->shape, value.sizes().vec());
    EXPECT_EQ(std::memcmp(reader.data(*entry), value.data_ptr(), value.nbytes()), 0) << name;
  }
}

TEST(Checkpoints, ThoseOfEveryVersionLoad) {
  for (const std::string version : {"checkpoint_v1", "checkpoint_v2"}) {
    const Path folder = Path(WEFT_SOURCE_DIR) / "tests/golden" / version;
    run_thread_ranks(2, [&](Comm& comm) {
      const auto model = golden::model();
      FlatParameters flat(model->parameters(), {.ema = true, .virtual_ranks = 2}, comm);
      const auto progress = Checkpoints(folder, {}, comm).restore_latest(flat);
      ASSERT_TRUE(progress);
      EXPECT_EQ(progress->step, golden::progress().step);
      EXPECT_EQ(progress->updates, golden::progress().updates);
      EXPECT_EQ(progress->skipped_in_a_row, golden::progress().skipped_in_a_row);
      EXPECT_EQ(progress->damaged, golden::progress().damaged);
      EXPECT_EQ(progress->seconds, golden::progress().seconds);
      EXPECT_EQ(progress->pinned, version == "checkpoint_v1" ? TrainProgress().pinned : golden::kPinned);
      const auto number_of = golden::numbers(model->parameters());
      for (const State state : {State::master, State::moment1, State::moment2, State::ema})
        for (const auto& [name, value] : flat.gathered(state, comm))
          for (int64_t i = 0; i < value.numel(); ++i)
            ASSERT_EQ(value.data_ptr<float>()[i], golden::value(state, number_of.at(name), i)) << name << " " << i;
    });
    const auto model = golden::model();
    load_for_evaluation(folder / "step-00000120", *model);
    const auto number_of = golden::numbers(model->parameters());
    for (const Parameter& parameter : model->parameters().all())
      EXPECT_EQ(parameter.value.data_ptr<float>()[0], golden::value(State::ema, number_of.at(parameter.name), 0));
  }
}

TEST(Checkpoints, TheWriterGivesTheBytesOfTheGoldenOne) {
  const ScratchFolder folder;
  run_thread_ranks(4, [&](Comm& comm) {
    const auto model = golden::model();
    FlatParameters flat(model->parameters(), {.ema = true, .virtual_ranks = 4}, comm);
    golden::fill(flat, model->parameters());
    TrainProgress progress = golden::progress();
    progress.pinned = golden::kPinned;
    Checkpoints checkpoints(folder.path(), {}, comm);
    checkpoints.begin(flat, progress, golden::kScore);
    checkpoints.finish();
  });
  const Path wanted = Path(WEFT_SOURCE_DIR) / "tests/golden/checkpoint_v2/step-00000120";
  for (const char* file : {kTensorFiles[0], kTensorFiles[1], kTensorFiles[2], kStateFile, kManifestFile})
    EXPECT_EQ(read_bytes(folder / "step-00000120" / file), read_bytes(wanted / file)) << file;
}

TEST(Packing, LeavesThePaddingOut) {
  const Packing packing({7, 64, 0, 100});  // at 0, 64, 128 and 128; padded to 256
  EXPECT_EQ(packing.count(), 171);
  EXPECT_EQ(packing.place(0), 0);
  EXPECT_EQ(packing.place(6), 6);
  EXPECT_EQ(packing.place(7), 7);
  EXPECT_EQ(packing.place(63), 7);
  EXPECT_EQ(packing.place(64), 7);
  EXPECT_EQ(packing.place(128), 71);
  EXPECT_EQ(packing.place(227), 170);
  EXPECT_EQ(packing.place(240), 171);
  EXPECT_EQ(packing.place(256), 171);
  EXPECT_EQ(packing.place(1000), 171);
}

}  // namespace
}  // namespace weft
