// SPDX-License-Identifier: Apache-2.0
#include "data/formats/cvat_xml.h"

#include <algorithm>
#include <optional>

#include "base/error.h"

namespace weft {
namespace {

// Rows of runs to columns of runs.  A box has at most as many pixels as a picture may have.
constexpr uint64_t kMostMaskPixels = uint64_t{1} << 28;

struct Trouble {
  std::string what;
};

class CvatReader {
 public:
  CvatReader(std::string_view utf8, const std::string& file) : xml_(utf8, file) {
    const pugi::xml_node root = xml_.root();
    check(std::string_view(root.name()) == "annotations", file, ":", xml_.line_of(root), ": the root is <", root.name(),
          ">; wanted <annotations> of CVAT's XML 1.1");
  }

  CvatFile read() {
    const pugi::xml_node root = xml_.root();
    read_meta(root.child("meta"));
    for (const pugi::xml_node node : root.children("image")) read_image(node);
    for (const pugi::xml_node node : root.children("track")) read_track(node);
    for (auto& [frame, picture] : frames_) out_.pictures.push_back(std::move(picture));
    return std::move(out_);
  }

 private:
  void read_meta(pugi::xml_node meta) {
    for (const char* owner : {"task", "project", "job"}) {
      const pugi::xml_node task = meta.child(owner);
      for (const pugi::xml_node label : task.child("labels").children("label"))
        out_.labels.emplace_back(without_blanks(label.child_value("name")));
      const pugi::xml_node size = task.child("original_size");
      if (!size) continue;
      width_ = number_in(size.child_value("width")).value_or(0);
      height_ = number_in(size.child_value("height")).value_or(0);
    }
  }

  void read_image(pugi::xml_node node) {
    CvatPicture picture;
    picture.line = xml_.line_of(node);
    picture.name = node.attribute("name").value();
    picture.subset = node.attribute("subset").value();
    picture.width = number_in(node.attribute("width").value()).value_or(0);
    picture.height = number_in(node.attribute("height").value()).value_or(0);
    if (picture.name.empty()) return complain(node, "an <image> without a name");
    for (const pugi::xml_node child : node.children())
      if (std::optional<CvatShape> shape = shape_of(child, child.attribute("label").value()))
        picture.shapes.push_back(std::move(*shape));
    out_.pictures.push_back(std::move(picture));
  }

  void read_track(pugi::xml_node track) {
    out_.is_video = true;
    for (const pugi::xml_node child : track.children()) {
      const std::optional<int64_t> frame = whole_number_in(child.attribute("frame").value());
      if (!frame || *frame < 0) {
        complain(child, join("frame is \"", child.attribute("frame").value(), "\", wanted a number"));
        continue;
      }
      CvatPicture& picture = frames_[*frame];
      if (picture.line == 0) picture.line = xml_.line_of(child);
      picture.frame = *frame;
      picture.width = width_;
      picture.height = height_;
      if (says_yes(child.attribute("outside").value())) continue;
      if (std::optional<CvatShape> shape = shape_of(child, track.attribute("label").value()))
        picture.shapes.push_back(std::move(*shape));
    }
  }

  std::optional<CvatShape> shape_of(pugi::xml_node node, std::string_view label) {
    using enum CvatShape::Kind;
    static const std::map<std::string_view, CvatShape::Kind> kKinds = {
        {"box", box}, {"polygon", polygon}, {"polyline", polyline}, {"points", points}, {"mask", mask}, {"tag", tag}};
    if (node.type() != pugi::node_element) return std::nullopt;
    const auto kind = kKinds.find(node.name());
    if (kind == kKinds.end()) {
      unread(node);
      return std::nullopt;
    }
    for (const pugi::xml_node attribute : node.children("attribute")) unread(attribute);
    CvatShape shape;
    shape.line = xml_.line_of(node);
    shape.kind = kind->second;
    shape.label = without_blanks(label);
    shape.is_occluded = says_yes(node.attribute("occluded").value());
    try {
      read_geometry(node, shape);
    } catch (const Trouble& trouble) {
      complain(node, trouble.what);
      return std::nullopt;
    }
    return shape;
  }

  void read_geometry(pugi::xml_node node, CvatShape& shape) {
    using enum CvatShape::Kind;
    switch (shape.kind) {
      case box:
        shape.xtl = number(node, "xtl"), shape.ytl = number(node, "ytl");
        shape.xbr = number(node, "xbr"), shape.ybr = number(node, "ybr");
        if (node.attribute("rotation")) shape.rotation = number(node, "rotation");
        break;
      case polygon:
      case polyline:
      case points:
        shape.xy = points_of(node);
        break;
      case mask:
        read_mask(node, shape);
        break;
      case tag:
        break;
    }
  }

  static double number(pugi::xml_node node, const char* name) {
    const std::optional<double> value = number_in(node.attribute(name).value());
    if (!value) throw Trouble{join(name, " is \"", node.attribute(name).value(), "\", wanted a number")};
    return *value;
  }
  static uint32_t length(pugi::xml_node node, const char* name) {
    const std::optional<int64_t> value = whole_number_in(node.attribute(name).value());
    if (!value || *value < 0 || *value > INT32_MAX)
      throw Trouble{join(name, " is \"", node.attribute(name).value(), "\", wanted a whole number")};
    return static_cast<uint32_t>(*value);
  }

  static std::vector<double> points_of(pugi::xml_node node) {
    std::vector<double> xy;
    for (const std::string_view pair : split_at(node.attribute("points").value(), ';')) {
      const size_t comma = std::min(pair.find(','), pair.size());
      const std::optional<double> x = number_in(pair.substr(0, comma));
      const std::optional<double> y = comma < pair.size() ? number_in(pair.substr(comma + 1)) : std::nullopt;
      if (!x || !y) throw Trouble{join("the point \"", pair, "\" is not x,y")};
      xy.push_back(*x), xy.push_back(*y);
    }
    return xy;
  }

  static void read_mask(pugi::xml_node node, CvatShape& shape) {
    shape.left = length(node, "left"), shape.top = length(node, "top");
    const uint32_t width = length(node, "width"), height = length(node, "height");
    const uint64_t pixels = uint64_t{width} * height;
    if (pixels == 0 || pixels > kMostMaskPixels) throw Trouble{join("a mask of ", width, " x ", height, " pixels")};
    std::vector<uint64_t> runs;
    uint64_t sum = 0;
    for (const std::string_view word : split_at(node.attribute("rle").value(), ',')) {
      const std::optional<int64_t> run = whole_number_in(word);
      if (!run || *run < 0) throw Trouble{join("\"", word, "\" is no run of a mask")};
      runs.push_back(static_cast<uint64_t>(*run));
      sum += std::min(runs.back(), pixels + 1);
    }
    if (sum != pixels)
      throw Trouble{join("the runs of the mask fill ", sum, " pixels of ", width, " x ", height, " = ", pixels)};
    std::vector<uint8_t> bitmap(pixels);  // the runs are there, so that a short text cannot ask for much memory twice
    uint64_t at = 0;
    for (size_t i = 0; i < runs.size(); at += runs[i++])
      if (i % 2 == 1) std::fill_n(bitmap.begin() + static_cast<ptrdiff_t>(at), runs[i], uint8_t{1});
    shape.mask = rle_of_bitmap(bitmap.data(), height, width);
  }

  void complain(pugi::xml_node node, const std::string& what) {
    out_.complaints.push_back({xml_.line_of(node), join("<", node.name(), ">: ", what)});
  }
  void unread(pugi::xml_node node) {
    auto& [count, line] = out_.unread.try_emplace(node.name(), 0, xml_.line_of(node)).first->second;
    ++count;
  }

  XmlText xml_;
  double width_ = 0, height_ = 0;
  std::map<int64_t, CvatPicture> frames_;
  CvatFile out_;
};

}  // namespace

CvatFile parse_cvat(std::string_view utf8, const std::string& file) {
  return CvatReader(utf8, file).read();
}

}  // namespace weft
