// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_yolo.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

// Pictures are 8 x 6, so that 0.25 0.5 0.25 0.5 is the box 1 1.5 3 4.5.
class Yolo : public LabelTest<YoloImporter> {
 protected:
  Yolo() { text("classes.txt", "cat\ndog\n"); }
  void labelled(const std::string& rows) const {
    picture("images/a.png");
    text("labels/a.txt", rows);
  }
};

TEST_F(Yolo, FiveNumbersAreABoxAndMoreAreAPolygon) {
  labelled("0 0.25 0.5 0.25 0.5\n1 0 0 0.5 0 0.5 0.5 0 0.5 0 0.25\n");
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"objects box cat object #1: 1 1.5 3 4.5", "objects image exhaustive *",
                                        "objects mask dog object #2: 12 in 0 0 4 3"}));
}

TEST_F(Yolo, FourCornersAreAnOutlineOrAnOrientedBox) {
  labelled("1 0 0 0.5 0 0.5 0.5 0 0.5\n");
  const ImportReport report = import();
  EXPECT_EQ(said("images/a.png"), (Said{"objects image exhaustive *", "objects mask dog object #1: 12 in 0 0 4 3"}));
  expect_says(report.text(), "hint: rows=oriented");
  std::filesystem::remove_all(dataset());
  settings_.rows = "oriented";
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"objects box dog object #1: 0 0 4 3", "objects image exhaustive *",
                                        "objects mask exists dog object #1: 12 in 0 0 4 3"}));
}

TEST_F(Yolo, AnEmptyFileSaysNothingIsThereAndNoFileSaysNothing) {
  labelled("");
  picture("images/b.png", 2);
  const ImportReport report = import();
  EXPECT_EQ(said("images/a.png"), (Said{"objects image exhaustive *"}));
  EXPECT_EQ(said("images/b.png"), Said{});
  expect_says(report.repaired.at("unlabelled_image").at(0), "images/b.png: has no label file");
  std::filesystem::remove_all(dataset());
  on(Problem::unlabelled_image, "skip");
  EXPECT_EQ(import().images, 1u);
}

TEST_F(Yolo, ValuesBeyondThePictureCutTheBoxAndKeepThePicture) {
  labelled("0 0.25 0.5 1.5 0.5\n1 5 5 1 1\n0 0.5 0.5 0 0.5\n");
  const ImportReport report = import();
  EXPECT_EQ(said("images/a.png"), (Said{"objects box cat object #1: 0 1.5 8 4.5"}));
  expect_says(report.repaired.at("box_outside").at(0), "labels/a.txt:1: ");
  ASSERT_EQ(report.left_out.at("box_empty").size(), 2u);
  expect_says(report.left_out.at("box_empty")[0], "labels/a.txt:2: ");
  expect_says(report.left_out.at("box_empty")[1], "labels/a.txt:3: ");
}

TEST_F(Yolo, ARowThatIsThereTwiceCountsOnce) {
  labelled("0 0.25 0.5 0.25 0.5\n0 0.25 0.5 0.25 0.5\n");
  EXPECT_EQ(import().repaired.at("repeated_label").size(), 1u);
  EXPECT_EQ(said("images/a.png").size(), 2u);
}

TEST_F(Yolo, CommaDecimalsAreRefusedOrReadAsPoints) {
  labelled("0 0,25 0,5 0,25 0,5\n");
  expect_says(error(), "labels/a.txt:1: a comma where a number has its point");
  on(Problem::malformed_label, "repair");
  import();
  EXPECT_EQ(said("images/a.png").count("objects box cat object #1: 1 1.5 3 4.5"), 1u);
}

TEST_F(Yolo, MistakesAreNamedByTheirLine) {
  labelled("0 0.25 0.5 0.25 0.5\n\n7 0.25 0.5 0.25 0.5\n");
  expect_says(error(), "labels/a.txt:3: the class \"class 7\" is not in the source's list");
  labelled("cat 0.25 0.5 0.25 0.5\n");
  expect_says(error(), "labels/a.txt:1: \"cat\" is no number of a class");
  labelled("-1 0.25 0.5 0.25 0.5\n");
  expect_says(error(), "labels/a.txt:1: \"-1\" is no number of a class");
  labelled("0 0.25 nan 0.25 0.5\n");
  expect_says(error(), "labels/a.txt:1: \"nan\" is no number");
  labelled("0 0.25 0.5 0.25\n");
  expect_says(error(), "labels/a.txt:1: 4 numbers; wanted class cx cy w h");
  labelled("");
  text("labels/gone.txt", "0 0.25 0.5 0.25 0.5\n");
  expect_says(error(), "labels/gone.txt: there is no picture of that name");
}

TEST_F(Yolo, AClassBeyondTheNamesCanBeAdded) {
  labelled("7 0.25 0.5 0.25 0.5\n");
  on(Problem::unknown_class, "repair");
  import();
  EXPECT_EQ(said("images/a.png").count("objects box class 7 object #1: 1 1.5 3 4.5"), 1u);
}

TEST_F(Yolo, ASixthNumberIsTheConfidenceOfAModel) {
  labelled("0 0.25 0.5 0.25 0.5 0.75\n");
  EXPECT_EQ(import().notes.size(), 1u);
  EXPECT_EQ(said("images/a.png").count("objects box cat object #1 at 0.75: 1 1.5 3 4.5"), 1u);
}

TEST_F(Yolo, UltralyticsYamlNamesClassesAndSplits) {
  std::filesystem::remove_all(source());
  text("data.yaml",
       "# a comment\npath: ../datasets/tiny  # root\ntrain: images/train\nval:\n  - images/val\ntest: # none\n"
       "names:\n  0: 'cat: small'\n  3: dog\ndownload: |\n  import this\n  # not yaml: at all [\n");
  picture("images/train/a.png", 1);
  picture("images/val/a.png", 2);
  text("labels/train/a.txt", "3 0.25 0.5 0.25 0.5\n");
  text("labels/val/a.txt", "0 0.25 0.5 0.25 0.5\n");
  import();
  EXPECT_EQ(split("train"), (std::set<std::string>{"images/train/a.png"}));
  EXPECT_EQ(split("val"), (std::set<std::string>{"images/val/a.png"}));
  EXPECT_EQ(said("images/train/a.png").count("objects box dog object #1: 1 1.5 3 4.5"), 1u);
  EXPECT_EQ(said("images/val/a.png").count("objects box cat: small object #1: 1 1.5 3 4.5"), 1u);
}

TEST_F(Yolo, RoboflowsPathsLeadOutOfTheFolderAndBack) {
  std::filesystem::remove_all(source());
  text("data.yaml",
       "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat',\n  \"dog\"]\n"
       "roboflow:\n  workspace: x\n  version: 1\n");
  picture("train/images/a.png", 1);
  picture("valid/images/b.png", 2);
  text("train/labels/a.txt", "1 0.25 0.5 0.25 0.5\n");
  text("valid/labels/b.txt", "");
  import();
  EXPECT_EQ(said("train/images/a.png").count("objects box dog object #1: 1 1.5 3 4.5"), 1u);
  EXPECT_EQ(split("val"), (std::set<std::string>{"valid/images/b.png"}));
}

TEST_F(Yolo, DarknetsListsMayBeWrittenOnWindows) {
  std::filesystem::remove_all(source());
  text("obj.data", "classes = 2\ntrain = data/train.txt\nvalid = C:\\work\\data\\val.txt\nnames = data/obj.names\n");
  text("obj.names", "cat\r\ndog\r\n");
  text("train.txt", "data\\obj_train_data\\a.png\r\n");
  text("val.txt", "C:\\work\\data\\obj_train_data\\b.png\r\n");
  picture("obj_train_data/a.png", 1);
  picture("obj_train_data/b.png", 2);
  text("obj_train_data/a.txt", "1 0.25 0.5 0.25 0.5\r\n");
  text("obj_train_data/b.txt", "");
  import();
  EXPECT_EQ(said("obj_train_data/a.png").count("objects box dog object #1: 1 1.5 3 4.5"), 1u);
  EXPECT_EQ(split("val"), (std::set<std::string>{"obj_train_data/b.png"}));
  text("train.txt", "data/obj_train_data/lost.png\n");
  expect_says(error(), "train.txt:1: there is no picture \"data/obj_train_data/lost.png\"");
}

TEST_F(Yolo, KeypointsOfAPoseDatasetAreLeftOutOnce) {
  text("data.yaml", "names: [cat, dog]\nkpt_shape: [2, 3]\n");
  labelled("0 0.25 0.5 0.25 0.5 0.1 0.1 2 0.2 0.2 0\n");
  const ImportReport report = import();
  EXPECT_EQ(said("images/a.png").count("objects box cat object #1: 1 1.5 3 4.5"), 1u);
  EXPECT_EQ(report.left_out.at("said by the source, not kept here").size(), 1u);
}

TEST_F(Yolo, PicturesWithoutAnyLabelFileAreSentToTheFolderImporter) {
  picture("train/cat/a.png");
  expect_says(error(), "importer \"folder\"");
}

TEST_F(Yolo, WithoutNamesClassesAreCalledByNumber) {
  std::filesystem::remove_all(source());
  picture("1.png");
  text("1.txt", "2 0.25 0.5 0.25 0.5\n");
  EXPECT_EQ(import().notes.size(), 1u);
  EXPECT_EQ(said("1.png").count("objects box class 2 object #1: 1 1.5 3 4.5"), 1u);
}

}  // namespace
}  // namespace weft
