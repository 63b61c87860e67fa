// SPDX-License-Identifier: Apache-2.0
// Whole runs on a small dataset: ranks as threads, stop and resume, what the run folder holds.
#include "launch/run_train.h"

#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "launch/run_config.h"
#include "launch/run_evaluate.h"
#include "launch/thread_comm.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

Exit train(const Path& recipe, int ranks, std::vector<std::string> overrides = {}) {
  Exit exit = Exit::failed;
  run_thread_ranks(ranks, [&](Comm& comm) {
    const Exit mine = run_train({recipe, overrides, false, 1}, comm);
    if (comm.is_first()) exit = mine;
  });
  return exit;
}

std::vector<nlohmann::json> metrics(const Path& folder) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(read_text(folder / "metrics.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(RunTrain, LeavesEverythingARunFolderHas) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch, "[evaluate]\nsplit = \"all\"\n");
  ASSERT_EQ(train(recipe, 2, {"run.log_every=1"}), Exit::done);
  for (const char* name : {"recipe.toml", "env.json", "metrics.jsonl", "report.html", "log.rank0.txt", "log.rank1.txt",
                           "checkpoints/step-00000004/manifest.json", "checkpoints/step-00000002/model.safetensors"})
    EXPECT_TRUE(std::filesystem::exists(scratch / "run" / name)) << name;
  const auto lines = metrics(scratch / "run");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[3]["step"], 4);
  EXPECT_TRUE(std::isfinite(lines[3]["loss"].get<double>()));

  run_thread_ranks(2, [&](Comm& comm) { EXPECT_EQ(run_evaluate({scratch / "run", {}, 1}, comm), Exit::done); });
  const auto evaluation = nlohmann::json::parse(read_text(scratch / "run" / "evaluation.json"));
  EXPECT_EQ(evaluation["images"], 12);
  EXPECT_EQ(evaluation["metrics"].size(), 10u);  // both ways: mAP, recall at 1, 5 and 10, median rank
  EXPECT_NE(read_text(scratch / "run" / "report.html").find("data:image/png;base64,"), std::string::npos);
}

TEST(RunTrain, TheSameCommandAgainGoesOnBitEqual) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  const auto folder = [&](const char* name) { return "run.folder=" + (scratch / name).string(); };
  const auto model = [&](const char* name) {
    return read_bytes(scratch / name / "checkpoints/step-00000004/model.safetensors");
  };
  ASSERT_EQ(train(recipe, 2, {folder("straight")}), Exit::done);
  ASSERT_EQ(train(recipe, 2, {folder("cut")}), Exit::done);
  std::filesystem::remove_all(scratch / "cut/checkpoints/step-00000004");  // as if killed after step 2 was saved
  ASSERT_EQ(train(recipe, 2, {folder("cut")}), Exit::done);
  EXPECT_EQ(model("straight"), model("cut"));
}

TEST(RunTrain, ASignalSavesAndStops) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  stop_on_signals();
  std::raise(SIGUSR1);
  EXPECT_EQ(train(recipe, 2), Exit::preempted);
  EXPECT_TRUE(std::filesystem::exists(scratch / "run/checkpoints/step-00000001/manifest.json"));
  forget_stop_request();
  EXPECT_EQ(train(recipe, 2), Exit::done);
}

TEST(RunTrain, ThreadsAndPrefetchChangeNothing) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  ASSERT_EQ(train(recipe, 1, {"run.folder=" + (scratch / "one").string()}), Exit::done);
  ASSERT_EQ(train(recipe, 1, {"run.folder=" + (scratch / "many").string(), "data.threads=4", "data.prefetch=1"}),
            Exit::done);
  EXPECT_EQ(read_bytes(scratch / "one/checkpoints/step-00000004/model.safetensors"),
            read_bytes(scratch / "many/checkpoints/step-00000004/model.safetensors"));
}

TEST(RunTrain, EveryRecipeOfTheProjectCanBeRead) {
  for (const auto& entry : std::filesystem::directory_iterator(Path(WEFT_SOURCE_DIR) / "configs/recipes")) {
    RunConfig config;
    EXPECT_EQ(error_of([&] { Recipe::read(entry.path()).fill(config); }), "") << entry.path();
  }
}

}  // namespace
}  // namespace weft
