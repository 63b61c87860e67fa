// SPDX-License-Identifier: Apache-2.0
#include "data/formats/voc_xml.h"

#include <array>
#include <optional>

#include "base/error.h"

namespace weft {
namespace {

class VocReader {
 public:
  VocReader(std::string_view utf8, const std::string& file) : xml_(utf8, file) {
    const std::string_view root = xml_.root().name();
    check(root == "annotation", file, ":", xml_.line_of(xml_.root()), ": the root is <", root,
          ">; wanted <annotation> of a VOC file");
  }

  VocAnnotation read() {
    const pugi::xml_node root = xml_.root();
    out_.filename = without_blanks(root.child_value("filename"));
    if (const pugi::xml_node size = root.child("size")) {
      out_.size_line = xml_.line_of(size);
      out_.width = number_in(size.child_value("width")).value_or(0);
      out_.height = number_in(size.child_value("height")).value_or(0);
    }
    for (const pugi::xml_node node : root.children("object"))
      if (std::optional<VocObject> object = object_of(node)) out_.objects.push_back(std::move(*object));
    return std::move(out_);
  }

 private:
  std::optional<VocObject> object_of(pugi::xml_node node) {
    std::optional<VocObject> object = named_box_of(node);
    if (!object) return object;
    for (const pugi::xml_node child : node.children()) {
      const std::string_view name = child.name();
      if (name == "part") {
        if (std::optional<VocObject> part = named_box_of(child)) object->parts.push_back(std::move(*part));
      } else if (name == "difficult") {
        object->is_difficult = says_yes(child.child_value());
      } else if (name == "truncated") {
        object->is_truncated = says_yes(child.child_value());
      } else if (name == "occluded") {
        object->is_occluded = says_yes(child.child_value());
      } else if (child.type() == pugi::node_element && name != "name" && name != "bndbox") {
        out_.unread.try_emplace(std::string(name), xml_.line_of(child));
      }
    }
    return object;
  }

  std::optional<VocObject> named_box_of(pugi::xml_node node) {
    VocObject object;
    object.line = xml_.line_of(node);
    object.name = without_blanks(node.child_value("name"));
    if (object.name.empty()) return complain(object.line, join("<", node.name(), "> has no <name>"));
    const pugi::xml_node box = node.child("bndbox");
    if (!box) return complain(object.line, join("<", node.name(), "> ", object.name, " has no <bndbox>"));
    const std::array<std::pair<const char*, double*>, 4> wanted = {
        {{"xmin", &object.xmin}, {"ymin", &object.ymin}, {"xmax", &object.xmax}, {"ymax", &object.ymax}}};
    for (const auto& [name, value] : wanted) {
      const std::optional<double> number = number_in(box.child_value(name));
      if (!number)
        return complain(xml_.line_of(box), join("<", name, "> is \"", box.child_value(name), "\", wanted a number"));
      *value = *number;
    }
    return object;
  }

  std::nullopt_t complain(size_t line, std::string what) {
    out_.complaints.push_back({line, std::move(what)});
    return std::nullopt;
  }

  XmlText xml_;
  VocAnnotation out_;
};

}  // namespace

VocAnnotation parse_voc(std::string_view utf8, const std::string& file) {
  return VocReader(utf8, file).read();
}

}  // namespace weft
