// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/formats/labelme.h"

namespace weft {
namespace {

struct Trouble {
  std::string what;
};

class LabelmeXmlReader {
 public:
  LabelmeXmlReader(std::string_view utf8, const std::string& file) : xml_(utf8, file) {
    const pugi::xml_node root = xml_.root();
    check(std::string_view(root.name()) == "annotation", file, ":", xml_.line_of(root), ": the root is <", root.name(),
          ">; wanted <annotation> of LabelMe");
  }

  LabelmeFile read() {
    const pugi::xml_node root = xml_.root();
    out_.filename = without_blanks(root.child_value("filename"));
    out_.folder = without_blanks(root.child_value("folder"));
    out_.width = number_in(root.child("imagesize").child_value("ncols")).value_or(0);
    out_.height = number_in(root.child("imagesize").child_value("nrows")).value_or(0);
    for (const pugi::xml_node node : root.children("object")) {
      try {
        out_.shapes.push_back(shape_of(node));
      } catch (const Trouble& trouble) {
        out_.complaints.emplace_back(where(node), trouble.what);
      }
    }
    adopt();
    if (attributes_ > 0) out_.unread.emplace_back("<attributes>", attributes_);
    return std::move(out_);
  }

 private:
  std::string where(pugi::xml_node node) const { return join(":", xml_.line_of(node)); }

  LabelmeShape shape_of(pugi::xml_node node) {
    LabelmeShape shape;
    shape.where = where(node);
    shape.name = without_blanks(node.child_value("name"));
    shape.id = whole_number_in(node.child_value("id")).value_or(-1);
    shape.is_deleted = says_yes(node.child_value("deleted"));
    shape.is_occluded = says_yes(node.child_value("occluded"));
    const pugi::xml_node parts = node.child("parts");
    shape.parent = whole_number_in(parts.child_value("ispartof")).value_or(-1);
    for (const std::string_view child : split_at(parts.child_value("hasparts"), ','))
      if (const std::optional<int64_t> id = whole_number_in(child)) parent_of_.try_emplace(*id, shape.id);
    attributes_ += !without_blanks(node.child_value("attributes")).empty();
    const bool is_box = without_blanks(node.child_value("type")) == "bounding_box";
    if (const pugi::xml_node segment = node.child("segm"))
      read_segment(segment, shape);
    else if (const pugi::xml_node polygon = node.child("polygon"))
      read_polygon(polygon, is_box, shape);
    else
      throw Trouble{"an <object> without <polygon> or <segm>"};
    return shape;
  }

  void read_segment(pugi::xml_node segment, LabelmeShape& shape) {
    shape.kind = LabelmeShape::Kind::mask;
    shape.mask_file = without_blanks(segment.child_value("mask"));
    if (shape.mask_file.empty()) throw Trouble{"a <segm> without a <mask>"};
    for (const pugi::xml_node scribbles : segment.children("scribbles"))
      for (const pugi::xml_node name : scribbles.children("scribble_name"))
        shape.scribble_files.emplace_back(without_blanks(name.child_value()));
  }

  static void read_polygon(pugi::xml_node polygon, bool is_box, LabelmeShape& shape) {
    for (const pugi::xml_node point : polygon.children("pt")) {
      const std::optional<double> x = number_in(point.child_value("x")), y = number_in(point.child_value("y"));
      if (!x || !y)
        throw Trouble{join("the point \"", point.child_value("x"), ", ", point.child_value("y"), "\" is no number")};
      shape.xy.push_back(*x), shape.xy.push_back(*y);
    }
    if (!is_box) return;
    shape.kind = LabelmeShape::Kind::box;
    if (shape.xy.size() != 8) throw Trouble{join("a bounding box of ", shape.xy.size() / 2, " corners, wanted 4")};
    const std::vector<double> corners = shape.xy;
    shape.xy = {corners[0], corners[1], corners[0], corners[1]};
    for (size_t i = 0; i < 8; i += 2) {
      shape.xy[0] = std::min(shape.xy[0], corners[i]), shape.xy[2] = std::max(shape.xy[2], corners[i]);
      shape.xy[1] = std::min(shape.xy[1], corners[i + 1]), shape.xy[3] = std::max(shape.xy[3], corners[i + 1]);
    }
  }

  // A part may be named by its whole only.
  void adopt() {
    for (LabelmeShape& shape : out_.shapes) {
      const auto whole = parent_of_.find(shape.id);
      if (shape.parent < 0 && shape.id >= 0 && whole != parent_of_.end() && whole->second != shape.id)
        shape.parent = whole->second;
    }
  }

  XmlText xml_;
  std::map<int64_t, int64_t> parent_of_;
  size_t attributes_ = 0;
  LabelmeFile out_;
};

}  // namespace

LabelmeFile parse_labelme_xml(std::string_view utf8, const std::string& file) {
  return LabelmeXmlReader(utf8, file).read();
}

}  // namespace weft
