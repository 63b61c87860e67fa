// SPDX-License-Identifier: Apache-2.0
#include "data/importers/importers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "configs/recipe.h"
#include "data/importers/import_folder.h"
#include "data/importers/import_tsv.h"
#include "data/tokenizer.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// A folder with the images a.png, b.jpg, c.png, a copy of a.png, and a file that is no image.
class Import : public testing::Test {
 protected:
  Import() {
    write_file(folder_ / "a.png", tiny_png(1));
    write_file(folder_ / "b.jpg", tiny_jpeg(200));
    write_file(folder_ / "c.png", tiny_png(3));
    write_file(folder_ / "copy.png", tiny_png(1));
    write_file(folder_ / "noise.png", {1, 2, 3, 4});
    settings_.held_back = 0;
    settings_.tokenizer_merges = 10;
  }

  ImportReport run(const std::string& lines) {
    write_atomically(folder_ / "list.tsv", lines);
    return settings_.run({.source = folder_ / "list.tsv", .dataset = dataset(), .name = "tiny"});
  }
  std::string error_on(const std::string& lines) {
    return error_of([&] { run(lines); });
  }
  std::set<std::string> texts_of(const std::string& key) {
    const Store store(dataset());
    std::set<std::string> texts;
    for (size_t i = 0; i < store.size(); ++i)
      if (store.info(i).key == key)
        for (const TextStatement& said : store.texts(i)) texts.insert(store.vocabulary().text(said.row));
    return texts;
  }
  Path dataset() const { return folder_ / "dataset"; }

  ScratchFolder folder_;
  TsvImporter settings_;
};

using Texts = std::set<std::string>;

TEST_F(Import, TsvGivesAnImageEveryCaptionOfItsLines) {
  const ImportReport report = run("a.png\tone dog\nb.jpg\ta bird\na.png\t two  dogs \r\n");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.statements, 3u);
  EXPECT_EQ(report.merged, 0u);
  EXPECT_TRUE(report.left_out.empty());
  EXPECT_EQ(texts_of("a.png"), (Texts{"one dog", "two  dogs"}));
  EXPECT_EQ(texts_of("b.jpg"), (Texts{"a bird"}));
  EXPECT_EQ(Store(dataset()).layers(), (std::vector<std::string>{"captions"}));
}

TEST_F(Import, TsvImagesOfEqualContentAreMergedAndCounted) {
  const ImportReport report = run("a.png\tone\ncopy.png\ttwo\n");
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.merged, 1u);
  EXPECT_EQ(texts_of("a.png"), (Texts{"one", "two"}));
}

TEST_F(Import, TsvHeaderIsTheFirstLineThatNamesNoFile) {
  const ImportReport report = run("\xEF\xBB\xBFimage\tcaption\na.png\tone\n");
  EXPECT_EQ(report.images, 1u);
  ASSERT_EQ(report.notes.size(), 1u);
  expect_says(report.text(), "line 1 was taken as the header: \"image\tcaption\"");
}

TEST_F(Import, TsvHeaderIsWhatTheOptionSays) {
  settings_.header = "no";
  expect_says(error_on("image\tcaption\na.png\tone\n"), "list.tsv:1: ");
  settings_.header = "yes";
  EXPECT_EQ(run("a.png\tone\nb.jpg\ttwo\n").images, 1u);
}

TEST_F(Import, TsvKeepsAnImageWhoseCaptionIsEmptyAndReportsTheLine) {
  const ImportReport report = run("a.png\tone\nb.jpg\t \n");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.statements, 1u);
  EXPECT_EQ(report.repaired.at("empty_text").size(), 1u);
  expect_says(report.text(), "list.tsv:2");
  EXPECT_EQ(texts_of("b.jpg"), Texts{});
}

TEST_F(Import, TsvRefusesAnEmptyCaptionWhereAsked) {
  settings_.on.chosen[Problem::empty_text] = "refuse";
  expect_says(error_on("a.png\tone\nb.jpg\t\n"), "list.tsv:2: the text of b.jpg is empty");
  EXPECT_FALSE(fs::exists(dataset() / "dataset.json"));
}

TEST_F(Import, TsvRefusesAMissingOrUnreadableImageWithFileAndLine) {
  expect_says(error_on("a.png\tone\nnone.png\ttwo\n"), "list.tsv:2: ");
  expect_says(error_on("a.png\tone\nnone.png\ttwo\n"), "none.png is not there");
  expect_says(error_on("a.png\tone\nb.jpg\ttwo\nnoise.png\tthree\n"), "list.tsv:3: ");
}

TEST_F(Import, TsvLeavesBadLinesOutAndListsThemWhereAsked) {
  for (const Problem problem :
       {Problem::missing_image, Problem::unreadable_image, Problem::malformed_label, Problem::text_not_utf8})
    settings_.on.chosen[problem] = "skip";
  const ImportReport report =
      run("a.png\tone\nnone.png\ttwo\nnoise.png\tthree\nb.jpg\nc.png\t\xff\n\n\tx\nc.png\ta\tb\tc\n");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.statements, 1u);
  EXPECT_EQ(report.left_out.at("missing_image").size(), 1u);
  EXPECT_EQ(report.left_out.at("unreadable_image").size(), 1u);
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 3u);
  EXPECT_EQ(report.left_out.at("text_not_utf8").size(), 1u);
  EXPECT_EQ(report.left_out.at("blank line").size(), 1u);
  expect_says(report.text(), "list.tsv:4: the line has 1 fields");
  expect_says(report.text(), "list.tsv:5: \"\xff\" is not UTF-8");
  expect_says(report.text(), "list.tsv:7: the line names no image");
  expect_says(report.text(), "list.tsv:8: the line has 4 fields");
}

TEST_F(Import, TsvGroupComesFromTheThirdColumn) {
  run("a.png\tone\tpatient 1\nb.jpg\ttwo\nc.png\tthree\tpatient 1\na.png\tfour\n");
  const Store store(dataset());
  EXPECT_EQ(store.info(0).group, "patient 1");
  EXPECT_EQ(store.info(1).group, "b.jpg");
  EXPECT_EQ(store.info(2).group, "patient 1");
}

TEST_F(Import, TsvRefusesAnImageInTwoGroups) {
  expect_says(error_on("a.png\tone\tx\na.png\ttwo\ty\n"), "list.tsv:2: puts a.png into the group \"y\", but ");
}

TEST_F(Import, TheTokenizerLearnsFromTheTrainSplitOnly) {
  settings_.held_back = 0.5;
  std::string lines;
  for (int i = 0; i < 8; ++i) {
    write_file(folder_ / (std::to_string(i) + ".png"), tiny_png(100 + i));
    lines += std::to_string(i) + ".png\tword word word\n";
  }
  const ImportReport report = run(lines);
  ASSERT_EQ(report.splits.size(), 2u);
  EXPECT_EQ(report.splits[0].first, "train");
  EXPECT_EQ(report.splits[0].second + report.splits[1].second, 8u);
  const Store store(dataset());
  EXPECT_EQ(store.tokenizer(), dataset() / "tokenizer.txt");
  EXPECT_EQ(store.split("held_back").size(), report.splits[1].second);
  // w+o, wo+r, wor+d</w>: one word gives three merges, beside 2 x 256 bytes, start and end.
  EXPECT_EQ(Tokenizer(store.tokenizer()).size(), 512 + 3 + 2);
}

TEST_F(Import, WithEverythingHeldBackTheTokenizerLearnsNothing) {
  settings_.held_back = 1;
  const ImportReport report = run("a.png\tword word\nb.jpg\tword word\n");
  EXPECT_EQ(Tokenizer(dataset() / "tokenizer.txt").size(), 512 + 2);
  expect_says(report.text(), "train is empty");
}

TEST_F(Import, TheSameImportAgainSaysSoAndAnotherIsRefused) {
  const std::string lines = "a.png\tone\nb.jpg\ttwo\n";
  EXPECT_FALSE(run(lines).already_there);
  const ImportReport again = run(lines);
  EXPECT_TRUE(again.already_there);
  EXPECT_EQ(again.statements, 2u);
  expect_says(again.text(), "this very dataset already");
  expect_says(error_on("a.png\tone\n"), "already holds the finished dataset");
  settings_.held_back = 1;
  expect_says(error_on(lines), "already holds the finished dataset");
  EXPECT_EQ(Store(dataset()).size(), 2u);
  for (const auto& entry : fs::recursive_directory_iterator(dataset())) EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_F(Import, AListWithoutASingleImageIsAnError) {
  settings_.on.chosen[Problem::missing_image] = "skip";
  expect_says(error_on("none.png\tone\nneither.png\ttwo\n"), "no image was found to import");
  expect_says(error_on(""), "no image was found to import");
}

TEST_F(Import, FolderMakesAClassOfEverySubFolder) {
  const Path root = folder_ / "classes";
  write_file(root / "big_cat" / "1.png", tiny_png(1));
  write_file(root / "big_cat" / "deep" / "2.jpg", tiny_jpeg(2));
  write_file(root / "bird" / "3.dat", tiny_png(3));
  write_file(root / "bird" / "notes.png", {'h', 'i'});
  write_file(root / "readme.txt", {'h', 'i'});
  FolderImporter settings;
  settings.held_back = 0;
  const ImportReport report = settings.run({.source = root, .dataset = dataset(), .name = "tiny"});
  EXPECT_EQ(report.images, 3u);
  EXPECT_EQ(report.statements, 3u);
  EXPECT_EQ(report.left_out.at("neither JPEG nor PNG"), (std::vector<std::string>{"bird/notes.png", "readme.txt"}));
  EXPECT_EQ(texts_of("big_cat/1.png"), (Texts{"big cat"}));
  EXPECT_EQ(texts_of("big_cat/deep/2.jpg"), (Texts{"big cat"}));
  EXPECT_EQ(texts_of("bird/3.dat"), (Texts{"bird"}));
}

TEST_F(Import, FolderRefusesAnImageWithADamagedHeaderOrLeavesItOut) {
  const Path root = folder_ / "classes";
  Bytes cut = tiny_png(2);
  cut.resize(12);
  write_file(root / "cat" / "1.png", tiny_png(1));
  write_file(root / "cat" / "cut.png", cut);
  FolderImporter settings;
  const ImportRequest request{.source = root, .dataset = dataset(), .name = "tiny"};
  expect_says(error_of([&] { settings.run(request); }), "cat/cut.png: ");
  settings.on.chosen[Problem::unreadable_image] = "skip";
  const ImportReport report = settings.run(request);
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.left_out.at("unreadable_image").size(), 1u);
  expect_says(error_of([&] { settings.run({.source = root / "none", .dataset = dataset(), .name = "tiny"}); }),
              "wanted a folder with one sub-folder per class");
}

TEST(ImportReport, ListsTwentyPlacesAndCountsTheRest) {
  ImportReport report;
  for (int i = 0; i < 23; ++i) report.leave_out("blank line", "list.tsv:" + std::to_string(i));
  const std::string text = report.text();
  expect_says(text, "left out, blank line: 23\n");
  expect_says(text, "list.tsv:19\n    and 3 more\n");
  EXPECT_EQ(text.find("list.tsv:20"), std::string::npos);
}

TEST(Importers, AreSortedByNameAndFoundByIt) {
  const auto table = importers();
  EXPECT_TRUE(std::is_sorted(table.begin(), table.end(),
                             [](const auto& a, const auto& b) { return std::string(a.name) < b.name; }));
  for (const auto& kind : table) EXPECT_NE(make_importer(kind.name), nullptr);
  expect_says(error_of([] { make_importer("tsvs"); }), "did you mean \"tsv\"?");
}

// A key that was renamed stays behind in the texts that nobody compiles.
TEST(Importers, HaveTheKeysThatScriptsRecipesAndDocumentsGiveThem) {
  const Path root = WEFT_SOURCE_DIR;
  std::vector<Path> files = {root / "quickstart", root / "README.md"};
  for (const char* folder : {"docs", "docs/protocols", "configs/recipes", "tests/evidence"})
    for (const auto& entry : fs::directory_iterator(root / folder))
      if (entry.is_regular_file()) files.push_back(entry.path());
  const std::regex command(R"(data import (\w+)([^\n`#;)]*))"), key(R"(\s([a-z_.]+)=)");
  std::set<std::string> names;
  for (const auto& kind : importers()) names.insert(kind.name);
  int keys = 0;
  for (const Path& file : files) {
    const std::string text = read_text(file);
    for (std::sregex_iterator found(text.begin(), text.end(), command), end; found != end; ++found) {
      if (!names.contains((*found)[1])) continue;
      const std::string words = (*found)[2];
      for (std::sregex_iterator word(words.begin(), words.end(), key); word != end; ++word, ++keys)
        EXPECT_EQ(error_of([&] { explain_key(*make_importer((*found)[1]), (*word)[1]); }), "") << file << words;
    }
  }
  EXPECT_GE(keys, 8);
}

}  // namespace
}  // namespace weft
