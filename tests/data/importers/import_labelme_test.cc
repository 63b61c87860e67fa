// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_labelme.h"

#include "base/base64.h"
#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

std::string polygon(const std::vector<std::pair<int, int>>& corners) {
  std::string out = "<polygon>";
  for (const auto& [x, y] : corners) out += join("<pt><x>", x, "</x><y>", y, "</y></pt>");
  return out + "</polygon>";
}

class Labelme : public LabelTest<LabelmeImporter> {
 protected:
  void xml(const std::string& objects) const {
    picture("Images/s/a.png");
    text("Annotations/s/a.xml",
         "<annotation><filename>a.png</filename><folder>s</folder><imagesize><nrows>6</nrows>"
         "<ncols>8</ncols></imagesize>\n" +
             objects + "</annotation>");
  }
  void json(const std::string& shapes, const std::string& head = "\"imagePath\": \"a.png\"") const {
    picture("a.png");
    text("a.json",
         "{\"version\": \"5.0\", " + head + ", \"imageHeight\": 6, \"imageWidth\": 8, \"shapes\": [" + shapes + "]}");
  }
  static std::string shape(const std::string& label, const std::string& type, const std::string& points,
                           const std::string& more = "") {
    return "{\"label\": \"" + label + "\", \"shape_type\": \"" + type + "\", \"points\": " + points + more + "}";
  }
};

TEST_F(Labelme, XmlHasPolygonsBoxesPartsAndDeletedOnes) {
  xml("<object><name>car</name><deleted>0</deleted><occluded>yes</occluded><id>0</id><parts><hasparts>1</hasparts>"
      "<ispartof/></parts>" +
      polygon({{0, 0}, {6, 0}, {6, 4}, {0, 4}}) +
      "</object>\n"
      "<object><name>wheel</name><id>1</id><type>bounding_box</type><attributes>round</attributes>" +
      polygon({{1, 1}, {3, 1}, {3, 3}, {1, 3}}) +
      "</object>\n"
      "<object><name>tree</name><deleted>1</deleted><id>2</id>" +
      polygon({{1, 1}, {3, 1}, {3, 3}}) + "</object>\n");
  const ImportReport report = import();
  EXPECT_EQ(said("Images/s/a.png"),
            (Said{"regions box wheel part #2 of #1: 1 1 3 3", "regions mask car occluded #1: 24 in 0 0 6 4"}));
  EXPECT_EQ(report.left_out.at("deleted by the annotator"), (std::vector<std::string>{"1 regions"}));
  EXPECT_EQ(report.left_out.at("said by the source, not kept here").size(), 1u);
}

TEST_F(Labelme, MaskFilesAreRegionsAndScribbleFilesAreWhatWasPainted) {
  xml("<object><name>cup</name><id>4</id><segm><mask>m.png</mask><scribbles><scribble_name>s.png</scribble_name>"
      "</scribbles></segm></object>\n");
  grey("Masks/s/m.png", "00000000 01110000 01110000 00000000 00000000 00000000");
  grey("Scribbles/s/s.png", "00000000 01100010 00000000 00000000 00000000 00000000");
  import();
  EXPECT_EQ(said("Images/s/a.png"),
            (Said{"regions mask cup #1: 6 in 1 1 4 3", "regions scribble cup #1: width 1 1.5,1.5 2.5,1.5",
                  "regions scribble cup #1: width 1 6.5,1.5 6.5,1.5"}));
}

TEST_F(Labelme, MistakesInXmlAreNamedByTheirLine) {
  xml("<object><name>cup</name></object>\n");
  expect_says(error(), "Annotations/s/a.xml:2: an <object> without <polygon> or <segm>");
  xml("<object><name>cup</name>" + polygon({{1, 1}, {2, 2}}) + "</object>\n");
  expect_says(error(), "Annotations/s/a.xml:2: ");
  xml("<object><name>cup</name><polygon><pt><x>a</x><y>1</y></pt></polygon></object>\n");
  expect_says(error(), "Annotations/s/a.xml:2: the point \"a, 1\" is no number");
  xml("<object><name/>" + polygon({{1, 1}, {2, 2}, {2, 1}}) + "</object>\n");
  expect_says(error(), "Annotations/s/a.xml:2: a region without a class");
  xml("<object><name>cup</name><segm><mask>lost.png</mask></segm></object>\n");
  expect_says(error(), "Annotations/s/a.xml:2: ");
}

TEST_F(Labelme, JsonHasEveryKindOfShape) {
  json(shape("car", "polygon", "[[0, 0], [4, 0], [4, 3], [0, 3]]") + "," +
           shape("box", "rectangle", "[[5, 4], [1, 1]]", ", \"flags\": {\"occluded\": true, \"blurred\": true}") + "," +
           shape("dot", "point", "[[2.5, 3.5]]") + "," + shape("wire", "linestrip", "[[0, 0], [4, 4], [6, 4]]") + "," +
           shape("sun", "circle", "[[4, 3], [6, 3]]"),
       "\"flags\": {\"outdoor\": true, \"night\": false}, \"imagePath\": \"a.png\"");
  const ImportReport report = import();
  Said lines = said("a.png");
  EXPECT_EQ(lines.erase("flags image outdoor"), 1u);
  EXPECT_EQ(lines.erase("regions mask car #1: 12 in 0 0 4 3"), 1u);
  EXPECT_EQ(lines.erase("regions box box occluded #2: 1 1 5 4"), 1u);
  EXPECT_EQ(lines.erase("regions point dot #3: 2.5 3.5"), 1u);
  EXPECT_EQ(lines.erase("regions scribble wire #4: width 1 0,0 4,4 6,4"), 1u);
  ASSERT_EQ(lines.size(), 1u);  // the disc of radius 2: about 12.6 pixels
  expect_says(*lines.begin(), "regions mask sun #5: 12 in 2 1 6 5");
  EXPECT_EQ(report.left_out.at("said by the source, not kept here"),
            (std::vector<std::string>{"a.json: flags of shapes, 1 time"}));
}

TEST_F(Labelme, ShapesOfOneGroupAreOneRegion) {
  json(shape("car", "polygon", "[[0, 0], [2, 0], [2, 2], [0, 2]]", ", \"group_id\": 1") + "," +
       shape("car", "polygon", "[[1, 0], [4, 0], [4, 2], [1, 2]]", ", \"group_id\": 1") + "," +
       shape("dog", "polygon", "[[5, 0], [7, 0], [7, 2], [5, 2]]", ", \"group_id\": 1"));
  import();
  EXPECT_EQ(said("a.png"), (Said{"regions mask car #1: 8 in 0 0 4 2", "regions mask dog #3: 4 in 5 0 7 2"}));
}

TEST_F(Labelme, APictureInsideTheFileIsUsedWhereItsFileIsNotThere) {
  text("b.json", "{\"imagePath\": \"..\\\\gone\\\\b.png\", \"imageData\": \"" + base64(tiny_png(9, 8, 6)) +
                     "\", \"shapes\": [" + shape("dot", "point", "[[2.5, 3.5]]") + "]}");
  import();
  EXPECT_EQ(said("b"), (Said{"regions point dot #1: 2.5 3.5"}));
  text("b.json", "{\"imagePath\": \"b.png\", \"imageData\": null, \"shapes\": []}");
  expect_says(error(), "b.json: there is no picture \"b.png\", nor one inside");
  text("b.json", "{\"imagePath\": \"b.png\", \"imageData\": \"?\", \"shapes\": []}");
  expect_says(error(), "character 1 is none of base64");
}

TEST_F(Labelme, AMaskInsideTheFileLiesInItsBox) {
  Image small(2, 2, 1);
  small.pixels = {1, 0, 1, 1};
  json(shape("cup", "mask", "[[3, 2], [4, 3]]", ", \"mask\": \"" + base64(encode_png(small)) + "\""));
  import();
  EXPECT_EQ(said("a.png"), (Said{"regions mask cup #1: 3 in 3 2 5 4"}));
  json(shape("cup", "mask", "[[7, 2], [8, 3]]", ", \"mask\": \"" + base64(encode_png(small)) + "\""));
  expect_says(error(), "a.json: shapes[0]: a mask of 2 x 2 at 7, 2 leaves the picture");
}

TEST_F(Labelme, MistakesInJsonAreNamedByTheirElement) {
  json(shape("a", "polygon", "[[0, 0], [4, 0], [4, 3]]") + ", {\"label\": 3}");
  expect_says(error(), "a.json: shapes[1]: a shape without a label");
  json(shape("a", "spline", "[[0, 0]]"));
  expect_says(error(), "a.json: shapes[0]: the shape_type is \"spline\"");
  json(shape("a", "polygon", "[[0, 0], [4]]"));
  expect_says(error(), "a.json: shapes[0]: the point [4] is not [x, y]");
  json(shape("a", "rectangle", "[[0, 0]]"));
  expect_says(error(), "a.json: shapes[0]: 1 points where a \"rectangle\" has 2");
  text("a.json", "[1]");
  expect_says(error(), "a.json: no list \"shapes\"");
  text("a.json", "{");
  expect_says(error(), "a.json: not JSON");
}

}  // namespace
}  // namespace weft
