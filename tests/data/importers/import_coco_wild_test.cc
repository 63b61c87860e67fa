// SPDX-License-Identifier: Apache-2.0
// What COCO files of the wild have: each oddity is a problem with its place, and what is kept is what was said.
#include "data/importers/import_coco.h"
#include "tests/data/importers/coco_support.h"

namespace weft {
namespace {

using nlohmann::json;

struct Wild {
  const char* name;        // the test's
  const char* annotation;  // of a.png (id 7), 8 x 6; annotations[1], after a sound box of a dog
  const char* problem;     // "": it is none
  const char* says;
  Lines skipped, repaired;  // what is left of it where the policy is skip, and repair
};

std::ostream& operator<<(std::ostream& out, const Wild& wild) {
  return out << wild.name;
}

const char* const kWhole = "image exhaustive *";

class WildAnnotation : public CocoFolderTest, public testing::WithParamInterface<Wild> {
 protected:
  ImportReport import_under(const std::string& policy) {
    std::filesystem::remove_all(dataset());
    CocoImporter settings;
    if (*GetParam().problem) set(settings, policy);
    return import(settings, "annotations/instances_train.json");
  }
  static void set(CocoImporter& settings, const std::string& policy) {
    for (auto& [problem, chosen] : settings.on.chosen)
      if (name_of(problem) == std::string(GetParam().problem)) chosen = policy;
  }
  Lines rest() const {
    Lines lines = lines_of(dataset(), "images/a.png", "instances");
    lines.erase("box dog object #1: 0 0 2 2");
    return lines;
  }
};

TEST_P(WildAnnotation, MeetsItsProblemAtItsPlace) {
  const Wild& wild = GetParam();
  const json sound = {{"id", 1}, {"image_id", 7}, {"category_id", 5}, {"bbox", {0, 0, 2, 2}}};
  write("annotations/instances_train.json", with_annotations({sound, json::parse(wild.annotation)}));
  if (!*wild.problem) {
    const ImportReport report = import_under("refuse");
    EXPECT_TRUE(report.left_out.empty() && report.repaired.empty()) << report.text();
    EXPECT_EQ(rest(), wild.skipped);
    return;
  }
  const std::string error = error_of([&] { import_under("refuse"); });
  expect_says(error, "instances_train.json: annotations[1]");
  expect_says(error, wild.says);
  expect_says(error, join("on.", wild.problem, "="));
  if (wild.problem != std::string("repeated_label")) {  // which has no skip
    const ImportReport skipped = import_under("skip");
    EXPECT_EQ(skipped.left_out.at(wild.problem).size(), 1u) << skipped.text();
    EXPECT_EQ(rest(), wild.skipped);
  }
  if (wild.problem == std::string("box_empty")) return;  // which has no repair
  const ImportReport repaired = import_under("repair");
  EXPECT_EQ(rest(), wild.repaired) << repaired.text();
}

const std::vector<Wild> kWild = {

    Wild{"ABoxWithoutAnArea",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [2, 2, 0, 3]})",
         "box_empty",
         "(id 42): the box 2 2 2 5 has no area",
         {},
         {}},
    Wild{"ABoxOfNegativeSize",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [4, 4, -2, -2]})",
         "box_empty",
         "the box 4 4 2 2 has no area",
         {},
         {}},
    Wild{"ABoxBeyondThePicture",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [6, 2, 4, 2]})",
         "box_outside",
         "the box 6 2 10 4 reaches beyond",
         {},
         {"box cat object #2: 6 2 8 4", kWhole}},
    Wild{"ABoxOfThreeNumbers",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [2, 2, 3]})",
         "malformed_label",
         "(id 42): bbox is [2,2,3], wanted [x, y, width, height]",
         {},
         {}},
    Wild{"ABoxOfWords",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": ["2", 2, 3, 3]})",
         "malformed_label",
         "bbox has \"2\", wanted a number",
         {},
         {}},
    Wild{"APolygonOfTwoCorners",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2], "segmentation": [[1, 1, 3, 3]]})",
         "bad_mask",
         "segmentation has a polygon of 4 numbers, wanted x, y of three corners",
         {"box cat object #2: 1 1 3 3", kWhole},
         {"box cat object #2: 1 1 3 3", kWhole}},
    Wild{"APolygonOfOneCornerBesideASoundOne",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [[1, 1], [1, 1, 5, 1, 5, 3, 1, 3]]})",
         "bad_mask",
         "segmentation has a polygon of 2 numbers",
         {},
         {"mask cat object #2: 8 of 8 x 6", kWhole}},
    Wild{"AnOddNumberOfCoordinates",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [[1, 1, 5, 1, 5, 3, 1]]})",
         "bad_mask",
         "a polygon of 7 numbers",
         {},
         {}},
    Wild{"AnEmptySegmentation",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2], "segmentation": []})",
         "",
         "",
         {"box cat object #2: 1 1 3 3", kWhole},
         {}},
    Wild{"AnEmptyPolygon",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2], "segmentation": [[]]})",
         "bad_mask",
         "a polygon of 0 numbers",
         {"box cat object #2: 1 1 3 3", kWhole},
         {"box cat object #2: 1 1 3 3", kWhole}},
    Wild{"AFlatListOfCoordinates",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [1, 1, 5, 1, 5, 3, 1, 3]})",
         "bad_mask",
         "segmentation is a flat list of numbers",
         {},
         {"mask cat object #2: 8 of 8 x 6", kWhole}},
    Wild{"RunLengthsWhereAPolygonIsWanted",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [[6, 12, 30]]})",
         "bad_mask",
         "segmentation has run lengths where polygons are wanted",
         {},
         {"mask cat object #2: 12 of 8 x 6", kWhole}},
    Wild{"RunLengthsAsAFlatList",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [6, 10, 2, 30]})",
         "bad_mask",
         "run lengths where polygons are wanted",
         {},
         {"mask cat object #2: 40 of 8 x 6", kWhole}},
    Wild{"AMaskWithoutAPixel",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [6, 8], "counts": [48]}})",
         "bad_mask",
         "the mask is empty",
         {},
         {}},
    Wild{"RunLengthsThatDoNotFillThePicture",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [6, 8], "counts": [6, 12]}})",
         "bad_mask",
         "(id 42): segmentation: ",
         {},
         {}},
    Wild{"RunLengthsOfAnotherSize",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [3, 4], "counts": [6, 6]}})",
         "size_mismatch",
         "the mask is 4 x 3",
         {},
         {}},
    Wild{"NegativeRunLengths",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [6, 8], "counts": [50, -2]}})",
         "malformed_label",
         "segmentation.counts has -2",
         {},
         {}},
    Wild{"RunLengthsWithoutASize",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"counts": [48]}})",
         "malformed_label",
         "wanted size and counts",
         {},
         {}},
    Wild{"APythonReprOfBytes",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [6, 8], "counts": "b'6<n0'"}})",
         "bad_mask",
         "written with b'' or doubled backslashes",
         {},
         {"mask cat object #2: 12 of 8 x 6", kWhole}},
    Wild{"AStringThatIsCutShort",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": {"size": [6, 8], "counts": "6<n"}})",
         "bad_mask",
         "(id 42): segmentation: ",
         {},
         {}},
    Wild{"NoBoxButAMask",
         R"({"id": 42, "image_id": 7, "category_id": 3, "segmentation": [[1, 1, 5, 1, 5, 3, 1, 3]]})",
         "",
         "",
         {"mask cat object #2: 8 of 8 x 6", kWhole},
         {}},
    Wild{"NoBoxAndNoMask",
         R"({"id": 42, "image_id": 7, "category_id": 3})",
         "malformed_label",
         "has neither bbox nor segmentation",
         {},
         {"image cat"}},
    Wild{"AnImageThatIsNotThere",
         R"({"id": 42, "image_id": 99, "category_id": 3, "bbox": [1, 1, 2, 2]})",
         "malformed_label",
         "image_id 99 is no image of the file",
         {kWhole},
         {kWhole}},
    Wild{"NoImage",
         R"({"id": 42, "category_id": 3, "bbox": [1, 1, 2, 2]})",
         "malformed_label",
         "has no image_id",
         {kWhole},
         {kWhole}},
    Wild{"ACategoryThatIsNotThere",
         R"({"id": 42, "image_id": 7, "category_id": 99, "bbox": [1, 1, 2, 2]})",
         "unknown_class",
         "(id 42): category_id 99 is no category of the file",
         {},
         {"box category 99 object #2: 1 1 3 3", kWhole}},
    Wild{"AnIdThatIsUsedTwice",
         R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2]})",
         "repeated_label",
         "annotations[1] (id 1): an annotation before it has this id",
         {},
         {"box cat object #2: 1 1 3 3", kWhole}},
    Wild{"TheSameAnnotationTwice",
         R"({"id": 42, "image_id": 7, "category_id": 5, "bbox": [0, 0, 2, 2]})",
         "repeated_label",
         "says what an annotation before it says",
         {},
         {kWhole}},
    Wild{"NoObject",
         R"("nothing")",
         "malformed_label",
         "annotations[1]: found \"nothing\", wanted an object",
         {kWhole},
         {kWhole}},
    Wild{"ACrowdThatIsNeitherYesNorNo",
         R"({"id": 42, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2], "iscrowd": 7})",
         "malformed_label",
         "iscrowd is 7, wanted 0 or 1",
         {},
         {}},
    Wild{"TextsForIds",
         R"({"id": "x", "image_id": "7", "category_id": 3.0, "bbox": [1, 1, 2, 2]})",
         "",
         "",
         {"box cat object #2: 1 1 3 3", kWhole},
         {}}};

INSTANTIATE_TEST_SUITE_P(Coco, WildAnnotation, testing::ValuesIn(kWild),
                         [](const auto& one) { return one.param.name; });

class WildFile : public CocoFolderTest {
 protected:
  static json one_box() { return {{"id", 1}, {"image_id", 7}, {"category_id", 3}, {"bbox", {1, 1, 2, 2}}}; }
  ImportReport import_file(const json& file, const std::map<Problem, std::string>& policies = {}) {
    std::filesystem::remove_all(dataset());
    write("annotations/instances_train.json", file);
    CocoImporter settings;
    for (const auto& [problem, policy] : policies) settings.on.chosen[problem] = policy;
    return import(settings);
  }
  Lines lines(const std::string& key = "images/a.png") const { return lines_of(dataset(), key, "instances"); }
};

TEST_F(WildFile, ADoubledBackslashInAStringIsMended) {
  // 48 = 6 x 8 pixels: background 44, foreground 4; the run of 44 is written "\1".
  json file = with_annotations({{{"id", 42}, {"image_id", 7}, {"category_id", 3}}});
  file["annotations"][0]["segmentation"] = {{"size", {6, 8}}, {"counts", "\\14"}};
  import_file(file);
  EXPECT_EQ(lines(), (Lines{"mask cat object #1: 4 of 8 x 6", kWhole}));
  file["annotations"][0]["segmentation"]["counts"] = "b'\\\\14'";
  const ImportReport report = import_file(file);
  EXPECT_EQ(lines(), (Lines{"mask cat object #1: 4 of 8 x 6", kWhole}));
  expect_says(report.repaired.at("bad_mask").at(0), "annotations[0] (id 42): segmentation is written with b''");
}

TEST_F(WildFile, MissingLicencesSizesAreasAndCrowdsAreNoProblem) {
  json file = with_annotations({one_box()});
  file["images"][0].erase("width");
  file["images"][0].erase("height");
  const ImportReport report = import_file(file);
  EXPECT_TRUE(report.left_out.empty() && report.repaired.empty()) << report.text();
  EXPECT_EQ(lines(), (Lines{"box cat object #1: 1 1 3 3", kWhole}));
}

TEST_F(WildFile, ASizeThatIsNotThePicturesIsNamedWithItsPlace) {
  json file = with_annotations({one_box()});
  file["images"][0]["width"] = 16;
  expect_says(error_of([&] { import_file(file); }),
              "instances_train.json: images[0] (id 7): the label states 16 x 6, but it is of the picture images/a.png");
  const ImportReport skipped = import_file(file, {{Problem::size_mismatch, "skip"}});
  EXPECT_EQ(lines(), Lines{});
  EXPECT_EQ(skipped.left_out.at("labels of a picture that was left out").size(), 1u);
  import_file(file, {{Problem::size_mismatch, "scale"}});
  EXPECT_EQ(lines(), (Lines{"box cat object #1: 0.5 1 1.5 3", kWhole}));
}

TEST_F(WildFile, ASecondCategoryOfOneNameIsTheSameClass) {
  json file = with_annotations({one_box(), {{"id", 2}, {"image_id", 7}, {"category_id", 9}, {"bbox", {0, 0, 2, 2}}}});
  file["categories"].push_back({{"id", 9}, {"name", "cat"}});
  const ImportReport report = import_file(file);
  EXPECT_EQ(lines(), (Lines{"box cat object #1: 1 1 3 3", "box cat object #2: 0 0 2 2", kWhole}));
  expect_says(report.repaired.at("repeated_label").at(0),
              "instances_train.json: categories[2] (id 9): a second category is called \"cat\"");
  expect_says(error_of([&] { import_file(file, {{Problem::repeated_label, "refuse"}}); }), "categories[2] (id 9)");
}

TEST_F(WildFile, ASecondCategoryOfOneIdIsLeftOut) {
  json file = with_annotations({one_box()});
  file["categories"].push_back({{"id", 3}, {"name", "bird"}});
  const ImportReport report = import_file(file);
  EXPECT_EQ(lines(), (Lines{"box cat object #1: 1 1 3 3", kWhole}));
  expect_says(report.left_out.at("repeated_label").at(0), "categories[2] (id 3): the id is that of \"cat\" already");
}

TEST_F(WildFile, CategoriesWithoutANameOrIdAreMalformed) {
  json file = with_annotations({one_box()});
  file["categories"].push_back({{"id", 9}});
  expect_says(error_of([&] { import_file(file); }), "instances_train.json: categories[2] (id 9): has no name");
  file["categories"][2] = {{"name", "bird"}};
  expect_says(error_of([&] { import_file(file); }), "instances_train.json: categories[2]: has no id");
  EXPECT_EQ(import_file(file, {{Problem::malformed_label, "skip"}}).left_out.at("malformed_label").size(), 1u);
}

TEST_F(WildFile, SupercategoriesThatMakeACircleAreNamed) {
  json file = with_annotations({one_box()});
  file["categories"] = {{{"id", 3}, {"name", "cat"}, {"supercategory", "pet"}},
                        {{"id", 4}, {"name", "pet"}, {"supercategory", "cat"}}};
  expect_says(error_of([&] { import_file(file); }), "categories[1] (id 4): its supercategory \"cat\" is below it");
}

TEST_F(WildFile, ASecondImageOfOneIdIsNamedAndLabelsGoToTheFirst) {
  add_picture("b.png", 2);
  json file = with_annotations({one_box()});
  file["images"].push_back({{"id", 7}, {"file_name", "b.png"}});
  const ImportReport report = import_file(file);
  expect_says(report.left_out.at("repeated_label").at(0), "instances_train.json: images[1] (id 7): a second image");
  EXPECT_EQ(lines(), (Lines{"box cat object #1: 1 1 3 3", kWhole}));
  EXPECT_EQ(lines("images/b.png"), Lines{});
}

TEST_F(WildFile, AFileNameThatDoesNotMatchIsAMissingImage) {
  json file = with_annotations({one_box()});
  file["images"].push_back({{"id", 8}, {"file_name", "a.jpeg"}});
  expect_says(error_of([&] { import_file(file); }),
              "instances_train.json: images[1] (id 8): a.jpeg is not there; looked in ");
  const ImportReport report = import_file(file, {{Problem::missing_image, "skip"}});
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.left_out.at("missing_image").size(), 1u);
}

TEST_F(WildFile, PathsOfAnotherMachineAreFoundByTheirName) {
  for (const char* name : {"/home/someone/a.png", "C:\\data\\a.png", "..\\images\\a.png"}) {
    json file = with_annotations({one_box()});
    file["images"][0]["file_name"] = name;
    EXPECT_EQ(import_file(file).images, 1u) << name;
  }
}

TEST_F(WildFile, ADamagedPictureIsNamedAndItsLabelsAreLeftOutWithIt) {
  write_file(source() / "images" / "a.png", {1, 2, 3});
  add_picture("b.png", 2);
  json file = with_annotations({one_box()});
  file["images"].push_back({{"id", 8}, {"file_name", "b.png"}});
  expect_says(error_of([&] { import_file(file); }), "instances_train.json: images[0] (id 7): ");
  const ImportReport report = import_file(file, {{Problem::unreadable_image, "skip"}});
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.left_out.at("unreadable_image").size(), 1u);
  expect_says(report.left_out.at("labels of a picture that was left out").at(0), "annotations[0] (id 1)");
}

TEST_F(WildFile, KeypointsThatAreNotThoseOfTheCategoryAreNamed) {
  const auto with_points = [](const json& points) {
    json file = with_annotations({one_box()});
    file["categories"][0]["keypoints"] = {"nose", "tail"};
    file["annotations"][0]["keypoints"] = points;
    return file;
  };
  const auto error = [&](const json& points) { return error_of([&] { import_file(with_points(points)); }); };
  expect_says(error({1, 1, 2}), "annotations[0] (id 1): has 1 keypoints, its category names 2");
  expect_says(error({1, 1, 2, 3}), "annotations[0] (id 1): keypoints has 4 numbers");
  expect_says(error({1, 1, 5, 2, 2, 2}), "visibility 5 of keypoint 0, wanted 0, 1 or 2");
  expect_says(import_file(with_points({90, 1, 2, 2, 2, 2})).left_out.at("box_outside").at(0),
              "annotations[0] (id 1): the point 90.5 1.5 is outside");
  import_file(with_points({1, 1, 5, 2, 2, 2}), {{Problem::malformed_label, "skip"}});
  EXPECT_EQ(lines_of(dataset(), "images/a.png", "keypoints"),
            (Lines{"box cat object #1: 1 1 3 3", "point tail part #2 of #1: 2.5 2.5", kWhole}));
}

TEST_F(WildFile, BrokenJsonIsNamedWithLineAndColumn) {
  make_folder(source() / "annotations");
  const auto error = [&](const std::string& text) {
    write_atomically(source() / "annotations" / "instances_train.json", text);
    return error_of([&] { import(CocoImporter()); });
  };
  expect_says(error("{\"images\": [\n {\"id\": 7,}]}"), "instances_train.json: no valid JSON: parse error at line 2");
  expect_says(error("{\"images\": [{\"id\": 7, \"id\": 8}]}"),
              "instances_train.json: images[0]: found the key \"id\" twice in one object");
  expect_says(error("{\"images\": [], \"images\": []}"), "found the key \"images\" twice");
  expect_says(error("{\"images\": [{\"id\": NaN}]}"), "no valid JSON");
  expect_says(error("7"), "wanted an object or a list");
  expect_says(error("{\"shapes\": []}"), "annotations/instances_train.json: JSON without a list of images");
}

}  // namespace
}  // namespace weft
