// SPDX-License-Identifier: Apache-2.0
// Real files of the shared data: what the dataset holds against what an independent script counts in the JSON.
#include "data/importers/import_coco.h"
#include "data/importers/import_lvis.h"
#include "data/importers/import_sa1b.h"
#include "tests/data/importers/coco_support.h"

namespace weft {
namespace {

using nlohmann::json;

class CocoSamples : public testing::Test {
 protected:
  // The samples' pictures are partly the same, in two splits.
  template <class Settings>
  ImportReport import(Settings settings, const Path& from) {
    settings.held_back = 0;
    settings.tokenizer_merges = 0;
    settings.on.chosen[Problem::conflict] = "repair";
    return settings.run({.source = from, .dataset = dataset(), .name = "sample"});
  }
  void expect_counts(const std::string& layer, const std::vector<Path>& files) {
    const json wanted = independent_counts(files);
    const LayerCounts counts = counts_of(dataset(), layer);
    EXPECT_EQ(counts.images, wanted["images"]) << layer;
    EXPECT_EQ(counts.boxes, wanted["boxes"]) << layer;
    EXPECT_EQ(counts.masks, wanted["masks"]) << layer;
    EXPECT_EQ(counts.points, wanted["keypoints"]) << layer;
    EXPECT_EQ(counts.unknown_area, wanted["void"]) << layer;
    if (layer == "captions") {
      EXPECT_EQ(counts.said, wanted["captions"]);
    }
    if (layer == "labels") {
      EXPECT_EQ(counts.said, wanted["image_category_pairs"]);
    }
    if (layer != "captions") {
      EXPECT_EQ(counts.classes, wanted["categories"]) << layer;
    }
    // Where the script has no pycocotools it leaves out the areas of polygons.
    if (!wanted["mask_area"].is_null()) {
      EXPECT_EQ(counts.mask_area, wanted["mask_area"]) << layer;
    }
  }
  Path dataset() const { return folder_ / "dataset"; }

  const Path shared_ = shared_data("formats");
  ScratchFolder folder_;
};

TEST_F(CocoSamples, EveryKindOfDatumarosSampleHoldsWhatItsFilesDo) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const Path coco = shared_ / "coco_dataset" / "coco";
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"instances", "instances"}, {"keypoints", "person_keypoints"}, {"stuff", "stuff"},
      {"panoptic", "panoptic"},   {"captions", "captions"},          {"labels", "labels"}};
  for (const auto& [kind, file] : kinds) {
    std::filesystem::remove_all(dataset());
    CocoImporter settings;
    settings.kinds = {kind};
    const ImportReport report = import(settings, coco);
    EXPECT_EQ(report.left_out.size(), 1u) << report.text();  // the files of other kinds
    expect_counts(kind, {coco / "annotations" / (file + "_train.json"), coco / "annotations" / (file + "_val.json")});
    EXPECT_EQ(Store(dataset()).split("val").size(), 1u) << kind;
  }
}

TEST_F(CocoSamples, MmdetsAndRoboflowsFoldersAreFound) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const Path mmdet = shared_ / "coco_dataset" / "mmdet_coco", roboflow = shared_ / "coco_dataset" / "coco_roboflow";
  import(CocoImporter(), mmdet);
  expect_counts("instances", {mmdet / "annotations/instances_train.json", mmdet / "annotations/instances_val.json"});
  std::filesystem::remove_all(dataset());
  import(CocoImporter(), roboflow);
  expect_counts("instances", {roboflow / "train/_annotations.coco.json", roboflow / "val/_annotations.coco.json"});
}

TEST_F(CocoSamples, APanopticPictureOfAnotherSizeIsNamed) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const Path sample = shared_ / "coco_dataset" / "coco_panoptic";  // whose a.png is 5 x 5, and a.jpg 10 x 5
  expect_says(error_of([&] { import(CocoImporter(), sample); }),
              "annotations/panoptic_train.json: annotations[0]: segments_info[0] (id 460551): the mask is 5 x 5");
}

TEST_F(CocoSamples, ResultFilesAreNamedForWhatTheyAre) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const auto error = [&](const std::string& name) {
    return error_of([&] { import(CocoImporter(), shared_ / "coco_results" / name); });
  };
  expect_says(error("captions_val2014_fakecap_results.json"), "a list of 1000 captions: a COCO result file");
  expect_says(error("instances_val2014_fakebbox100_results.json"), " boxes: a COCO result file");
  expect_says(error("instances_val2014_fakesegm100_results.json"), " 734 masks: a COCO result file");
  expect_says(error("person_keypoints_val2014_fakekeypoints100_results.json"), " keypoints: a COCO result file");
}

// The sample has no pictures: blank ones of the sizes that it states stand for them.
TEST_F(CocoSamples, LvisHoldsItsInstancesAndWhatEachPictureWasSearchedFor) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  const Path sample = shared_ / "lvis" / "lvis_val_100.json";
  std::filesystem::create_directories(folder_ / "images");
  const json file = json::parse(read_text(sample));
  int shade = 0;
  for (const json& image : file["images"])
    write_file(folder_ / "images" / image["file_name"].get<std::string>(),
               tiny_png(++shade, image["width"], image["height"]));
  LvisImporter settings;
  settings.images = {folder_ / "images"};
  const ImportReport report = import(settings, sample);
  EXPECT_TRUE(report.left_out.empty()) << report.text();
  expect_counts("lvis", {sample});
  const json wanted = independent_counts({sample});
  const LayerCounts counts = counts_of(dataset(), "lvis");
  EXPECT_EQ(counts.negatives, wanted["negatives"]);
  EXPECT_EQ(counts.exhaustive, wanted["image_category_pairs"].get<size_t>() - wanted["not_exhaustive"].get<size_t>());
  EXPECT_EQ(counts.mask_area, 4937393u) << "counts_coco.py with pycocotools 2.0.11";
  expect_says(report.text(), "categories by frequency (r rare, c common, f frequent): c 461, f 315, r 454");
}

TEST_F(CocoSamples, Sa1bsMasksAreOfNoSaidKind) {
  if (shared_.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  Sa1bImporter settings;
  settings.on.chosen[Problem::size_mismatch] = "skip";  // the mask of b.jpg is 10 x 5, and b.jpg 5 x 10
  const ImportReport report = import(settings, shared_ / "segment_anything_dataset");
  EXPECT_EQ(report.images, 2u);
  const json wanted = independent_counts({shared_ / "segment_anything_dataset" / "a.json"});
  EXPECT_EQ(counts_of(dataset(), "masks").masks, wanted["masks"]);
  EXPECT_EQ(counts_of(dataset(), "masks").mask_area, wanted["mask_area"]);
  expect_says(report.left_out.at("size_mismatch").at(0), "b.json: annotations[0] (id 1): the mask is 10 x 5");
}

}  // namespace
}  // namespace weft
