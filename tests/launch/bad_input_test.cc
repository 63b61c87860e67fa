// SPDX-License-Identifier: Apache-2.0
// What a user sees when something is wrong: what was found, what was wanted, where.  Evidence row first-light.5.
#include <gtest/gtest.h>

#include <algorithm>

#include "data/importers/import_emoji.h"
#include "launch/run_train.h"
#include "launch/thread_comm.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

std::string train(const Path& recipe, int ranks = 1, std::vector<std::string> overrides = {}) {
  return error_of(
      [&] { run_thread_ranks(ranks, [&](Comm& comm) { run_train({recipe, overrides, false, 1}, comm); }); });
}

void expect_in(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << message;
}

TEST(BadInput, ARecipeWithThreeTyposNamesAllThreeWithLineAndSuggestion) {
  ScratchFolder scratch;
  const Path recipe = scratch / "typos.toml";
  write_atomically(recipe,
                   "[run]\nstep = 10\n[data]\ndataset = \"d\"\n[model.two_towr]\n[loss.infonce]\nwieght = 0.5\n");
  expect_in(train(recipe), {"typos.toml:2: ", "\"step\"", "\"steps\"", "typos.toml:5: ", "\"two_towr\"",
                            "[model.two_tower]", "typos.toml:7: ", "\"wieght\"", "\"weight\""});
}

TEST(BadInput, AFolderWithoutADatasetSaysWhatIsMissing) {
  ScratchFolder scratch;
  make_folder(scratch / "dataset");
  expect_in(train(toy::write_recipe(scratch)), {"dataset", "dataset.json is missing"});
}

TEST(BadInput, AnEmptyTsvIsNoDataset) {
  ScratchFolder scratch;
  write_atomically(scratch / "pairs.tsv", std::string_view(""));
  const std::string message =
      error_of([&] { TsvImporter().run({scratch / "pairs.tsv", scratch / "dataset", "empty"}); });
  expect_in(message, {"pairs.tsv", "no image"});
}

TEST(BadInput, ATruncatedImageIsRefusedAtTheImport) {
  ScratchFolder scratch;
  toy::write_pairs(scratch, 12);
  Bytes content = read_bytes(scratch / "p5.png");
  content.resize(content.size() - 20);
  write_atomically(scratch / "p5.png", content);
  TsvImporter importer;
  importer.held_back = 0;
  expect_in(error_of([&] { importer.run({scratch / "pairs.tsv", scratch / "dataset", "toy"}); }),
            {"pairs.tsv:7", "p5.png", "truncated PNG", "on.unreadable_image=skip"});
}

TEST(BadInput, AnImageThatCannotBeDecodedIsReplacedAndStopsTheRunBeyondTheBudget) {
  ScratchFolder scratch;
  toy::write_pairs(scratch, 12);
  Bytes content = read_bytes(scratch / "p5.png");
  content[content.size() / 2] ^= 0xff;
  write_atomically(scratch / "p5.png", content);
  TsvImporter importer;
  importer.held_back = 0;
  importer.run({scratch / "pairs.tsv", scratch / "dataset", "toy"});
  const Path recipe = toy::write_recipe(scratch);
  Exit exit = Exit::done;
  testing::internal::CaptureStderr();
  run_thread_ranks(2, [&](Comm& comm) {
    const Exit mine = run_train({recipe, {}, false, 1}, comm);
    if (comm.is_first()) exit = mine;
  });
  expect_in(testing::internal::GetCapturedStderr(),
            {"another image took the place of one", "(p5.png)", "images could not be read (data.damage_budget = 0)"});
  EXPECT_EQ(exit, Exit::data_budget);
  run_thread_ranks(2, [&](Comm& comm) {
    const Exit mine =
        run_train({recipe, {"data.damage_budget=9", "run.folder=" + (scratch / "other").string()}, false, 1}, comm);
    if (comm.is_first()) exit = mine;
  });
  EXPECT_EQ(exit, Exit::done);
}

TEST(BadInput, AnImageWhoseHeaderPromisesTooMuchIsRefusedBeforeAnythingIsAllocated) {
  ScratchFolder scratch;
  toy::write_pairs(scratch, 12);
  Bytes content = encode_jpeg(toy::picture(4), 90);
  const uint8_t kFrame[] = {0xff, 0xc0};  // after it: length (2 bytes), depth, height (2), width (2)
  const auto frame = std::search(content.begin(), content.end(), kFrame, kFrame + 2);
  ASSERT_NE(frame, content.end());
  std::fill(frame + 5, frame + 9, 0xfe);
  write_atomically(scratch / "p4.png", content);
  const std::string message = error_of([&] { TsvImporter().run({scratch / "pairs.tsv", scratch / "dataset", "toy"}); });
  expect_in(message, {"pairs.tsv:", "p4.png", "65278", "pixels"});
}

TEST(BadInput, AnEmptyCaptionIsListedWithItsLineAndCanBeRefused) {
  ScratchFolder scratch;
  const Path tsv = toy::write_pairs(scratch, 6);
  TsvImporter importer;
  importer.held_back = 0;
  const std::string text = importer.run({tsv, scratch / "dataset", "toy"}).text();
  expect_in(text, {"repaired, empty_text", "pairs.tsv:1"});
  importer.on.chosen[Problem::empty_text] = "refuse";
  expect_in(error_of([&] { importer.run({tsv, scratch / "other", "toy"}); }), {"pairs.tsv:1", "is empty"});
}

TEST(BadInput, MoreRanksThanImagesAndABatchLargerThanTheDataSaySo) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  expect_in(train(recipe, 3, {"batch.global=2"}), {"batch.global is 2, but there are 3 ranks"});
  expect_in(train(recipe, 1, {"batch.global=13"}), {"batch.global is 13, but one round visits only 12 samples"});
}

TEST(BadInput, ACheckpointOfAnotherModelIsRefused) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  const Path recipe = toy::write_recipe(scratch);
  ASSERT_EQ(train(recipe), "");
  expect_in(train(recipe, 1, {"model.two_tower.embed=24"}),
            {"this run was started with another recipe", "model.two_tower.embed was 16, is now 24", "resume.allow"});
  expect_in(
      train(recipe, 1, {"model.two_tower.embed=24", "resume.allow=[\"model.two_tower.embed\"]"}),
      {"holds another model than the recipe describes", "visual.proj (F32 [32,16] in the file, wanted F32 [32,24])"});
}

TEST(BadInput, ARunFolderThatCannotBeMadeIsNamed) {
  ScratchFolder scratch;
  toy::import_pairs(scratch, 12);
  write_atomically(scratch / "run", std::string_view("a file in the way"));
  expect_in(train(toy::write_recipe(scratch)),
            {"cannot make the folder", "run/checkpoints", "while making the run folder"});
}

TEST(BadInput, AMissingFontNamesThePathAndThePackage) {
  ScratchFolder scratch;
  const auto importer = make_importer("emoji");
  dynamic_cast<EmojiImporter&>(*importer).font = (scratch / "nothing.ttf").string();
  const std::string message = error_of([&] { importer->run({"", scratch / "dataset", "emoji"}); });
  expect_in(message, {"nothing.ttf", "fonts-noto-color-emoji"});
}

}  // namespace
}  // namespace weft
