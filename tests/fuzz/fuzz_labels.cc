// SPDX-License-Identifier: Apache-2.0
// Files of annotation tools: VOC's, CVAT's and LabelMe's XML, LabelMe's JSON, YOLO's text and YAML, PNG of labels.
#include "base/base64.h"
#include "data/formats/cvat_xml.h"
#include "data/formats/label_png.h"
#include "data/formats/labelme.h"
#include "data/formats/voc_xml.h"
#include "data/formats/yolo_text.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  return {
      bytes_of(
          "<annotation><filename>a.png</filename><size><width>8</width><height>6</height></size><object><name>cat"
          "</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3.5</xmax><ymax>4</ymax></bndbox><difficult>1</difficult>"
          "<part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part>"
          "</object></annotation>"),
      bytes_of(
          "<annotations><meta><task><labels><label><name>cat</name></label></labels></task></meta><image name=\"a\" "
          "width=\"8\" height=\"6\"><box label=\"cat\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\" rotation=\"5\"/><mask "
          "label=\"cat\" rle=\"1,2,3\" left=\"0\" top=\"0\" width=\"3\" height=\"2\"/><polygon label=\"cat\" "
          "points=\"1,2;3,4;5,6\"/></image><track label=\"cat\"><points frame=\"3\" outside=\"0\" points=\"1,2\"/>"
          "</track></annotations>"),
      bytes_of(
          "<annotation><filename>a.png</filename><object><name>cat</name><id>0</id><parts><hasparts>1,2</hasparts>"
          "<ispartof/></parts><type>bounding_box</type><polygon><pt><x>1</x><y>2</y></pt><pt><x>3</x><y>2</y></pt>"
          "<pt><x>3</x><y>4</y></pt><pt><x>1</x><y>4</y></pt></polygon></object><object><name>m</name><segm><mask>m"
          "</mask><scribbles><scribble_name>s</scribble_name></scribbles></segm></object></annotation>"),
      bytes_of(R"({"imagePath": "a.png", "imageData": "iVBORw0KGgo=", "imageWidth": 8, "flags": {"x": true}, "shapes": [
        {"label": "cat", "points": [[0, 0], [4.5, 0], [4, 3]], "shape_type": "polygon", "group_id": 1, "flags": {}},
        {"label": "m", "points": [[0, 0], [1, 1]], "shape_type": "mask", "mask": "AAAA"}]})"),
      bytes_of("0 0.5 0.5 0,25 0.25\n1 0.1 0.1 0.2 0.2 0.3 0.1\n"),
      bytes_of("path: ../x # c\nnames: [a, 'b, c',\n \"d\"]\nkpt: {0: x}\nval:\n  - one\nmap:\n  0: y\ncode: |\n  z\n"),
      bytes_of("classes = 2\nnames = C:\\a\\..\\b.names # x\n"),
      bytes_of_base64("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAMAAACqqpYoAAAADFBMVEX/AAAA/wAAAP8JCQlccX6GAAAA"
                      "EElEQVR4nGNiYGRmYvz/DwADNAIHR1W9BwAAAABJRU5ErkJggg=="),
  };
}

// Each reading is tried, whatever the others said.
void parse(const Bytes& input) {
  const std::string text = text_of(input);
  const auto tried = [](const auto& read) {
    try {
      read();
    } catch (const Error&) {
    }
  };
  tried([&] { parse_voc(text, "x"); });
  tried([&] {
    for (const CvatPicture& picture : parse_cvat(text, "x").pictures)
      for (const CvatShape& shape : picture.shapes)
        if (shape.kind == CvatShape::Kind::mask) check_rle(shape.mask);
  });
  tried([&] { parse_labelme_xml(text, "x"); });
  tried([&] { parse_labelme_json(text, "x"); });
  tried([&] { parse_yolo(text); });
  tried([&] { parse_small_yaml(text, "x"); });
  tried([&] { parse_darknet_data(text, "x"); });
  tried([&] { path_parts(text); });
  tried([&] {
    const LabelPicture picture = read_label_png(input);
    uint64_t pixels = 0;
    for (const auto& [value, mask] : masks_by_value(picture)) check_rle(mask), pixels += area_of(mask);
    WEFT_ASSERT(pixels == picture.values.size());
  });
}

}  // namespace weft::fuzz
