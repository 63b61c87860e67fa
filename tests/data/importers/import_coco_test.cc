// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_coco.h"

#include "tests/data/importers/coco_support.h"

namespace weft {
namespace {

using nlohmann::json;

class Coco : public CocoFolderTest {};

const json kBox = {1, 2, 3, 2};
const json kPolygon = {{1, 1, 5, 1, 5, 3, 1, 3}};  // 4 x 2 pixels

TEST_F(Coco, BoxesAndMasksOfAnInstanceShareARegion) {
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"segmentation", kPolygon}},
                          {{"id", 2}, {"image_id", 7}, {"category_id", 5}, {"bbox", {0, 0, 8, 6}}, {"iscrowd", 1}}}));
  const ImportReport report = import(CocoImporter());
  EXPECT_EQ(report.images, 1u);
  EXPECT_TRUE(report.left_out.empty()) << report.text();
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "instances"),
            (Lines{"box cat object #1: 1 2 4 4", "mask cat object #1: 8 of 8 x 6", "box dog object crowd #2: 0 0 8 6",
                   "image exhaustive *"}));
}

TEST_F(Coco, CategoriesAreClosedAndBelowTheirSupercategory) {
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  import(CocoImporter());
  const Store store(dataset());
  const Vocabulary& texts = store.vocabulary();
  const auto about = [&](const std::string& text) { return texts.about(static_cast<uint32_t>(texts.find(text))); };
  const auto animal = static_cast<uint32_t>(texts.find("animal"));
  EXPECT_TRUE(about("cat").closed);
  EXPECT_TRUE(about("dog").closed) << "a class that no picture has";
  EXPECT_FALSE(about("animal").closed);
  EXPECT_EQ(about("cat").parents, (std::vector<uint32_t>{animal}));
  EXPECT_EQ(about("dog").parents, (std::vector<uint32_t>{animal}));
}

TEST_F(Coco, RunLengthsComeAsAListOrAsAString) {
  const json list = {{"size", {6, 8}}, {"counts", {6, 12, 30}}}, text = {{"size", {6, 8}}, {"counts", "6<n0"}};
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"segmentation", list}},
                          {{"id", 2}, {"image_id", 7}, {"category_id", 5}, {"segmentation", text}}}));
  import(CocoImporter());
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "instances"),
            (Lines{"mask cat object #1: 12 of 8 x 6", "mask dog object #2: 12 of 8 x 6", "image exhaustive *"}));
}

TEST_F(Coco, TwoPolygonsOfOneInstanceAreUnitedNotCutOutOfEachOther) {
  const json rings = {{0, 0, 4, 0, 4, 4, 0, 4}, {2, 2, 6, 2, 6, 6, 2, 6}};  // 16 + 16 - 4 shared
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"segmentation", rings}}}));
  import(CocoImporter());
  EXPECT_TRUE(lines_of(dataset(), "images/a.png", "instances").contains("mask cat object #1: 28 of 8 x 6"));
}

TEST_F(Coco, PicturesWithoutAnnotationsAreKeptAsNegatives) {
  add_picture("b.png", 2);
  json file = with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}});
  file["images"].push_back({{"id", 8}, {"file_name", "b.png"}});
  write("annotations/instances_train.json", file);
  EXPECT_EQ(import(CocoImporter()).images, 2u);
  EXPECT_EQ(lines_of(dataset(), "images/b.png", "instances"), (Lines{"image exhaustive *"}));
}

TEST_F(Coco, NothingIsExhaustiveWhereThatIsSwitchedOff) {
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  CocoImporter settings;
  settings.exhaustive = {};
  import(settings);
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "instances"), (Lines{"box cat object #1: 1 2 4 4"}));
}

TEST_F(Coco, APictureOfAFileWithFewerClassesIsExhaustiveForThoseOnly) {
  add_picture("b.png", 2);
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  write("annotations/instances_val.json",
        {{"images", {{{"id", 1}, {"file_name", "b.png"}}}},
         {"categories", {{{"id", 1}, {"name", "dog"}}}},
         {"annotations", {{{"id", 1}, {"image_id", 1}, {"category_id", 1}, {"bbox", kBox}}}}});
  import(CocoImporter());
  EXPECT_TRUE(lines_of(dataset(), "images/a.png", "instances").contains("image exhaustive *"));
  EXPECT_EQ(lines_of(dataset(), "images/b.png", "instances"),
            (Lines{"box dog object #1: 1 2 4 4", "image exhaustive dog"}));
}

TEST_F(Coco, CaptionsAreTextsOfThePictureAndNeverExhaustive) {
  write("annotations/captions_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"caption", " a cat \n"}},
                          {{"id", 2}, {"image_id", 7}, {"caption", "two dogs"}, {"bbox", kBox}}}));
  expect_says(import(CocoImporter()).text(), "captions_train.json: of annotations not kept: bbox");
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "captions"), (Lines{"image a cat", "image two dogs"}));
}

TEST_F(Coco, ImageLabelsAreClassesOfThePicture) {
  write("annotations/labels_train.json", with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}}}));
  CocoImporter settings;
  import(settings);
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "labels"), (Lines{"image cat"}));
  std::filesystem::remove_all(dataset());
  settings.exhaustive = {"labels"};
  import(settings);
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "labels"), (Lines{"image cat", "image exhaustive *"}));
}

TEST_F(Coco, StuffIsToldByTheFileNameOrTheKey) {
  const json file = with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"segmentation", kPolygon}}});
  write("annotations/stuff_train.json", file);
  import(CocoImporter());
  EXPECT_TRUE(lines_of(dataset(), "images/a.png", "stuff").contains("mask cat stuff #1: 8 of 8 x 6"));
  std::filesystem::remove_all(dataset());
  write("annotations/mine.json", file);
  CocoImporter settings;
  settings.kinds = {"stuff"};
  import(settings, "annotations/mine.json");
  EXPECT_TRUE(lines_of(dataset(), "images/a.png", "stuff").contains("mask cat stuff #1: 8 of 8 x 6"));
}

json with_keypoints(json file) {
  file["categories"][0]["keypoints"] = {"nose", "left_wrist", "tail"};
  file["categories"][0]["skeleton"] = {{1, 2}, {2, 3}};
  return file;
}

TEST_F(Coco, KeypointsAreNamedPartsOfTheirRegionAsSureAsTheyAreVisible) {
  const json points = {1, 2, 2, 3, 4, 1, 0, 0, 0};
  write("annotations/person_keypoints_train.json",
        with_keypoints(with_annotations(
            {{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"keypoints", points}}})));
  const ImportReport report = import(CocoImporter());
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "keypoints"),
            (Lines{"box cat object #1: 1 2 4 4", "point nose part #2 of #1: 1.5 2.5",
                   "point left wrist part occluded #3 of #1 at 0.5: 3.5 4.5", "image exhaustive *"}));
  expect_says(report.text(), "2 limbs of the skeleton are not kept");
}

TEST_F(Coco, KeypointsOfACategoryThatNamesNoneAreNumbered) {
  write("annotations/person_keypoints_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"keypoints", {1, 2, 2}}}}));
  import(CocoImporter());
  EXPECT_TRUE(lines_of(dataset(), "images/a.png", "keypoints").contains("point cat keypoint 1 part #2 of #1: 1.5 2.5"));
}

// 8 x 6: columns 0 and 1 have the id 7, columns 2 to 4 the id 256 * 3 + 1, the others are void.
Image panoptic_picture() {
  Image image(8, 6, 3);
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 5; ++x) {
      image.row(y)[3 * x] = x < 2 ? 7 : 1;
      image.row(y)[3 * x + 1] = x < 2 ? 0 : 3;
    }
  return image;
}

json panoptic_file() {
  const json segments = {{{"id", 7}, {"category_id", 1}}, {{"id", 769}, {"category_id", 2}, {"iscrowd", 1}}};
  return {
      {"images", {{{"id", 7}, {"file_name", "a.png"}}}},
      {"categories", {{{"id", 1}, {"name", "sky"}, {"isthing", 0}}, {{"id", 2}, {"name", "sheep"}, {"isthing", 1}}}},
      {"annotations", {{{"image_id", 7}, {"file_name", "a.png"}, {"segments_info", segments}}}}};
}

TEST_F(Coco, PanopticSegmentsAreThingsOrStuffAndVoidIsUnknown) {
  write("annotations/panoptic_train.json", panoptic_file());
  write_file(source() / "annotations/panoptic_train/a.png", encode_png(panoptic_picture()));
  const ImportReport report = import(CocoImporter());
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "panoptic"),
            (Lines{"mask sky stuff #1: 12 of 8 x 6", "mask sheep object crowd #2: 18 of 8 x 6",
                   "mask unknown * #3: 18 of 8 x 6"}));
  expect_says(report.text(), "1 pictures are not said to be exhaustively labelled");
}

TEST_F(Coco, PanopticPicturesWithoutVoidAreExhaustive) {
  Image image = panoptic_picture();
  for (int y = 0; y < 6; ++y) std::fill(image.row(y) + 15, image.row(y) + 24, uint8_t{9});
  json file = panoptic_file();
  file["annotations"][0]["segments_info"].push_back({{"id", 0x090909}, {"category_id", 1}});
  write("annotations/panoptic_train.json", file);
  write_file(source() / "annotations/panoptic_train/a.png", encode_png(image));
  import(CocoImporter());
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "panoptic"),
            (Lines{"mask sky stuff #1: 12 of 8 x 6", "mask sheep object crowd #2: 18 of 8 x 6",
                   "mask sky stuff #3: 18 of 8 x 6", "image exhaustive *"}));
}

TEST_F(Coco, PanopticIdsWithoutASegmentAndSegmentsWithoutAPixelAreNamed) {
  json file = panoptic_file();
  file["annotations"][0]["segments_info"][0]["id"] = 8;
  write("annotations/panoptic_train.json", file);
  write_file(source() / "annotations/panoptic_train/a.png", encode_png(panoptic_picture()));
  CocoImporter settings;
  settings.on.chosen[Problem::malformed_label] = "repair";
  const ImportReport report = import(settings);
  expect_says(report.left_out.at("bad_mask").at(0),
              "panoptic_train.json: annotations[0]: segments_info[0] (id 8): no pixel of the panoptic picture has");
  expect_says(report.repaired.at("malformed_label").at(0), "annotations[0]: 12 pixels have the id 7");
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "panoptic"),
            (Lines{"mask sheep object crowd #1: 18 of 8 x 6", "mask unknown * #2: 30 of 8 x 6"}));
}

TEST_F(Coco, APanopticPictureThatIsNotThereOrUnreadableIsAProblemOfItsAnnotation) {
  write("annotations/panoptic_train.json", panoptic_file());
  expect_says(error_of([&] { import(CocoImporter()); }), "annotations[0]: ");
  expect_says(error_of([&] { import(CocoImporter()); }), "on.missing_image=skip");
  write_file(source() / "annotations/panoptic_train/a.png", {1, 2, 3});
  expect_says(error_of([&] { import(CocoImporter()); }), "on.unreadable_image=skip");
}

TEST_F(Coco, EveryKindOfAFolderIsALayerOfItsOwnUnlessSomeAreAskedFor) {
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  write("annotations/captions_train.json", with_annotations({{{"id", 1}, {"image_id", 7}, {"caption", "a cat"}}}));
  import(CocoImporter());
  EXPECT_EQ(Store(dataset()).layers(), (std::vector<std::string>{"captions", "instances"}));
  std::filesystem::remove_all(dataset());
  CocoImporter settings;
  settings.kinds = {"captions"};
  const ImportReport report = import(settings);
  EXPECT_EQ(Store(dataset()).layers(), (std::vector<std::string>{"captions"}));
  expect_says(report.text(), "annotations/instances_train.json: instances");
}

TEST_F(Coco, SplitsAreThoseOfTheFileNames) {
  add_picture("b.png", 2);
  write("annotations/instances_train2017.json",
        with_annotations(json::array({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}})));
  json val = with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}});
  val["images"][0]["file_name"] = "b.png";
  write("annotations/instances_val2017.json", val);
  import(CocoImporter());
  const Store store(dataset());
  ASSERT_EQ(store.split("val").size(), 1u);
  EXPECT_EQ(store.info(store.split("val")[0]).key, "images/b.png");
  EXPECT_EQ(store.split("train").size(), 1u);
}

TEST_F(Coco, RoboflowsPlaceholderIsNoClassAndItsFoldersAreSplits) {
  json file = with_annotations({{{"id", 0}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}});
  file["categories"] = {{{"id", 0}, {"name", "cats-and-dogs"}, {"supercategory", "none"}},
                        {{"id", 3}, {"name", "cat"}, {"supercategory", "cats-and-dogs"}}};
  write("valid/_annotations.coco.json", file);
  write_file(source() / "valid" / "a.png", tiny_png(1, 8, 6));
  const ImportReport report = import(CocoImporter());
  EXPECT_EQ(lines_of(dataset(), "valid/a.png", "instances"),
            (Lines{"box cat object #1: 1 2 4 4", "image exhaustive *"}));
  EXPECT_EQ(Store(dataset()).vocabulary().find("cats-and-dogs"), -1);
  EXPECT_EQ(Store(dataset()).split("valid").size(), 1u);
  expect_says(report.text(), "is Roboflow's placeholder");
}

TEST_F(Coco, ResultFilesAreRefusedByNameWithWhatTheyAre) {
  write("boxes.json", {{{"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"score", 0.5}}});
  const std::string error = error_of([&] { import(CocoImporter(), "boxes.json"); });
  expect_says(error, "boxes.json: is a list of 1 boxes: a COCO result file, which names no pictures and no categories");
  expect_says(error_of([&] { import(CocoImporter()); }), "found no COCO annotation file");
}

TEST_F(Coco, ResultsAboutThePicturesOfAFileAreALayerOfSoftStatements) {
  write("annotations/instances_val.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  write("teacher.json", {{{"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"score", 0.5}},
                         {{"image_id", 7}, {"category_id", 5}, {"segmentation", kPolygon}, {"score", 0.25}},
                         {{"image_id", 7}, {"category_id", 5}, {"score", 0.75}},
                         {{"image_id", 7}, {"caption", "a cat and a dog"}}});
  CocoImporter settings;
  settings.results = {"teacher.json"};
  import(settings, "annotations/instances_val.json");
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "instances"),
            (Lines{"box cat object #1: 1 2 4 4", "image exhaustive *"}));
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "teacher"),
            (Lines{"box soft cat object #1 at 0.5: 1 2 4 4", "mask soft dog object #2 at 0.25: 8 of 8 x 6",
                   "image soft dog at 0.75", "image a cat and a dog"}));
}

TEST_F(Coco, ResultsWithoutAScoreOrOfManyFilesAreRefused) {
  const json file = with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}});
  write("annotations/instances_val.json", file);
  write("teacher.json", {{{"image_id", 7}, {"category_id", 3}, {"bbox", kBox}, {"score", 1.5}}});
  CocoImporter settings;
  settings.results = {"teacher.json"};
  expect_says(error_of([&] { import(settings, "annotations/instances_val.json"); }),
              "teacher.json: [0]: has no score between 0 and 1");
  write("annotations/instances_train.json", file);
  expect_says(error_of([&] { import(settings); }), "has 2 annotation files; `results` are about the pictures of one");
}

TEST_F(Coco, PicturesThatNoFileNamesAreKeptWithoutAStatement) {
  add_picture("b.png", 2);
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  const ImportReport report = import(CocoImporter());
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(lines_of(dataset(), "images/b.png", "instances"), Lines{});
  expect_says(report.repaired.at("unlabelled_image").at(0), "images/b.png: no annotation file names it");
}

TEST_F(Coco, PicturesAreLookedForWhereTheKeySays) {
  write("annotations/instances_train.json",
        with_annotations({{{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", kBox}}}));
  std::filesystem::rename(source() / "images", source() / "pictures");
  expect_says(error_of([&] { import(CocoImporter()); }), "instances_train.json: images[0] (id 7): a.png is not there");
  CocoImporter settings;
  settings.images = {"pictures"};
  EXPECT_EQ(import(settings).images, 1u);
}

}  // namespace
}  // namespace weft
