// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_openimages.h"

#include "tests/data/importers/table_support.h"

namespace weft {
namespace {

const std::string kLabels = "ImageID,Source,LabelName,Confidence\n";
const std::string kBoxes =
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n";

// Pictures train/a.png (8 x 4), train/b.png (4 x 3) and test/c.png; classes cat and dog below animal, tail a part of
// cat.
class OpenimagesImport : public TableImport<OpenimagesImporter> {
 protected:
  OpenimagesImport() {
    write_file(folder_ / "oi/images/train/a.png", tiny_png(1, 8, 4));
    write_file(folder_ / "oi/images/train/b.png", tiny_png(2));
    write_file(folder_ / "oi/images/test/c.png", tiny_png(3));
    write("oi/annotations/class-descriptions.csv",
          "/m/a,Animal\n/m/c,Cat\n/m/d,\"Dog, or hound\"\n/m/t,Tail\n/m/x,Joy\n");
    write("oi/annotations/bbox_labels_hierarchy.json",
          R"({"LabelName": "/m/root", "Subcategory": [{"LabelName": "/m/a", "Subcategory": [
              {"LabelName": "/m/c", "Part": [{"LabelName": "/m/t"}]}, {"LabelName": "/m/d"}]}]})");
  }
  ImportReport run_on(const std::string& name, const std::string& table) {
    write("oi/annotations/" + name, table);
    return run("oi");
  }
  std::string error_in(const std::string& name, const std::string& table) {
    write("oi/annotations/" + name, table);
    return error_on("oi");
  }
};

TEST_F(OpenimagesImport, VerifiedLabelsArePosAndNegAndAMachinesAreSoft) {
  const ImportReport report =
      run_on("train-labels.csv", kLabels + "a,verification,/m/c,1\na,verification,/m/d,0\n" +
                                     "a,machine,/m/x,0.75\nb,crowdsource-verification,/m/x,0\n");
  EXPECT_EQ(said_of("train/a.png"),
            (Said{"human_labels: Cat", "human_labels: neg Dog, or hound", "machine_labels: soft Joy at 0.75"}));
  EXPECT_EQ(said_of("train/b.png"), (Said{"human_labels: neg Joy"}));
  EXPECT_EQ(said_of("test/c.png"), Said{});
  EXPECT_EQ(report.repaired.at("unlabelled_image").size(), 1u);
  EXPECT_EQ(keys_of_split("test"), (std::set<std::string>{"test/c.png"}));
}

TEST_F(OpenimagesImport, ClassesHaveTheirIdAsSynonymAndTheTreeAsParents) {
  run_on("train-labels.csv", kLabels + "a,verification,/m/c,1\n");
  const Store store(dataset());
  const Vocabulary& vocabulary = store.vocabulary();
  const auto about = [&](const char* name) { return vocabulary.about(static_cast<uint32_t>(vocabulary.find(name))); };
  EXPECT_EQ(about("Cat").synonyms, (std::vector<std::string>{"/m/c"}));
  EXPECT_TRUE(about("Joy").closed);
  ASSERT_EQ(about("Cat").parents.size(), 1u);
  EXPECT_EQ(vocabulary.text(about("Cat").parents[0]), "Animal");
  EXPECT_TRUE(about("Animal").parents.empty());  // the root has no name
  EXPECT_TRUE(about("Tail").parents.empty());    // a part is no kind of its whole
}

TEST_F(OpenimagesImport, BoxesAreFractionsWithFlags) {
  const ImportReport report = run_on("train-bbox.csv", kBoxes + "a,xclick,/m/c,1,0.25,0.5,0.25,1,1,0,1,-1,0\n" +
                                                           "a,xclick,/m/t,1,0,1,0,1,0,1,0,1,1\n");
  EXPECT_EQ(said_of("train/a.png"), (Said{"boxes: box Cat 2 1 4 4", "boxes: box Tail 0 0 8 4"}));
  const Store store(dataset());
  for (const Record& record : store.records(0)) {
    const bool is_cat = store.vocabulary().text(record.concept_row) == "Cat";
    EXPECT_EQ(record.flags, is_cat ? kOccluded | kCrowd : kTruncated | kDepiction | kInside);
    EXPECT_EQ(record.region, is_cat ? RegionIs::object : RegionIs::part);
  }
  expect_says(report.text(), "1 flags of boxes are -1 (not known)");
}

TEST_F(OpenimagesImport, BoxesAreExhaustiveWherePeopleVerifiedAndDrewThemAll) {
  write("oi/annotations/labels.csv",
        kLabels + "a,verification,/m/c,1\na,verification,/m/d,1\nb,verification,/m/c,1\nb,machine,/m/d,1\n");
  const std::string boxes = kBoxes + "a,xclick,/m/c,1,0,1,0,1,0,0,0,0,0\nb,activemil,/m/c,1,0,1,0,1,0,0,0,0,0\n" +
                            "b,xclick,/m/d,1,0,1,0,1,0,0,0,0,0\n";
  run_on("bbox.csv", boxes);
  EXPECT_EQ(said_of("train/a.png").count("boxes: exhaustive Cat"), 1u);
  EXPECT_EQ(said_of("train/a.png").count("boxes: exhaustive Dog, or hound"), 0u);  // verified, but nobody drew it
  EXPECT_EQ(said_of("train/b.png").count("boxes: exhaustive Cat"), 0u);            // a single box
  EXPECT_EQ(said_of("train/b.png").count("boxes: exhaustive Dog, or hound"), 0u);  // nobody verified
  settings_.exhaustive = false;
  run("oi");
  EXPECT_EQ(said_of("train/a.png").count("boxes: exhaustive Cat"), 0u);
}

TEST_F(OpenimagesImport, ValuesThatMakeNoSenseAreRefusedWithTheirLine) {
  const std::string row = "a,xclick,/m/c,1,0,1,0,1,0,0,0,0,0\n";
  expect_says(error_in("labels.csv", kLabels + "a,verification,/m/c,1\na,verification,/m/c,0.5\n"),
              "labels.csv:3: people verified with confidence 0.5, wanted 0 or 1");
  expect_says(error_in("labels.csv", kLabels + "a,machine,/m/c,1.5\n"), "labels.csv:2: Confidence is \"1.5\"");
  expect_says(error_in("labels.csv", kLabels + "a,machine,/m/c\n"), "labels.csv:2: the row has 3 fields");
  std::filesystem::remove(folder_ / "oi/annotations/labels.csv");
  expect_says(error_in("bbox.csv", kBoxes + row + "a,xclick,/m/c,1,0,1,0,1,2,0,0,0,0\n"),
              "bbox.csv:3: IsOccluded is \"2\", wanted 1, 0 or -1");
  expect_says(error_in("bbox.csv", kBoxes + "a,xclick,/m/c,1,0,640,0,1,0,0,0,0,0\n"), "bbox.csv:2: XMax is \"640\"");
  expect_says(error_in("bbox.csv", kBoxes + "a,xclick,/m/c,1,,1,0,1,0,0,0,0,0\n"), "bbox.csv:2: XMin is \"\"");
}

TEST_F(OpenimagesImport, BoxesBeyondThePictureAreCutAndEmptyOnesLeftOut) {
  const ImportReport report = run_on(
      "bbox.csv", kBoxes + "a,xclick,/m/c,1,-0.1,1.2,0,1,0,0,0,0,0\n" + "a,xclick,/m/c,1,0.5,0.5,0,1,0,0,0,0,0\n");
  EXPECT_EQ(said_of("train/a.png"), (Said{"boxes: box Cat 0 0 8 4"}));
  EXPECT_EQ(report.repaired.at("box_outside").size(), 1u);
  EXPECT_EQ(report.left_out.at("box_empty").size(), 1u);
}

TEST_F(OpenimagesImport, AClassWithoutANameIsRefusedOrCalledByItsId) {
  const std::string table = kLabels + "a,verification,/m/none,1\n";
  expect_says(error_in("labels.csv", table), "labels.csv:2: the class /m/none has no name");
  settings_.on.chosen[Problem::unknown_class] = "repair";
  run("oi");
  EXPECT_EQ(said_of("train/a.png"), (Said{"human_labels: /m/none"}));
}

TEST_F(OpenimagesImport, AMissingPictureIsReportedOnce) {
  const std::string table = kLabels + "z,verification,/m/c,1\nz,verification,/m/d,1\na,verification,/m/c,1\n";
  expect_says(error_in("labels.csv", table), "labels.csv:2: there is no picture z");
  settings_.on.chosen[Problem::missing_image] = "skip";
  EXPECT_EQ(run("oi").left_out.at("missing_image").size(), 1u);
}

TEST_F(OpenimagesImport, MasksAreScaledToTheirPictures) {
  Image mask(2, 2, 1);
  mask.pixels = {0, 255, 0, 0};
  write_file(folder_ / "oi/masks/train/a_1.png", encode_png(mask));
  write_file(folder_ / "oi/masks/train/broken.png", {1, 2, 3});
  const std::string header = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n";
  const ImportReport report =
      run_on("seg.csv", header + "a_1.png,a,/m/c,1,0,1,0,1,0.5,\na_1.png,a,/m/d,2,0,1,0,1,,0 1 1\n");
  EXPECT_EQ(said_of("train/a.png"),
            (Said{"masks: mask Cat at 0.5 of 8 pixels", "masks: mask Dog, or hound of 8 pixels"}));
  const Store store(dataset());
  const Rle wanted = rle_of_bitmap(std::vector<uint8_t>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1,
                                                        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
                                       .data(),
                                   4, 8);
  EXPECT_EQ(mask_of(store.records(0)[0].geometry), wanted);
  expect_says(report.text(), "2 masks were scaled");
  expect_says(error_in("seg.csv", header + "none.png,a,/m/c,1,0,1,0,1,,\n"), "seg.csv:2: there is no mask none.png");
  expect_says(error_in("seg.csv", header + "broken.png,a,/m/c,1,0,1,0,1,,\n"), "seg.csv:2: broken.png: ");
}

TEST_F(OpenimagesImport, SubsetsOfAListAreSplitsWherePicturesLieInOneFolder) {
  std::filesystem::rename(folder_ / "oi/images/test/c.png", folder_ / "oi/images/c.png");
  const ImportReport report =
      run_on("image_ids.csv", "ImageID,Subset,OriginalURL,Rotation\nc,validation,,90.0\nz,train,,0\na,test,,0\n");
  EXPECT_EQ(keys_of_split("validation"), (std::set<std::string>{"c.png"}));
  EXPECT_EQ(keys_of_split("train"), (std::set<std::string>{"train/a.png", "train/b.png"}));
  expect_says(report.text(), "1 pictures should be turned says the column Rotation");
}

TEST_F(OpenimagesImport, OtherTablesAreNotedAndABadTreeIsRefused) {
  expect_says(run_on("relations.csv", "ImageID,LabelName1,LabelName2\na,/m/c,/m/d\n").text(),
              "relations.csv: left out, no table of labels, boxes or masks");
  for (const char* tree : {"[]", "{", R"({"LabelName": 1})", R"({"LabelName": "x", "Subcategory": 1})",
                           R"({"LabelName": "x", "Subcategory": [{}]})"})
    expect_says(error_in("bbox_labels_hierarchy.json", tree), "bbox_labels_hierarchy.json: ");
  expect_says(error_on("oi/annotations"), "wanted the folder of the pictures");
}

TEST_F(OpenimagesImport, SaysWhatPythonCountsInTheSharedSets) {
  const Path shared = shared_formats() / "open_images_dataset";
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "the shared data is not on this machine";
  expect_says(error_on(shared / "v6"), "image_ids_and_rotation.csv:5: the row has 11 fields, but line 1 has 12");
  settings_.on.chosen[Problem::malformed_label] = "repair";
  for (const char* version : {"v5", "v6"}) {
    run(shared / version);
    EXPECT_EQ(counted(dataset()), python_counts({"openimages", (shared / version).string()}));
  }
  EXPECT_EQ(keys_of_split("validation"), (std::set<std::string>{"validation/d.png"}));
}

}  // namespace
}  // namespace weft
