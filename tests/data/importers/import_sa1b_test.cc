// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_sa1b.h"

#include "tests/data/importers/coco_support.h"

namespace weft {
namespace {

using nlohmann::json;

class Sa1b : public CocoFolderTest {
 protected:
  static json mask(int id, double iou, double stability) {
    return {{"id", id},
            {"segmentation", {{"size", {6, 8}}, {"counts", {6 * id, 6, 42 - 6 * id}}}},
            {"predicted_iou", iou},
            {"stability_score", stability},
            {"point_coords", {{1, 1}}}};
  }
  static json file(json masks) {
    return {{"image", {{"image_id", 1}, {"width", 8}, {"height", 6}, {"file_name", "a.png"}}},
            {"annotations", std::move(masks)}};
  }
};

TEST_F(Sa1b, AMaskIsAsSureAsItsTwoScoresTogetherAndOfNoSaidKind) {
  write("images/a.json", file({mask(1, 0.5, 0.5), mask(2, 1.02, 0.75)}));
  const ImportReport report = import(Sa1bImporter(), "images");
  EXPECT_TRUE(report.left_out.empty()) << report.text();
  EXPECT_EQ(lines_of(dataset(), "a.png", "masks"),
            (Lines{"mask * #1 at 0.25: 6 of 8 x 6", "mask * #2 at 0.75: 6 of 8 x 6"}));
}

TEST_F(Sa1b, MasksBelowAConfidenceAreLeftOutAndReported) {
  write("images/a.json", file({mask(1, 0.5, 0.5), mask(2, 1, 0.75)}));
  Sa1bImporter settings;
  settings.least_confidence = 0.5;
  const ImportReport report = import(settings, "images");
  EXPECT_EQ(lines_of(dataset(), "a.png", "masks"), (Lines{"mask * #2 at 0.75: 6 of 8 x 6"}));
  expect_says(report.left_out.at("masks below least_confidence").at(0), "a.json: annotations[0] (id 1): 0.25");
}

TEST_F(Sa1b, PicturesAndFilesWithoutTheirPartnerAreNamed) {
  write("images/a.json", file({mask(1, 1, 1)}));
  add_picture("b.png", 2);
  const ImportReport report = import(Sa1bImporter(), "images");
  EXPECT_EQ(report.images, 2u);
  expect_says(report.repaired.at("unlabelled_image").at(0), "b.png: no JSON file names it");
  json other = file({mask(1, 1, 1)});
  other["image"]["file_name"] = "c.png";
  write("images/c.json", other);
  expect_says(error_of([&] { import(Sa1bImporter(), "images"); }), "c.json: c.png is not beside it");
}

TEST_F(Sa1b, MasksThatCannotBeUnderstoodAreNamed) {
  json broken = mask(9, 1, 1);
  broken["segmentation"].erase("size");
  write("images/a.json", file({mask(1, 1, 1), broken}));
  expect_says(error_of([&] { import(Sa1bImporter(), "images"); }),
              "a.json: annotations[1] (id 9): segmentation is {\"counts\":");
  Sa1bImporter settings;
  settings.on.chosen[Problem::malformed_label] = "skip";
  EXPECT_EQ(import(settings, "images").left_out.at("malformed_label").size(), 1u);
  EXPECT_EQ(lines_of(dataset(), "a.png", "masks").size(), 1u);
}

TEST_F(Sa1b, JsonThatIsNotSa1bsIsNamed) {
  write("images/a.json", {{"shapes", json::array()}});
  expect_says(error_of([&] { import(Sa1bImporter(), "images"); }), "a.json: has no image and no annotations");
}

}  // namespace
}  // namespace weft
