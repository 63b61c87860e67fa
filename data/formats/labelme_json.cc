// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/error.h"
#include "data/formats/labelme.h"

namespace weft {
namespace {

using Json = nlohmann::json;
using Kind = LabelmeShape::Kind;

struct Trouble {
  std::string what;
};

double finite(const Json& value) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) throw Trouble{join(value.dump(), " is no number")};
  return value.get<double>();
}

Kind kind_of(const std::string& name) {
  static const std::map<std::string, Kind> kKinds = {
      {"polygon", Kind::polygon}, {"rectangle", Kind::box}, {"circle", Kind::circle}, {"line", Kind::line},
      {"linestrip", Kind::line},  {"point", Kind::points},  {"points", Kind::points}, {"mask", Kind::mask}};
  const auto found = kKinds.find(name);
  if (found == kKinds.end()) throw Trouble{join("the shape_type is \"", name, "\", which is not known here")};
  return found->second;
}

bool is_set(const Json& flags, const char* name) {
  return flags.is_object() && flags.contains(name) && flags[name].is_boolean() && flags[name].get<bool>();
}

LabelmeShape shape_of(const Json& json, const std::string& where) {
  if (!json.is_object()) throw Trouble{"a shape is no object"};
  LabelmeShape shape;
  shape.where = where;
  const Json label = json.value("label", Json());
  if (!label.is_string()) throw Trouble{"a shape without a label"};
  shape.name = label.get<std::string>();
  const Json type = json.value("shape_type", Json("polygon"));
  shape.kind = kind_of(type.is_string() ? type.get<std::string>() : "polygon");  // null in old files
  if (const Json group = json.value("group_id", Json()); group.is_number_integer()) shape.group = group.get<int64_t>();
  shape.is_occluded = is_set(json.value("flags", Json()), "occluded");
  const Json points = json.value("points", Json());
  if (!points.is_array() || points.empty()) throw Trouble{"a shape without points"};
  for (const Json& point : points) {
    if (!point.is_array() || point.size() != 2) throw Trouble{join("the point ", point.dump(), " is not [x, y]")};
    shape.xy.push_back(finite(point[0])), shape.xy.push_back(finite(point[1]));
  }
  const bool wants_two = shape.kind == Kind::box || shape.kind == Kind::circle || shape.kind == Kind::mask;
  if (wants_two && shape.xy.size() != 4)
    throw Trouble{join(shape.xy.size() / 2, " points where a ", type.dump(), " has 2")};
  if (shape.kind != Kind::mask) return shape;
  const Json mask = json.value("mask", Json());
  if (!mask.is_string()) throw Trouble{"a mask without its picture"};
  try {
    shape.mask_png = bytes_of_base64(mask.get_ref<const std::string&>());
  } catch (const Error& error) {
    throw Trouble{join("the mask's picture: ", error.what())};
  }
  return shape;
}

}  // namespace

LabelmeFile parse_labelme_json(std::string_view utf8, const std::string& file) {
  Json json;
  try {
    json = Json::parse(utf8);
  } catch (const Json::exception& error) {
    fail(file, ": not JSON: ", error.what());
  }
  check(json.is_object() && json.contains("shapes") && json["shapes"].is_array(), file,
        ": no list \"shapes\"; wanted JSON of labelme");
  LabelmeFile out;
  if (const Json path = json.value("imagePath", Json()); path.is_string()) out.filename = path.get<std::string>();
  if (const Json width = json.value("imageWidth", Json()); width.is_number()) out.width = width.get<double>();
  if (const Json height = json.value("imageHeight", Json()); height.is_number()) out.height = height.get<double>();
  if (const Json data = json.value("imageData", Json());
      data.is_string() && !data.get_ref<const std::string&>().empty())
    out.picture = in_context([&] { return bytes_of_base64(data.get_ref<const std::string&>()); },
                             "reading the picture in ", file);
  if (const Json flags = json.value("flags", Json()); flags.is_object())
    for (const auto& [name, value] : flags.items())
      if (is_set(flags, name.c_str())) out.image_labels.push_back(name);
  size_t flags = 0, descriptions = 0;
  const Json& shapes = json["shapes"];
  for (size_t i = 0; i < shapes.size(); ++i) {
    const std::string where = join(": shapes[", i, "]");
    try {
      out.shapes.push_back(shape_of(shapes[i], where));
      if (const Json said = shapes[i].value("flags", Json()); said.is_object())
        flags += said.size() - said.count("occluded");
      const Json said = shapes[i].value("description", Json());
      descriptions += said.is_string() && !said.get_ref<const std::string&>().empty();
    } catch (const Trouble& trouble) {
      out.complaints.emplace_back(where, trouble.what);
    }
  }
  if (flags > 0) out.unread.emplace_back("flags of shapes", flags);
  if (descriptions > 0) out.unread.emplace_back("descriptions of shapes", descriptions);
  return out;
}

}  // namespace weft
