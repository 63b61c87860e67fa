// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_imagenet_list.h"

#include "data/importers/table_files.h"
#include "tests/data/importers/table_support.h"

namespace weft {
namespace {

class ImagenetList : public TableImport<ImagenetListImporter> {
 protected:
  ImagenetList() {
    write_file(folder_ / "set/images/n1/a.png", tiny_png(1));
    write_file(folder_ / "set/images/b 2.png", tiny_png(2));
    write_file(folder_ / "set/images/c", tiny_png(3));
    write("set/synsets.txt", "n01440764 tench, Tinca tinca\r\ngold fish\r\nshark\r\n");
  }
};

TEST_F(ImagenetList, ALineIsAPictureAndTheNumberOfItsClass) {
  write("set/train.txt", "\xEF\xBB\xBFn1/a.png 0\r\n\r\n\"b 2.png\" 1\r\n");
  write("set/val.txt", "c 2 1\n");
  EXPECT_EQ(run("set").images, 3u);
  EXPECT_EQ(said_of("n1/a.png"), (Said{"classes: tench"}));
  EXPECT_EQ(said_of("b 2.png"), (Said{"classes: gold fish"}));
  EXPECT_EQ(said_of("c"), (Said{"classes: shark", "classes: gold fish"}));
  EXPECT_EQ(keys_of_split("val"), (std::set<std::string>{"c"}));
  const Store store(dataset());
  EXPECT_EQ(store.vocabulary().about(static_cast<uint32_t>(store.vocabulary().find("tench"))).synonyms,
            (std::vector<std::string>{"Tinca tinca", "n01440764"}));
}

TEST_F(ImagenetList, APictureMayHaveNoNumberAndNoExtension) {
  write("set/test.txt", "n1/a\nb 2.png\n");
  const ImportReport report = run("set/test.txt");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.statements, 0u);
}

TEST_F(ImagenetList, NumbersBeyondTheListAreRefusedWithTheirLine) {
  write("set/train.txt", "n1/a.png 0\nc 3\n");
  expect_says(error_on("set"), "train.txt:2: class 3 is not among the 3 of synsets.txt");
  settings_.on.chosen[Problem::unknown_class] = "repair";
  run("set");
  EXPECT_EQ(said_of("c"), (Said{"classes: 3"}));
  settings_.first_number = 1;
  settings_.on.chosen[Problem::unknown_class] = "skip";
  EXPECT_EQ(run("set").left_out.at("unknown_class").size(), 1u);
  EXPECT_EQ(said_of("c"), (Said{"classes: shark"}));
  write("set/train.txt", "c 99999999999999999999999\n");
  settings_.on.chosen[Problem::unknown_class] = "refuse";
  expect_says(error_on("set"), "train.txt:1: class 99999999999999999999999");
}

TEST_F(ImagenetList, AMissingPictureOrListIsRefused) {
  write("set/train.txt", "n1/a.png 0\nnone.png 1\n");
  expect_says(error_on("set"), "train.txt:2: ");
  settings_.synsets = "others.txt";
  expect_says(error_on("set"), "others.txt: there is no list of classes");
  settings_.synsets = "";
  settings_.on.chosen[Problem::missing_image] = "skip";
  run("set/train.txt");
  EXPECT_EQ(said_of("n1/a.png"), (Said{"classes: 0"}));
  std::filesystem::remove(folder_ / "set/train.txt");
  settings_.synsets = "synsets.txt";
  expect_says(error_on("set"), "holds no list of pictures");
}

TEST_F(ImagenetList, AListOfClassesWithAGapIsRefused) {
  write("set/synsets.txt", "a\n\nb\n");
  write("set/train.txt", "c 1\n");
  expect_says(error_on("set"), "synsets.txt:2: is empty");
}

TEST_F(ImagenetList, SaysWhatPythonCountsInTheSharedList) {
  const Path shared = shared_formats() / "imagenet_txt_dataset" / "basic";
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "the shared data is not on this machine";
  expect_says(error_on(shared), "train.txt:3: ");  // two of its four pictures are not there
  settings_.on.chosen[Problem::missing_image] = "skip";
  EXPECT_EQ(run(shared).left_out.at("missing_image").size(), 2u);
  EXPECT_EQ(counted(dataset()), python_counts({"imagenet_list", shared.string()}));
}

TEST(ClassList, MayBeJson) {
  ScratchFolder folder;
  write_atomically(folder / "meta.json", std::string(R"({"labels": ["a", "b"]})"));
  const auto classes = read_class_list(folder / "meta.json");
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[1].name, "b");
  for (const char* wrong : {"[]", "{", "{\"labels\": 1}", "{\"labels\": [1]}"}) {
    write_atomically(folder / "wrong.json", std::string(wrong));
    expect_says(error_of([&] { read_class_list(folder / "wrong.json"); }), "wrong.json: ");
  }
}

}  // namespace
}  // namespace weft
