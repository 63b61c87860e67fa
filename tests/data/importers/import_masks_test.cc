// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_masks.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

class Masks : public LabelTest<MasksImporter> {};

constexpr const char* kTwo = "11000000 11000000 00000000 00000000 00000022 00000022";

TEST_F(Masks, AFolderPerPictureHasAFilePerObject) {
  picture("p/images/a.png", 1);
  grey("p/masks/1.png", "xx000000 xx000000 00000000 00000000 00000000 00000000");
  grey("p/masks/2.png", "00000000 00000000 00000000 00000000 00000000 0000000x");
  picture("q/images/b.png", 2);
  settings_.concept_text = "nucleus";
  const ImportReport report = import();
  EXPECT_EQ(said("p/images/a.png"), (Said{"masks image exhaustive *", "masks mask nucleus object #1: 4 in 0 0 2 2",
                                          "masks mask nucleus object #2: 1 in 7 5 8 6"}));
  EXPECT_EQ(said("q/images/b.png"), Said{});
  expect_says(report.repaired.at("unlabelled_image").at(0), "q/images/b.png: has no mask");
}

TEST_F(Masks, AnEmptyOrDamagedMaskIsNamed) {
  picture("p/images/a.png");
  grey("p/masks/1.png", "00000000 00000000 00000000 00000000 00000000 00000000");
  expect_says(error(), "p/masks/1.png: the mask is empty");
  text("p/masks/1.png", "\x89PNG\r\n\x1A\nnothing");
  expect_says(error(), "p/masks/1.png: damaged PNG");
  write_file(source() / "p/masks/1.png", tiny_jpeg(3));
  expect_says(error(), "p/masks/1.png: is no PNG; pixels that are labels are read from PNG only");
  grey("p/masks/1.png", "00010 00000");
  expect_says(error(), "p/masks/1.png: the mask is 5 x 2");
  on(Problem::size_mismatch, "skip");
  import();
  EXPECT_EQ(said("p/images/a.png"), Said{});
}

TEST_F(Masks, BinaryPicturesAreTheConceptAndCanBeInverted) {
  picture("image/a.png");
  grey("label/a.png", "xx000000 xx000000 00000000 00000000 00000000 00000000");
  import();
  EXPECT_EQ(said("image/a.png"), (Said{"masks image exhaustive *",
                                       "masks mask *"
                                       " #1: 4 in 0 0 2 2"}));
  std::filesystem::remove_all(dataset());
  settings_.inverted = true;
  settings_.concept_text = "membrane";
  import();
  EXPECT_EQ(said("image/a.png"), (Said{"masks image exhaustive *", "masks mask membrane #1: 44 in 0 0 8 6"}));
}

TEST_F(Masks, SeveralValuesWithoutAMeaningAreRefused) {
  picture("images/a.png");
  grey("masks/a.png", kTwo);
  expect_says(error(), "masks/a.png: has 2 values beside 0, and nothing says what they mean");
  settings_.values = "instances";
  settings_.concept_text = "cell";
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"masks image exhaustive *", "masks mask cell object #1: 4 in 0 0 2 2",
                                        "masks mask cell object #2: 4 in 6 4 8 6"}));
}

TEST_F(Masks, ValuesMeanTheRowsOfALabelMap) {
  picture("images/train/a.png");
  grey("masks/train/a.png", kTwo);
  text("labelmap.csv", "name,r,g,b\nbackground,0,0,0\ncat,255,0,0\ndog,0,255,0\n");
  settings_.ignore = {"dog"};
  import();
  EXPECT_EQ(said("images/train/a.png"), (Said{"masks image exhaustive *", "masks mask cat #1: 4 in 0 0 2 2",
                                              "masks mask unknown *: 4 in 6 4 8 6"}));
}

TEST_F(Masks, ColoursMeanTheRowsOfALabelMap) {
  picture("images/a.png", 1, 2, 1);
  Image colours(2, 1, 3);
  colours.pixels = {255, 0, 0, 0, 255, 0};
  write_file(source() / "masks/a.png", encode_png(colours));
  text("dataset_meta.json", R"({"label_map": {"0": "road", "1": "cat", "2": "Void"}, "background_label": "2",
                                "segmentation_colors": [[0, 255, 0], [255, 0, 0], [0, 0, 0]]})");
  import();
  EXPECT_EQ(said("images/a.png"),
            (Said{"masks image exhaustive *", "masks mask cat #2: 1 in 0 0 1 1", "masks mask road #1: 1 in 1 0 2 1"}));
}

TEST_F(Masks, AValueThatTheListLacksIsRefusedOrUnknown) {
  picture("images/a.png");
  grey("masks/a.png", kTwo);
  text("labelmap.csv", "name,r,g,b\nbackground,0,0,0\ncat,255,0,0\n");
  expect_says(error(), "masks/a.png: value 2: the class \"value 2\" is not in the source's list");
  on(Problem::unknown_class, "skip");
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"masks image exhaustive *", "masks mask cat #1: 4 in 0 0 2 2",
                                        "masks mask unknown *: 4 in 6 4 8 6"}));
}

TEST_F(Masks, IgnoredValuesAreUnknown) {
  picture("images/a.png");
  grey("masks/a.png", "11000000 11000000 00000000 00000000 000000xx 000000xx");
  settings_.ignore = {"255"};
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"masks image exhaustive *",
                                        "masks mask *"
                                        " #1: 4 in 0 0 2 2",
                                        "masks mask unknown *: 4 in 6 4 8 6"}));
}

TEST_F(Masks, NamesOfPicturesAndMasksMayDiffer) {
  picture("images/image_1.png");
  grey("masks/gt_1_seg.png", "10000000 00000000 00000000 00000000 00000000 00000000");
  on(Problem::missing_image, "refuse");
  expect_says(error(), "masks/gt_1_seg.png: a mask whose picture is not there");
  settings_.image_prefix = "image_";
  settings_.mask_prefix = "gt_";
  settings_.mask_suffix = "_seg";
  import();
  EXPECT_EQ(said("images/image_1.png").size(), 2u);
}

TEST_F(Masks, FoldersThatHoldNothingOfTheKindAreRefused) {
  picture("a.png");
  expect_says(error(), "holds no folder of pictures");
  picture("images/a.png");
  text("labelmap.csv", "name,r,g,b\ncat,1,2\n");
  expect_says(error(), "labelmap.csv:2: \"cat,1,2\" is no name and colour r,g,b");
}

}  // namespace
}  // namespace weft
