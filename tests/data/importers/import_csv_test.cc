// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_csv.h"

#include "tests/data/importers/table_support.h"

namespace weft {
namespace {

// A folder with the pictures a.png (4 x 3), b.jpg (8 x 8) and deep/c.png (4 x 3).
class CsvImport : public TableImport<CsvImporter> {
 protected:
  CsvImport() {
    write_file(folder_ / "a.png", tiny_png(1));
    write_file(folder_ / "b.jpg", tiny_jpeg(200));
    write_file(folder_ / "deep/c.png", tiny_png(3));
  }
  ImportReport run_on(const std::string& table) {
    write("table.csv", table);
    return run("table.csv");
  }
  std::string error_in(const std::string& table) {
    write("table.csv", table);
    return error_on("table.csv");
  }
};

TEST_F(CsvImport, APictureHasWhatAllItsRowsSay) {
  const ImportReport report = run_on(
      "\xEF\xBB\xBFimage,caption,tags,label,group,split\r\n"
      "a.png,\"one, \"\"two\"\"\nthree\",\"red, green ,,\",cat,g1,train\r\n"
      "b.jpg,bird,,,g2,val\r\n"
      "a.png,again,,cat of two,g1,\r\n");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(said_of("a.png"), (Said{"captions: one, \"two\"\nthree", "captions: again", "tags: red", "tags: green",
                                    "classes: cat", "classes: cat of two"}));
  EXPECT_EQ(said_of("b.jpg"), (Said{"captions: bird"}));
  EXPECT_EQ(group_of("a.png"), "g1");
  EXPECT_EQ(keys_of_split("val"), (std::set<std::string>{"b.jpg"}));
  EXPECT_EQ(report.repaired.at("empty_text").size(), 1u);  // b.jpg's label
  expect_says(report.text(), "image = image; caption = caption; tags = tags; label = label; group = group");
}

TEST_F(CsvImport, FilesAreFoundWithoutTheirExtensionAndWithBackslashes) {
  EXPECT_EQ(run_on("file,label\na,x\ndeep\\c,y\n").images, 2u);
  EXPECT_EQ(said_of("a.png"), (Said{"classes: x"}));
  EXPECT_EQ(said_of("deep/c.png"), (Said{"classes: y"}));
}

TEST_F(CsvImport, ColumnsAreNamedBySettings) {
  settings_.image = "Where";
  settings_.caption = "What";
  settings_.tag_separator = "|";
  settings_.tags = "Marks";
  const ImportReport report = run_on("Where;What;Marks;Note\na.png;a cat, or two;x|y;secret\n");
  EXPECT_EQ(said_of("a.png"), (Said{"captions: a cat, or two", "tags: x", "tags: y"}));
  expect_says(report.text(), "left out: Note");
  expect_says(report.text(), "columns are taken to be separated by semicolons");
  settings_.caption = "Waht";
  expect_says(error_in("Where;What;Marks\n"), "table.csv:1: there is no column \"Waht\"; there are \"Where\"");
}

TEST_F(CsvImport, AFileWithoutAHeaderNeedsNamesOfItsColumns) {
  expect_says(error_in("a.png,dog\n"), "table.csv:1: no column is called as pictures usually are");
  settings_.columns = {"image", "label"};
  EXPECT_EQ(run_on("a.png,dog\nb.jpg,cat\n").images, 2u);
  EXPECT_EQ(said_of("a.png"), (Said{"classes: dog"}));
}

TEST_F(CsvImport, ClassesInColumnsAreFourStates) {
  const std::string table = "image,dog,cat,bird,fox\na.png,1,0,,0.25\nb.jpg,0.0,1.0,-1,two\n";
  expect_says(error_in(table), "table.csv:3: \"-1\" of class bird is no number from 0 to 1");
  settings_.on.chosen[Problem::malformed_label] = "skip";
  const ImportReport report = run_on(table);
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 2u);
  EXPECT_EQ(said_of("a.png"), (Said{"classes: dog", "classes: neg cat", "classes: soft fox at 0.25"}));
  EXPECT_EQ(said_of("b.jpg"), (Said{"classes: neg dog", "classes: cat"}));
  const Store store(dataset());
  EXPECT_TRUE(store.vocabulary().about(static_cast<uint32_t>(store.vocabulary().find("bird"))).closed);
  settings_.zero = "unsaid";
  run_on(table);
  EXPECT_EQ(said_of("a.png"), (Said{"classes: dog", "classes: soft fox at 0.25"}));
}

TEST_F(CsvImport, ClassColumnsMayStandBesideOtherColumns) {
  settings_.class_columns = {"dog"};
  run_on("image,caption,dog,cat\na.png,hello,1,1\n");
  EXPECT_EQ(said_of("a.png"), (Said{"captions: hello", "classes: dog"}));
}

TEST_F(CsvImport, BoxesAreCornersOrSizesAsTheirColumnsSay) {
  run_on("image,label,x1,y1,x2,y2\na.png,cat,0,1,2.5,3\n");
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box cat 0 1 2.5 3"}));
  run_on("image,x,y,width,height\na.png,1,1,2,1\n");
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box * 1 1 3 2"}));
  settings_.box_unit = "fraction";
  run_on("image,xmin,ymin,xmax,ymax\na.png,0.25,0,1,1\n");
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box * 1 0 4 3"}));
}

TEST_F(CsvImport, ABoxInOneColumnNeedsItsFormat) {
  const std::string table = "image,label,bbox\na.png,cat,\"[1, 1,2 ,2]\"\na.png,dog,1 0 2 3\na.png,,\n";
  expect_says(error_in(table), "say box_format=xyxy or xywh");
  settings_.box_format = "xywh";
  run_on(table);
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box cat 1 1 3 3", "boxes: box dog 1 0 3 3"}));
  settings_.box_format = "xyxy";
  run_on(table);
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box cat 1 1 2 2", "boxes: box dog 1 0 2 3"}));
  expect_says(error_in("image,bbox\na.png,1 2 3\n"), "table.csv:2: the box is not four numbers");
}

TEST_F(CsvImport, ColumnsOfBoxesMayBeNamed) {
  settings_.box = {"l", "t", "r", "b"};
  expect_says(error_in("image,l,t,r,b\na.png,0,0,1,1\n"), "box_format=xyxy");
  settings_.box_format = "xyxy";
  run_on("image,l,t,r,b\na.png,0,0,1,1\n");
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box * 0 0 1 1"}));
  settings_.box = {"l", "t"};
  expect_says(error_in("image,l,t\n"), "wanted the name of one column or of four, found 2");
}

TEST_F(CsvImport, BoxesOutsideAreClampedAndEmptyOnesLeftOut) {
  const ImportReport report =
      run_on("image,x1,y1,x2,y2\na.png,-3,0,2,9\na.png,1,1,1,2\na.png,3,2,1,1\na.png,50,50,60,60\nb.jpg,,,,\n");
  EXPECT_EQ(report.images, 2u);  // b.jpg's row has no box, which says nothing but that it is there
  EXPECT_EQ(said_of("a.png"), (Said{"boxes: box * 0 0 2 3"}));
  expect_says(report.text(), "table.csv:2");
  EXPECT_EQ(report.left_out.at("box_empty").size(), 3u);
  expect_says(error_in("image,x1,y1,x2,y2\na.png,1,x,2,3\n"), "table.csv:2: the box is not four numbers");
  expect_says(error_in("image,x1,y1,x2,y2\na.png,1,nan,2,3\n"), "table.csv:2: the box is not four numbers");
}

TEST_F(CsvImport, ALabelWithoutABoxIsSaidOfTheWholePicture) {
  run_on("image_id,class_name,rad_id,x_min,y_min,x_max,y_max\na,No finding,R1,,,,\nb,Mass,R2,0,0,2,2\n");
  EXPECT_EQ(said_of("a.png"), (Said{"classes: No finding"}));
  EXPECT_EQ(said_of("b.jpg"), (Said{"boxes: box Mass 0 0 2 2"}));
}

TEST_F(CsvImport, MasksAreRunsWhoseDialectIsNamed) {
  const std::string table = "ImageId,EncodedPixels,label\na,1 3,cat\nb.jpg,-1,cat\ndeep/c,2 2 11 2,\n";
  settings_.on.chosen[Problem::bad_mask] = "skip";
  expect_says(error_in(table), "say rle_format=starts");
  settings_.rle_format = "starts";
  run_on(table);
  EXPECT_EQ(said_of("a.png"), (Said{"masks: mask cat of 3 pixels"}));
  EXPECT_EQ(said_of("b.jpg"), (Said{"masks: neg cat"}));
  EXPECT_EQ(said_of("deep/c.png"), (Said{"masks: mask * of 4 pixels"}));
  settings_.rle_format = "gaps";
  const ImportReport report = run_on(table);
  EXPECT_EQ(report.left_out.at("bad_mask").size(), 1u);  // 2 + 2 + 11 + 2 is beyond the 12 pixels of c
  settings_.on.chosen[Problem::bad_mask] = "refuse";
  expect_says(error_in(table), "table.csv:4: a run ends at pixel 17, but the picture has 12");
}

TEST_F(CsvImport, APictureOfBoxesIsExhaustiveWhereAsked) {
  settings_.exhaustive = true;
  run_on("image,label,x1,y1,x2,y2\na.png,cat,0,0,2,2\na.png,cat,1,1,2,2\nb.jpg,,,,,\n");
  EXPECT_EQ(said_of("b.jpg"), (Said{"boxes: exhaustive *"}));
  EXPECT_EQ(said_of("a.png").count("boxes: exhaustive *"), 1u);
}

TEST_F(CsvImport, ARaggedRowIsRefusedWithItsLineOrLeftOut) {
  const std::string table = "image,caption\na.png,\"two\nlines\"\nb.jpg,one, two\ndeep/c.png,fine\n";
  expect_says(error_in(table), "table.csv:4: the row has 3 fields, but line 1 has 2");
  settings_.on.chosen[Problem::malformed_label] = "skip";
  const ImportReport report = run_on(table);
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 1u);
}

TEST_F(CsvImport, ARowWithoutAPictureIsRefusedWithItsLine) {
  expect_says(error_in("image,caption\n ,x\n"), "table.csv:2: the row names no picture");
  expect_says(error_in("image,caption\na.png,x\nnone.png,y\n"), "table.csv:3: ");
  expect_says(error_in("image,caption\na.png,x\nnone.png,y\n"), "on.missing_image=skip");
}

TEST_F(CsvImport, TextsThatAreNotUtf8AreRefusedOrReadAsLatin1) {
  expect_says(error_in("image,caption\na.png,gr\xFCn\n"), "table.csv:2: ");
  settings_.on.chosen[Problem::text_not_utf8] = "repair";
  run_on("image,caption\na.png,gr\xFCn\n");
  EXPECT_EQ(said_of("a.png"), (Said{"captions: gr\xC3\xBCn"}));
  expect_says(error_in("image,d\xFCg\na.png,1\n"), "table.csv:1: is not UTF-8");
}

TEST_F(CsvImport, APictureInTwoGroupsOrSplitsIsRefusedWithItsLine) {
  expect_says(error_in("image,caption,group\na.png,x,g1\nb.jpg,y,g2\na.png,z,g3\n"), "table.csv:4: ");
  expect_says(error_in("image,caption,split\na.png,x,train\na.png,y,val\n"), "table.csv:3: ");
}

TEST_F(CsvImport, AClassThatTheListLacksIsRefusedOrAdded) {
  write("classes.txt", "cat\ndog\n");
  settings_.class_list = "classes.txt";
  const std::string table = "image,label\na.png,cat\nb.jpg,doge\ndeep/c.png,doge\n";
  expect_says(error_in(table), "table.csv:3: the class \"doge\" is not in the list of classes");
  settings_.on.chosen[Problem::unknown_class] = "repair";
  const ImportReport report = run_on(table);
  EXPECT_EQ(report.repaired.at("unknown_class").size(), 1u);
  EXPECT_EQ(said_of("deep/c.png"), (Said{"classes: doge"}));
  settings_.on.chosen[Problem::unknown_class] = "skip";
  run_on(table);
  EXPECT_EQ(said_of("deep/c.png"), Said{});
  const Store store(dataset());
  EXPECT_TRUE(store.vocabulary().about(static_cast<uint32_t>(store.vocabulary().find("dog"))).closed);
}

TEST_F(CsvImport, PicturesThatNoRowNamesComeWhereAsked) {
  const std::string table = "image,label\nc.png,x\n";
  settings_.images = "deep";
  write_file(folder_ / "deep/d.png", tiny_png(9));
  EXPECT_EQ(run_on(table).images, 1u);
  settings_.unlisted = true;
  const ImportReport report = run_on(table);
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.repaired.at("unlabelled_image").size(), 1u);
  settings_.on.chosen[Problem::unlabelled_image] = "skip";
  EXPECT_EQ(run_on(table).images, 1u);
}

TEST_F(CsvImport, AFolderOfTablesHasASplitForEach) {
  write("tables/train.csv", "image,caption\na.png,x\n");
  write("tables/test-export.csv", "image,caption\nb.jpg,y\n");
  settings_.images = "..";
  run("tables");
  EXPECT_EQ(keys_of_split("test"), (std::set<std::string>{"b.jpg"}));
  EXPECT_EQ(keys_of_split("train"), (std::set<std::string>{"a.png"}));
  write("none/readme.txt", "");
  expect_says(error_on("none"), "holds no *.csv");
}

TEST_F(CsvImport, SaysWhatPythonCountsInTheSharedTables) {
  const Path kaggle = shared_formats() / "kaggle_dataset", vott = shared_formats() / "vott_csv_dataset";
  if (!std::filesystem::exists(kaggle)) GTEST_SKIP() << "the shared data is not on this machine";
  struct Case {
    Path table, images;
    std::vector<std::string> options;
    CsvImporter settings;
  };
  std::vector<Case> cases;
  const auto add = [&](const std::string& folder, const std::string& file, std::vector<std::string> options) {
    settings_.images = "images";
    cases.push_back({kaggle / folder / file, kaggle / folder / "images", std::move(options), settings_});
    return &cases.back().settings;
  };
  add("image_csv", "ann.csv", {});
  add("image_csv", "ann_wo_ext.csv", {});
  add("image_csv_multi_label", "ann.csv", {"columns_are_classes=yes"});
  add("image_csv_multi_label", "ann_wo_ext.csv", {"columns_are_classes=yes"});
  add("image_csv_det", "ann.csv", {"box=xyxy"});
  add("image_csv_det", "ann2.csv", {"box=xywh"});
  add("image_csv_det", "ann3.csv", {"box=xyxy"})->box_format = "xyxy";
  for (const char* file : {"ann.txt", "ann_wo_ext.txt"}) {
    CsvImporter* settings = add("image_txt", file, {"separator= ", "columns=image,label"});
    settings->separator = "space";
    settings->columns = {"image", "label"};
  }
  add("image_txt_det", "ann.txt", {"columns=image,label,x1,y1,x2,y2", "box=xyxy"})->columns = {"image", "label", "x1",
                                                                                               "y1",    "x2",    "y2"};
  add("image_txt_det", "ann_single_obj.txt", {"columns=image,x1,y1,w,h", "box=xywh"})->columns = {"image", "x1", "y1",
                                                                                                  "w", "h"};
  for (const char* folder : {"dataset", "dataset_with_meta_file"}) {
    cases.push_back({vott / folder, vott / folder, {"box=xyxy"}, settings_});
    cases.back().settings.images = "";
  }
  for (Case& one : cases) {
    settings_ = one.settings;
    // Their pictures are all the same one, which is therefore in every split and has boxes beyond its edges.
    settings_.on.chosen[Problem::conflict] = "repair";
    run(one.table);
    std::vector<std::string> arguments = {"csv", one.table.string(), one.images.string()};
    arguments.insert(arguments.end(), one.options.begin(), one.options.end());
    EXPECT_EQ(counted(dataset()), python_counts(arguments)) << one.table;
  }
}

}  // namespace
}  // namespace weft
