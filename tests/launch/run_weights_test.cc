// SPDX-License-Identifier: Apache-2.0
// Weights leave a run by other projects' names and start another one.
#include "launch/run_weights.h"

#include <gtest/gtest.h>

#include "base/safetensors.h"
#include "launch/run_train.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

Exit train(const Path& recipe, const std::vector<std::string>& overrides, bool dry_run = false) {
  LocalComm comm;
  return run_train({recipe, overrides, dry_run, 1}, comm);
}

TEST(RunWeights, ARunStartsFromWhatAnotherOneLeft) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  ASSERT_EQ(train(recipe, {}), Exit::done);
  for (const std::string naming : {"original", "hugging_face"}) {
    const Path file = scratch / (naming + ".safetensors");
    ASSERT_EQ(run_weights(scratch / "run", file, {"naming=" + naming}), Exit::done);
    EXPECT_EQ(train(recipe, {"run.folder=" + (scratch / naming).string(), "init.from=" + file.string()}), Exit::done);
  }
  const SafetensorsReader left(scratch / "original.safetensors"),
      kept(scratch / "run/checkpoints/step-00000004/model.safetensors");
  EXPECT_EQ(left.entries().size(), kept.entries().size());
  EXPECT_NE(SafetensorsReader(scratch / "hugging_face.safetensors").find("vision_model.pre_layrnorm.weight"), nullptr);
}

TEST(RunWeights, AFileThatDoesNotFitStopsTheRunBeforeItsFirstStep) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  ASSERT_EQ(train(recipe, {}), Exit::done);
  const Path file = scratch / "left.safetensors";
  run_weights(scratch / "run", file, {});
  const std::vector<std::string> wider = {"init.from=" + file.string(), "model.two_tower.embed=24"};
  EXPECT_NE(error_of([&] { train(recipe, wider, /*dry_run=*/true); }).find("mismatched: visual.proj"),
            std::string::npos);
  EXPECT_NE(error_of([&] { run_weights(scratch / "run", file, {"naming=keras"}); }).find("naming"), std::string::npos);
}

TEST(RunWeights, ASigLipModelTrains) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  EXPECT_EQ(train(toy::write_recipe(scratch), {"model.two_tower.family=siglip", "model.two_tower.embed=32",
                                               "model.two_tower.patch_dropout=0.3", "batch.micro=3"}),
            Exit::done);
}

}  // namespace
}  // namespace weft
