// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_voc.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

std::string object(const std::string& name, const std::string& box, const std::string& more = "") {
  const char* tags[] = {"xmin", "ymin", "xmax", "ymax"};
  std::string out = "<object>\n<name>" + name + "</name><bndbox>", number;
  int at = 0;
  for (const char letter : box + " ") {
    if (letter != ' ') {
      number += letter;
      continue;
    }
    out += join("<", tags[at], ">", number, "</", tags[at], ">");
    number.clear(), ++at;
  }
  return out + "</bndbox>" + more + "</object>\n";
}

class Voc : public LabelTest<VocImporter> {
 protected:
  Voc() { picture("JPEGImages/a.png"); }
  void annotate(const std::string& name, const std::string& objects, const std::string& head = "") const {
    text("Annotations/" + name + ".xml", "<annotation>\n" + head + objects + "</annotation>");
  }
};

TEST_F(Voc, BoxesCountFromOneAndIncludeTheirLastPixel) {
  annotate("a", object("cat", "1 2 3 4", "<difficult>1</difficult><truncated>1</truncated>") +
                    object("dog", "2.5 1 8 6", "<occluded>1</occluded>"));
  import();
  EXPECT_EQ(said("JPEGImages/a.png"),
            (Said{"objects box cat object truncated difficult #1: 0 1 3 4",
                  "objects box dog object occluded #2: 1.5 0 8 6", "objects image exhaustive *"}));
}

TEST_F(Voc, OtherOriginsAreAKey) {
  annotate("a", object("cat", "1 2 3 4"));
  settings_.origin = 0;
  settings_.inclusive = false;
  import();
  EXPECT_EQ(said("JPEGImages/a.png").count("objects box cat object #1: 1 2 3 4"), 1u);
}

TEST_F(Voc, ChildrenMayComeInAnyOrder) {
  text("Annotations/a.xml",
       "<annotation><object><bndbox><ymax>4</ymax><xmin>1</xmin><xmax>3</xmax><ymin>2</ymin></bndbox>"
       "<truncated>0</truncated><name> cat </name></object><filename>a.png</filename></annotation>");
  import();
  EXPECT_EQ(said("JPEGImages/a.png").count("objects box cat object #1: 0 1 3 4"), 1u);
}

TEST_F(Voc, PartsNameTheObjectTheyBelongTo) {
  annotate("a", object("person", "1 1 8 6",
                       "<part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax>"
                       "<ymax>3</ymax></bndbox></part>") +
                    object("cat", "5 5 6 6"));
  import();
  EXPECT_EQ(said("JPEGImages/a.png"),
            (Said{"objects box cat object #2: 4 4 6 6", "objects box head part #3 of #1: 1 1 3 3",
                  "objects box person object #1: 0 0 8 6", "objects image exhaustive *"}));
  const Store store(dataset());
  const auto closed = [&](const char* text) { return store.vocabulary().about(store.vocabulary().find(text)).closed; };
  EXPECT_TRUE(closed("person"));
  EXPECT_FALSE(closed("head"));  // parts are not annotated everywhere
}

TEST_F(Voc, AFileWithoutObjectsSaysThatNothingIsThere) {
  annotate("a", "");
  picture("JPEGImages/b.png", 2);
  const ImportReport report = import();
  EXPECT_EQ(said("JPEGImages/a.png"), (Said{"objects image exhaustive *"}));
  EXPECT_EQ(said("JPEGImages/b.png"), Said{});  // no file: nobody said anything
  expect_says(report.repaired.at("unlabelled_image").at(0), "JPEGImages/b.png: has no annotation");
}

TEST_F(Voc, ABoxOfOnePixelIsEmptyAndReportedWithItsLine) {
  annotate("a", object("cat", "3 4 3 4") + object("cat", "5 5 2 6"));
  const ImportReport report = import();
  EXPECT_EQ(said("JPEGImages/a.png"), Said{});  // nor is it said that nothing else is there
  expect_says(report.text(), "pictures of which a label was left out are not said to be labelled completely");
  ASSERT_EQ(report.left_out.at("box_empty").size(), 2u);
  EXPECT_EQ(report.left_out.at("box_empty")[0], "Annotations/a.xml:2: xmin 3, ymin 4, xmax 3, ymax 4");
  on(Problem::box_empty, "refuse");
  expect_says(error(), "Annotations/a.xml:2");
}

TEST_F(Voc, ZeroCornersAreCutAndTheReportAsksForTheOrigin) {
  annotate("a", object("cat", "0 0 9 4"));
  const ImportReport report = import();
  EXPECT_EQ(said("JPEGImages/a.png").count("objects box cat object #1: 0 0 8 4"), 1u);
  EXPECT_EQ(report.repaired.at("box_outside").size(), 1u);
  expect_says(report.text(), "hint: origin=0");
}

TEST_F(Voc, AWrongSizeIsRefusedOrTakenAsThePictures) {
  annotate("a", object("cat", "1 2 3 4"), "<size><width>0</width><height>0</height></size>\n");
  import();  // 0 x 0 says nothing
  annotate("a", object("cat", "1 2 3 4"), "<size><width>80</width><height>60</height></size>\n");
  std::filesystem::remove_all(dataset());
  expect_says(error(), "Annotations/a.xml:2: the label states 80 x 60");
  on(Problem::size_mismatch, "repair");
  import();
  EXPECT_EQ(said("JPEGImages/a.png").count("objects box cat object #1: 0 1 3 4"), 1u);
}

TEST_F(Voc, AStaleFileNameIsReportedAndTheFilesOwnNameCounts) {
  picture("JPEGImages/b.png", 2);
  annotate("a", object("cat", "1 2 3 4"), "<filename>b.png</filename>\n");
  const ImportReport report = import();
  EXPECT_EQ(said("JPEGImages/a.png").size(), 2u);
  EXPECT_EQ(said("JPEGImages/b.png").size(), 0u);
  expect_says(report.repaired.at("file name").at(0), "Annotations/a.xml: names the picture \"b.png\"");
}

TEST_F(Voc, TheFileNameServesWhereNoPictureIsCalledLikeTheFile) {
  annotate("0001", object("cat", "1 2 3 4"), "<filename>a.png</filename>\n");
  import();
  EXPECT_EQ(said("JPEGImages/a.png").size(), 2u);
}

TEST_F(Voc, AMissingPictureIsNamed) {
  annotate("gone", object("cat", "1 2 3 4"), "<filename>lost.jpg</filename>\n");
  expect_says(error(), "Annotations/gone.xml: there is no picture \"gone\" nor \"lost.jpg\"");
  on(Problem::missing_image, "skip");
  EXPECT_EQ(import().left_out.at("missing_image").size(), 1u);
}

TEST_F(Voc, WhatCannotBeUnderstoodIsNamedByItsLine) {
  annotate("a", object("cat", "1 2 x 4"));
  expect_says(error(), "Annotations/a.xml:3: <xmax> is \"x\", wanted a number");
  annotate("a", "<object><name>cat</name></object>\n");
  expect_says(error(), "Annotations/a.xml:2: <object> cat has no <bndbox>");
  annotate("a", "<object><bndbox/></object>\n");
  expect_says(error(), "Annotations/a.xml:2: <object> has no <name>");
  text("Annotations/a.xml", "<annotation>\n<object>\n");
  expect_says(error(), "Annotations/a.xml:");
  text("Annotations/a.xml", "<annotations/>");
  expect_says(error(), "the root is <annotations>; wanted <annotation>");
}

TEST_F(Voc, WhatIsNotKeptIsToldOnce) {
  annotate("a", object("cat", "1 2 3 4", "<pose>Left</pose>") +
                    object("dog", "1 2 4 4", "<actions><other>1</other></actions>"));
  const ImportReport report = import();
  const auto& places = report.left_out.at("said by the source, not kept here");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0], "Annotations/a.xml:5: <actions> of objects, 1 time");
}

TEST_F(Voc, Latin1IsReadWhereItIsDeclaredOrAskedFor) {
  text("Annotations/a.xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<annotation>" +
                                object("k\xE4"
                                       "fer",
                                       "1 2 3 4") +
                                "</annotation>");
  import();
  EXPECT_EQ(said("JPEGImages/a.png")
                .count("objects box k\xC3\xA4"
                       "fer object #1: 0 1 3 4"),
            1u);
  std::filesystem::remove_all(dataset());
  annotate("a", object("k\xE4"
                       "fer",
                       "1 2 3 4"));
  expect_says(error(), "Annotations/a.xml: is not UTF-8");
  on(Problem::text_not_utf8, "repair");
  import();
  EXPECT_EQ(said("JPEGImages/a.png")
                .count("objects box k\xC3\xA4"
                       "fer object #1: 0 1 3 4"),
            1u);
}

TEST_F(Voc, ListsAreSplitsAndClassListsSayWhatIsInAPicture) {
  picture("JPEGImages/b.png", 2);
  annotate("a", "");
  annotate("b", "");
  text("ImageSets/Main/train.txt", "a\n\n");
  text("ImageSets/Main/val.txt", "b\n");
  text("ImageSets/Main/trainval.txt", "a\nb\n");
  text("ImageSets/Main/cat_train.txt", "a  1\n");
  text("ImageSets/Main/cat_val.txt", "b -1\n");
  text("ImageSets/Main/potted_plant_val.txt", "b  0\n");
  import();
  EXPECT_EQ(split("train"), (std::set<std::string>{"JPEGImages/a.png"}));
  EXPECT_EQ(split("val"), (std::set<std::string>{"JPEGImages/b.png"}));
  EXPECT_EQ(said("JPEGImages/a.png"), (Said{"class_lists image cat", "objects image exhaustive *"}));
  EXPECT_EQ(said("JPEGImages/b.png"), (Said{"class_lists image neg cat", "class_lists image unknown potted_plant",
                                            "objects image exhaustive *"}));
  text("ImageSets/Main/val.txt", "b\nnowhere\n");
  expect_says(error(), "ImageSets/Main/val.txt:2: there is no picture \"nowhere\"");
}

TEST_F(Voc, MasksHaveTheirObjectsIdAndTheRimIsUnknown) {
  annotate("a", object("cat", "1 1 2 2") + object("dog", "5 1 6 2"));
  text("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n");
  grey("SegmentationClass/a.png", "11x00220 11x00220 11x00220 00000000 00000000 11000000");
  grey("SegmentationObject/a.png", "11x00220 11x00220 11x00220 00000000 00000000 33000000");
  import();
  EXPECT_EQ(
      said("JPEGImages/a.png"),
      (Said{"objects box cat object #1: 0 0 2 2", "objects box dog object #2: 4 0 6 2", "objects image exhaustive *",
            "objects mask cat object #1: 6 in 0 0 2 3", "objects mask cat object #3: 2 in 0 5 2 6",
            "objects mask dog object #2: 6 in 5 0 7 3", "objects mask unknown *: 3 in 2 0 3 3"}));
}

TEST_F(Voc, MasksOfClassesOnlyAreRegionsOfTheClass) {
  text("labelmap.txt", "background:0,0,0::\ncat:128,0,0::\n");
  grey("SegmentationClass/a.png", "11000000 00000000 00000000 00000000 00000000 00000011");
  import();
  EXPECT_EQ(said("JPEGImages/a.png"), (Said{"objects image exhaustive *", "objects mask cat #1: 4 in 0 0 8 6"}));
}

TEST_F(Voc, MasksWithoutNamesAreNotGivenVocsOwn) {
  annotate("a", object("tumour", "1 1 2 2"));
  grey("SegmentationClass/a.png", "11000000 00000000 00000000 00000000 00000000 00000000");
  expect_says(error(), "\"tumour\" is none of VOC's own");
}

TEST_F(Voc, AClassBeyondTheListIsMet) {
  text("labelmap.txt", "background:0,0,0::\ncat:128,0,0::\n");
  annotate("a", object("dog", "1 1 2 2"));
  expect_says(error(), "Annotations/a.xml:2: the class \"dog\" is not in the source's list");
  on(Problem::unknown_class, "repair");
  import();
  EXPECT_EQ(said("JPEGImages/a.png").count("objects box dog object #1: 0 0 2 2"), 1u);
}

TEST_F(Voc, XmlBesidePicturesIsReadToo) {
  std::filesystem::remove_all(source());
  picture("x/b.png", 3);
  text("x/b.xml", "<annotation>" + object("cat", "1 2 3 4") + "</annotation>");
  import();
  EXPECT_EQ(said("x/b.png").count("objects box cat object #1: 0 1 3 4"), 1u);
}

}  // namespace
}  // namespace weft
