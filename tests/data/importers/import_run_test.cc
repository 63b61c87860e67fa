// SPDX-License-Identifier: Apache-2.0
// Pictures, splits, groups, links and the report of an import run; problems and regions have tests of their own.
#include "data/importers/import_run.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "data/manifest.h"
#include "tests/data/importers/import_support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

TEST_F(ImportRunTest, AKeyGivesTheSamePictureAgain) {
  ImportRun run = begin();
  const std::optional<Added> first = run.add_bytes(tiny_png(1, 6, 5), "a.png", "list:1");
  ASSERT_TRUE(first);
  EXPECT_EQ(run.find("a.png")->uid, first->uid);
  EXPECT_FALSE(run.find("b.png"));
  EXPECT_EQ(run.add_bytes(tiny_png(1, 6, 5), "a.png", "list:3")->uid, first->uid);
  EXPECT_EQ(run.add_file(folder_ / "not read again", "a.png", "list:4")->uid, first->uid);
  EXPECT_EQ(first->width, 6);
  EXPECT_EQ(first->height, 5);
  const ImportReport report = run.finish();
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.merged, 0u);
}

TEST_F(ImportRunTest, TheSizeOfATurnedPictureIsTheUprightOne) {
  ImportRun run = begin();
  const Added added = *run.add_bytes(turned_jpeg(6), "a.jpg", "a");
  EXPECT_EQ(added.orientation, 6);
  EXPECT_EQ(added.width, 8);
  EXPECT_EQ(added.height, 16);
  run.finish();
  const Store store(dataset());
  EXPECT_EQ(store.info(0).orientation, 6);
  EXPECT_EQ(store.info(0).width, 16u);
  EXPECT_EQ(store.info(0).upright_width(), 8u);
}

TEST_F(ImportRunTest, AGroupIsWhatTheExpressionCatchesOfTheKey) {
  settings_.group_from = "patient([0-9]+)/|^loose/(.*)";
  ImportRun run = begin();
  EXPECT_EQ(group_of(run, *run.add_bytes(tiny_png(1), "train/patient17/view1.png", "a")), "17");
  EXPECT_EQ(group_of(run, *run.add_bytes(tiny_png(2), "train/patient17/view2.png", "b")), "17");
  EXPECT_EQ(group_of(run, *run.add_bytes(tiny_png(3), "loose/x.png", "c")), "x.png");
  EXPECT_EQ(group_of(run, *run.add_bytes(tiny_png(4), "patient17/named.png", "d", "lot 3")), "lot 3");
  expect_says(error_of([&] { run.add_bytes(tiny_png(5), "other.png", "list.csv:9"); }),
              "list.csv:9: group_from = \"patient([0-9]+)/|^loose/(.*)\" is nowhere in \"other.png\"");
}

TEST_F(ImportRunTest, AnExpressionThatCannotNameGroupsIsRefused) {
  settings_.group_from = "patient[0-9";
  expect_says(error_of([&] { begin(); }), "which is no regular expression");
  settings_.group_from = "patient[0-9]+";
  expect_says(error_of([&] { begin(); }), "wanted parentheses around what is the group");
}

TEST_F(ImportRunTest, AnExpressionThatNothingNeededIsNoted) {
  settings_.group_from = "(.*)";
  ImportRun run = begin();
  run.add_bytes(tiny_png(1), "a.png", "a", "named");
  expect_says(run.finish().text(), "note: group_from was not used: the source names the groups");
}

TEST_F(ImportRunTest, EqualContentIsOnePictureAndAnotherGroupOfItIsAConflict) {
  ImportRun run = begin();
  const Added first = *run.add_bytes(tiny_png(1), "a.png", "list:1", "patient 1");
  EXPECT_EQ(run.add_bytes(tiny_png(1), "copy.png", "list:2", "patient 1")->uid, first.uid);
  EXPECT_EQ(run.add_bytes(tiny_png(1), "copy2.png", "list:3")->uid, first.uid);
  expect_says(error_of([&] { run.add_bytes(tiny_png(1), "copy3.png", "list:4", "patient 2"); }),
              "list:4: puts copy3.png into the group \"patient 2\", but a.png, the same image, is in \"patient 1\"");
  EXPECT_EQ(run.finish().merged, 3u);
}

TEST_F(ImportRunTest, SplitsAreThoseOfTheSourceWhereItNamesThem) {
  settings_.held_back = 0.5;
  ImportRun run = begin();
  const char* const splits[] = {"train", "val", "test set", "val", ""};
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i);
    const Added added = *run.add_bytes(tiny_png(i), name, name);
    if (*splits[i]) run.put_in_split(added, splits[i], "list:" + name);
  }
  const ImportReport report = run.finish();
  EXPECT_EQ(report.splits, (std::vector<std::pair<std::string, size_t>>{{"train", 2}, {"test_set", 1}, {"val", 2}}));
  expect_says(report.text(), "note: the split \"test set\" is called test_set");
  expect_says(report.text(), "note: 1 groups of images are in no split of the source: they are in train");
  const Store store(dataset());
  EXPECT_EQ(store.splits(), (std::vector<std::string>{"all", "train", "test_set", "val"}));
  EXPECT_EQ(store.split("val"), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(store.split("train"), (std::vector<uint32_t>{0, 4}));
}

TEST_F(ImportRunTest, SplitsAreDrawnWhereTheSourceNamesNoneButTrain) {
  settings_.held_back = 0.5;
  ImportRun run = begin();
  for (int i = 0; i < 40; ++i) run.put_in_split(*run.add_bytes(tiny_png(i), std::to_string(i), "a"), "train", "list");
  run.finish();
  const Store store(dataset());
  EXPECT_GT(store.split("held_back").size(), 5u);
  EXPECT_GT(store.split("train").size(), 5u);
}

TEST_F(ImportRunTest, AGroupInTwoSplitsIsAConflictThatNamesBothPlaces) {
  ImportRun run = begin();
  const Added a = *run.add_bytes(tiny_png(1), "a.png", "a", "patient"),
              b = *run.add_bytes(tiny_png(2), "b.png", "b", "patient");
  run.put_in_split(a, "train", "train.txt:1");
  run.put_in_split(a, "train", "train.txt:2");
  expect_says(error_of([&] { run.put_in_split(b, "val", "val.txt:7"); }),
              "val.txt:7: puts b.png into the split val, but its group \"patient\" is in train by train.txt:1");
}

TEST_F(ImportRunTest, FoldsCutTheTrainSplitByGroup) {
  settings_.held_back = 0.2;
  settings_.folds = 5;
  settings_.split_seed = 3;
  ImportRun run = begin();
  constexpr int kImages = 600;
  for (int i = 0; i < kImages; ++i)
    run.add_bytes(tiny_png(i % 200, 4 + i / 200, 3), std::to_string(i), "a", "group " + std::to_string(i / 2));
  run.finish();
  const Store store(dataset());
  const std::vector<uint32_t> train = store.split("train");
  ASSERT_LT(train.size(), 540u);
  std::set<uint32_t> seen;
  for (int fold = 0; fold < 5; ++fold) {
    const std::vector<uint32_t> in = store.split(join("fold", fold)), out = store.split(join("train-fold", fold));
    // A fifth of some 240 groups of two, within four standard deviations.
    EXPECT_NEAR(static_cast<double>(in.size()), static_cast<double>(train.size()) / 5, 4 * 2 * 6.2);
    EXPECT_EQ(in.size() + out.size(), train.size());
    std::set<uint32_t> both(in.begin(), in.end());
    both.insert(out.begin(), out.end());
    EXPECT_EQ(std::vector<uint32_t>(both.begin(), both.end()), train);
    std::set<std::string> groups_in, groups_out;
    for (const uint32_t sample : in) groups_in.insert(store.info(sample).group);
    for (const uint32_t sample : out) EXPECT_FALSE(groups_in.contains(store.info(sample).group));
    seen.insert(in.begin(), in.end());
  }
  EXPECT_EQ(seen.size(), train.size());
  expect_says(error_of([&] { store.split("fold5"); }), "has no split \"fold5\"");
}

TEST_F(ImportRunTest, FoldsOfGroupsThatStayDoNotChangeWhenOthersCome) {
  settings_.folds = 4;
  const auto fold_of = [&](const std::string& name, int images) {
    ImportRun run({.source = {}, .dataset = folder_ / name, .name = "tiny"}, settings_);
    for (int i = 0; i < images; ++i) run.add_bytes(tiny_png(i), std::to_string(i), "a");
    run.finish();
    const Store store(folder_ / name);
    std::map<std::string, int> folds;
    for (int fold = 0; fold < 4; ++fold)
      for (const uint32_t sample : store.split(join("fold", fold))) folds[store.info(sample).key] = fold;
    return folds;
  };
  const auto few = fold_of("few", 50), many = fold_of("many", 120);
  EXPECT_EQ(few.size(), 50u);
  for (const auto& [key, fold] : few) EXPECT_EQ(many.at(key), fold) << key;
}

TEST_F(ImportRunTest, UnevenFoldsAreNoted) {
  settings_.folds = 5;
  ImportRun run = begin();
  for (int i = 0; i < 20; ++i) run.add_bytes(tiny_png(i), "group-" + std::to_string(i), "a");
  expect_says(run.finish().text(), "note: the folds are uneven, 1 to 7 groups; split_seed=N");
}

TEST_F(ImportRunTest, AFoldMayNotHaveTheNameOfASplitOfTheSource) {
  settings_.folds = 3;
  ImportRun run = begin();
  run.put_in_split(*run.add_bytes(tiny_png(1), "a", "a"), "fold1", "list:1");
  expect_says(error_of([&] { run.finish(); }), "the fold fold1 has the name of a split");
}

TEST_F(ImportRunTest, PicturesAreLinkedWhereAskedAndStoredWhereTheyLieInNoFile) {
  settings_.link = true;
  write_file(folder_ / "pictures" / "a.png", tiny_png(1));
  ImportRun run = begin();
  run.add_file(folder_ / "pictures" / "a.png", "a.png", "list:1");
  run.add_bytes(tiny_png(2), "drawn", "list:2");
  const ImportReport report = run.finish();
  expect_says(report.text(), "note: link=true: images that lie in no file of their own were stored");
  const Store store(dataset());
  EXPECT_EQ(store.info(0).link, "../pictures/a.png");
  EXPECT_EQ(store.info(1).link, "");
  Bytes content;
  store.read(0, content);
  EXPECT_EQ(content, tiny_png(1));
}

TEST_F(ImportRunTest, TheReportIsWrittenBesideTheManifestAndTheSameAgain) {
  settings_.on.chosen[Problem::missing_image] = "skip";
  const auto import = [&] {
    ImportRun run = begin();
    const Added added = *run.add_bytes(tiny_png(1, 6, 5), "a.png", "list:1");
    run.add_file(folder_ / "none.png", "none.png", "list:2");
    run.add_box("boxes", added, {1, 1, 9, 4}, {.concept_text = "cat"}, "list:3");
    run.say("tags", added, "cat");
    run.report().leave_out("a column nobody reads", "list:0");
    run.note("a note");
    run.note("a note");
    return run.finish();
  };
  EXPECT_FALSE(import().already_there);
  const std::string text = read_text(dataset() / kReportFile);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("images"), 1);
  EXPECT_EQ(json.at("statements"), 2);
  EXPECT_EQ(json.at("splits").at("train"), 1);
  EXPECT_EQ(json.at("notes"), (std::vector<std::string>{"a note"}));
  EXPECT_EQ(json.at("left_out").at("a column nobody reads"), (std::vector<std::string>{"list:0"}));
  expect_says(json.at("left_out").at("missing_image").at(0), "list:2: the image ");
  EXPECT_EQ(json.at("repaired").at("box_outside"),
            (std::vector<std::string>{"list:3: the box 1 1 9 4 reaches beyond the picture a.png of 6 x 5; cut at the "
                                      "picture's edge"}));
  EXPECT_TRUE(import().already_there);
  EXPECT_EQ(read_text(dataset() / kReportFile), text);
}

TEST_F(ImportRunTest, TheReportGoesWhereAskedAndIsNoDatasetsFileThen) {
  settings_.report = (folder_ / "mine.json").string();
  ImportRun run = begin();
  run.add_bytes(tiny_png(1), "a.png", "a");
  run.finish();
  EXPECT_TRUE(fs::exists(folder_ / "mine.json"));
  EXPECT_FALSE(fs::exists(dataset() / kReportFile));
}

TEST_F(ImportRunTest, AReportThatAKilledImportLeftIsPartOfADataset) {
  write_file(dataset() / kReportFile, {'{'});
  ImportRun run = begin();
  run.add_bytes(tiny_png(1), "a.png", "a");
  run.finish();
  EXPECT_EQ(nlohmann::json::parse(read_text(dataset() / kReportFile)).at("images"), 1);
}

TEST_F(ImportRunTest, AnInterruptedImportGoesOnAndSaysSo) {
  settings_.shard_megabytes = 1;
  const auto large = [](int number) {
    Bytes content = tiny_png(number);
    content.resize(400'000, static_cast<uint8_t>(number));
    return content;
  };
  const auto add = [&](ImportRun& run, int images) {
    for (int i = 0; i < images; ++i) run.say("tags", *run.add_bytes(large(i), std::to_string(i), "a"), "x");
  };
  {
    ImportRun killed = begin();
    add(killed, 7);
  }
  ImportRun run = begin();
  add(run, 8);
  const ImportReport report = run.finish();
  EXPECT_EQ(report.continued, 6u);
  expect_says(report.text(), "continued: 6 images were there from an interrupted import");
  EXPECT_EQ(Store(dataset()).size(), 8u);
}

TEST_F(ImportRunTest, FilesBelowAFolderComeSortedAndThroughLinksToFolders) {
  write_file(folder_ / "in" / "b" / "2", {1});
  write_file(folder_ / "in" / "a.txt", {1});
  write_file(folder_ / "out" / "3", {1});
  fs::create_directory_symlink(folder_ / "out", folder_ / "in" / "linked");
  EXPECT_EQ(files_below(folder_ / "in"),
            (std::vector<Path>{folder_ / "in" / "a.txt", folder_ / "in" / "b" / "2", folder_ / "in" / "linked" / "3"}));
  expect_says(error_of([&] { files_below(folder_ / "none"); }), "none: wanted a folder");
}

TEST(Trimmed, LeavesWhatIsBetweenTheWhiteEnds) {
  EXPECT_EQ(trimmed(" \t a  b\r\n"), "a  b");
  EXPECT_EQ(trimmed(" \n"), "");
}

}  // namespace
}  // namespace weft
