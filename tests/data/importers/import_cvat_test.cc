// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_cvat.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

class Cvat : public LabelTest<CvatImporter> {
 protected:
  Cvat() { picture("images/a.png"); }
  void shapes(const std::string& inside, const std::string& attributes = "width=\"8\" height=\"6\"") const {
    text("annotations.xml",
         "<annotations><meta><task><labels><label><name>cat</name></label><label><name>dog</name></label></labels></"
         "task>"
         "</meta>\n<image id=\"0\" name=\"a.png\" " +
             attributes + ">\n" + inside + "</image></annotations>");
  }
};

TEST_F(Cvat, EveryShapeBecomesItsKindOfRegion) {
  shapes(
      "<box label=\"cat\" occluded=\"1\" xtl=\"0\" ytl=\"2\" xbr=\"4\" ybr=\"4\"/>\n"
      "<polygon label=\"dog\" points=\"1,1;5,1;5,5;1,5\"/>\n"
      "<polyline label=\"dog\" points=\"1.0,2;3,4.5\"/>\n"
      "<points label=\"cat\" points=\"1,2;3,4\"/>\n"
      "<mask label=\"cat\" rle=\"1, 2, 1, 2\" left=\"2\" top=\"1\" width=\"3\" height=\"2\"/>\n"
      "<tag label=\"dog\"/>\n");
  import();
  EXPECT_EQ(said("images/a.png"),
            (Said{"shapes box cat occluded #1: 0 2 4 4", "shapes image dog", "shapes mask cat #6: 4 in 3 1 5 3",
                  "shapes mask dog #2: 16 in 1 1 5 5", "shapes point cat #4: 1 2", "shapes point cat #5: 3 4",
                  "shapes scribble dog #3: width 1 1,2 3,4.5"}));
}

TEST_F(Cvat, RunsOfAMaskGoRowByRowInItsBox) {
  shapes("<mask label=\"cat\" rle=\"0,4,2\" left=\"0\" top=\"0\" width=\"3\" height=\"2\"/>\n");
  import();
  const Store store(dataset());
  std::vector<uint8_t> pixels(48);
  for (const Record& record : store.records(0)) paint_rle(mask_of(record.geometry), pixels.data(), 1);
  std::vector<uint8_t> wanted(48);
  wanted[0] = wanted[1] = wanted[2] = wanted[8] = 1;
  EXPECT_EQ(pixels, wanted);
}

TEST_F(Cvat, ATurnedBoxIsABoxAroundAndAPlaceInside) {
  shapes("<box label=\"cat\" xtl=\"2\" ytl=\"1\" xbr=\"6\" ybr=\"5\" rotation=\"90\"/>\n");
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"shapes box cat #1: 2 1 6 5", "shapes mask exists cat #1: 16 in 2 1 6 5"}));
}

TEST_F(Cvat, WhatIsNotKeptIsToldOncePerKind) {
  shapes(
      "<box label=\"cat\" xtl=\"0\" ytl=\"2\" xbr=\"4\" ybr=\"4\"><attribute name=\"a\">1</attribute></box>\n"
      "<box label=\"cat\" xtl=\"1\" ytl=\"2\" xbr=\"4\" ybr=\"4\"><attribute name=\"a\">1</attribute></box>\n"
      "<ellipse label=\"cat\" cx=\"1\" cy=\"1\" rx=\"1\" ry=\"1\"/>\n<cuboid label=\"cat\"/>\n");
  const ImportReport report = import();
  EXPECT_EQ(report.left_out.at("said by the source, not kept here"),
            (std::vector<std::string>{"annotations.xml:3: <attribute>, 2 times", "annotations.xml:6: <cuboid>, 1 time",
                                      "annotations.xml:5: <ellipse>, 1 time"}));
}

TEST_F(Cvat, SubsetsAreSplitsAndTheirFoldersHoldTheirPictures) {
  std::filesystem::remove_all(source());
  picture("images/Train/a.png", 1);
  picture("images/Validation/a.png", 2);
  text("annotations.xml",
       "<annotations><image name=\"a.png\" subset=\"Train\"/><image name=\"a.png\" subset=\"Validation\">"
       "<tag label=\"cat\"/></image></annotations>");
  import();
  EXPECT_EQ(split("train"), (std::set<std::string>{"images/Train/a.png"}));
  EXPECT_EQ(split("val"), (std::set<std::string>{"images/Validation/a.png"}));
  EXPECT_EQ(said("images/Validation/a.png"), (Said{"shapes image cat"}));
}

TEST_F(Cvat, AVideosFramesAreFoundByNumberAndOutsideIsNotThere) {
  std::filesystem::remove_all(source());
  picture("images/frame_000010.png", 1);
  picture("images/frame_000013.png", 2);
  text("annotations.xml",
       "<annotations><track id=\"0\" label=\"cat\">\n"
       "<box frame=\"10\" outside=\"0\" keyframe=\"1\" xtl=\"0\" ytl=\"0\" xbr=\"3\" ybr=\"3\"/>\n"
       "<box frame=\"13\" outside=\"1\" keyframe=\"1\" xtl=\"0\" ytl=\"0\" xbr=\"3\" ybr=\"3\"/>\n"
       "<box frame=\"16\" outside=\"0\" keyframe=\"0\" xtl=\"0\" ytl=\"0\" xbr=\"3\" ybr=\"3\"/>\n"
       "</track></annotations>");
  settings_.exhaustive = true;
  const ImportReport report = import();
  EXPECT_EQ(said("images/frame_000010.png"), (Said{"shapes box cat #1: 0 0 3 3", "shapes image exhaustive *"}));
  EXPECT_EQ(said("images/frame_000013.png"), (Said{"shapes image exhaustive *"}));
  EXPECT_EQ(report.left_out.at("a frame without a picture"), (std::vector<std::string>{"annotations.xml:4: frame 16"}));
}

TEST_F(Cvat, MistakesAreNamedByTheirLine) {
  shapes("<box label=\"cat\" xtl=\"left\" ytl=\"2\" xbr=\"4\" ybr=\"4\"/>\n");
  expect_says(error(), "annotations.xml:3: <box>: xtl is \"left\", wanted a number");
  shapes("<polygon label=\"cat\" points=\"1,2;3;4,5\"/>\n");
  expect_says(error(), "annotations.xml:3: <polygon>: the point \"3\" is not x,y");
  shapes("<polygon label=\"cat\" points=\"1,2;3,3\"/>\n");
  expect_says(error(), "annotations.xml:3: ");
  shapes("<mask label=\"cat\" rle=\"1,9\" left=\"2\" top=\"1\" width=\"3\" height=\"2\"/>\n");
  expect_says(error(), "the runs of the mask fill 8 pixels of 3 x 2 = 6");
  shapes("<mask label=\"cat\" rle=\"1,99999999999999\" left=\"2\" top=\"1\" width=\"3\" height=\"2\"/>\n");
  expect_says(error(), "the runs of the mask fill");
  shapes("<mask label=\"cat\" rle=\"0,6\" left=\"7\" top=\"1\" width=\"3\" height=\"2\"/>\n");
  expect_says(error(), "annotations.xml:3: the mask reaches to 10 x 3 of 8 x 6");
  shapes("<box label=\"bird\" xtl=\"1\" ytl=\"2\" xbr=\"4\" ybr=\"4\"/>\n");
  expect_says(error(), "annotations.xml:3: the class \"bird\" is not in the source's list");
  shapes("", "width=\"9\" height=\"6\"");
  expect_says(error(), "annotations.xml:2: the label states 9 x 6");
  text("annotations.xml", "<annotations>\n<image name=\"b.png\"/></annotations>");
  expect_says(error(), "annotations.xml:2: there is no picture \"b.png\"");
}

TEST_F(Cvat, AShapeWithoutALabelIsRefusedOrWhateverItIs) {
  shapes("<polygon label=\"\" points=\"1,1;5,1;5,5;1,5\"/>\n");
  expect_says(error(), "annotations.xml:3: a region without a class");
  on(Problem::malformed_label, "repair");
  import();
  EXPECT_EQ(said("images/a.png"), (Said{"shapes mask *"
                                        " #1: 16 in 1 1 5 5"}));
}

}  // namespace
}  // namespace weft
