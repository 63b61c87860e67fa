// SPDX-License-Identifier: Apache-2.0
#include "data/importers/recognise.h"

#include <gtest/gtest.h>

#include "data/image.h"
#include "tests/support.h"

namespace weft {
namespace {

class Recognising : public testing::Test {
 protected:
  std::string importer_of(const std::string& file, const std::string& text) {
    make_folder((scratch_ / file).parent_path());
    write_atomically(scratch_ / file, text);
    return recognise(scratch_ / file).importer;
  }
  ScratchFolder scratch_;
};

TEST_F(Recognising, JsonByItsKeys) {
  EXPECT_EQ(importer_of("a.json", R"({"images": [{"id": 1}], "annotations": [], "categories": []})"), "coco");
  EXPECT_EQ(importer_of("b.json", R"({"annotations": [{"id": 3}], "images": [{"id": 1, "neg_category_ids": [2]}]})"),
            "lvis");
  EXPECT_EQ(importer_of("c.json", R"({"image": {}, "annotations": [{"predicted_iou": 0.9}]})"), "sa1b");
  EXPECT_EQ(importer_of("d.json", R"({"shapes": [], "imagePath": "x.jpg"})"), "labelme");
  EXPECT_EQ(importer_of("e.json", R"({"channel_names": {"0": "CT"}, "labels": {"background": 0}})"), "nnunet");
  EXPECT_EQ(importer_of("f.json", R"({"images": [)"), "");
}

TEST_F(Recognising, XmlByItsRoot) {
  EXPECT_EQ(importer_of("a.xml", "<annotation><object><bndbox/></object></annotation>"), "voc");
  EXPECT_EQ(importer_of("b.xml", "<annotation><object><polygon><pt/></polygon></object></annotation>"), "labelme");
  EXPECT_EQ(importer_of("c.xml", "<annotations><version>1.1</version></annotations>"), "cvat");
}

TEST_F(Recognising, TablesByTheirHeaders) {
  EXPECT_EQ(importer_of("a.csv", "Path,Sex,No Finding\n"), "chexpert");
  EXPECT_EQ(importer_of("b.csv", "ImageID,Source,LabelName,Confidence\n"), "openimages");
  EXPECT_EQ(importer_of("c.csv", "image,label\n"), "csv");
  EXPECT_EQ(importer_of("d.tsv", "a.png\ttext\n"), "tsv");
}

TEST_F(Recognising, FoldersByWhatLiesInThem) {
  const Bytes png = encode_png(Image(4, 4, 3));
  const auto folder_with = [&](const std::string& name, const std::string& file) {
    make_folder((scratch_ / name / file).parent_path());
    write_atomically(scratch_ / name / file, png);
    return recognise(scratch_ / name).importer;
  };
  EXPECT_EQ(folder_with("flat", "1.png"), "folder");
  folder_with("pairs", "9_test.jpg");
  EXPECT_EQ(folder_with("pairs", "9_temp.jpg"), "pairs");
  folder_with("labels", "a.png");
  EXPECT_EQ(importer_of("labels/a.txt", "0 .5 .5 .1 .1\n"), "");
  EXPECT_EQ(recognise(scratch_ / "labels").importer, "yolo");
  EXPECT_EQ(folder_with("voc", "JPEGImages/1.png"), "voc");
  EXPECT_EQ(folder_with("masks", "masks/1.png"), "masks");
  EXPECT_EQ(folder_with("mvtec", "bottle/ground_truth/broken/1.png"), "mvtec");
  EXPECT_EQ(importer_of("yolo/data.yaml", "names: [a]\n"), "");
  EXPECT_EQ(recognise(scratch_ / "yolo").importer, "yolo");
}

TEST_F(Recognising, FormatsThatNoImporterReadsHaveTheirNames) {
  const auto what = [&](const std::string& file, const std::string& text) {
    EXPECT_EQ(importer_of(file, text), "");
    return recognise(scratch_ / file).what;
  };
  EXPECT_EQ(what("a.json", R"({"infos": {}, "categories": {}, "items": []})"), "Datumaro's own JSON");
  EXPECT_EQ(what("b.json", R"([{"image": "x.jpg", "annotations": []}])"), "CreateML annotations");
  EXPECT_EQ(what("c.tfrecord", "x"), "TensorFlow records");
  EXPECT_EQ(what("d.txt", "x"), "");
}

}  // namespace
}  // namespace weft
