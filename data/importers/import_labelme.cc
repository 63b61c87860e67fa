// SPDX-License-Identifier: Apache-2.0
// LabelMe to a dataset: SOURCE holds XML files (Annotations/, Images/, Masks/, Scribbles/, each with the same folders
// inside) or JSON files beside their pictures, or with the picture inside.  Layer "regions": polygons and masks, boxes,
// lines as scribbles, points; parts with the region they belong to.  A scribble file becomes one scribble per run of
// painted pixels in a row, which says exactly what was painted.  Of JSON, shapes of one label and group_id are one
// region, their union; flags of the file are labels of the picture.  Nobody said that a picture was labelled
// completely: exhaustive=true says it.
#include "data/importers/import_labelme.h"

#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/formats/labelme.h"
#include "data/importers/label_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using ShapeKind = LabelmeShape::Kind;

constexpr const char* kRegions = "regions";
constexpr int kCircleCorners = 64;

std::vector<double> circle(const std::vector<double>& xy) {
  const double radius = std::hypot(xy[2] - xy[0], xy[3] - xy[1]);
  std::vector<double> corners;
  for (int i = 0; i < kCircleCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCircleCorners;
    corners.push_back(xy[0] + radius * std::cos(angle));
    corners.push_back(xy[1] + radius * std::sin(angle));
  }
  return corners;
}

// One file and the picture that it is about.
struct Labelled {
  std::string name;    // of the file
  std::string inside;  // folders between Annotations and the file
  LabelmeFile file;
  Added of;
  Affine frame;
};

class LabelmeRun {
 public:
  LabelmeRun(const LabelmeImporter& settings, const ImportRequest& request)
      : settings_(settings),
        source_(request.source),
        run_(request, settings),
        classes_(run_, kRegions),
        pictures_(source_, {"masks", "scribbles"}) {}

  ImportReport go() {
    check(fs::is_directory(source_), source_.string(), ": wanted a folder with files of LabelMe");
    for (const Path& file : files_below(source_)) {
      const std::string extension = lower_case(file.extension().string());
      if (extension == ".xml" || extension == ".json") take_file(file, extension == ".xml");
    }
    for (const std::string& picture : pictures_.all())
      if (!named_.contains(picture) &&
          run_.meet(Problem::unlabelled_image, picture, "no file of LabelMe names it", true))
        run_.add_file(source_ / picture, picture, picture);
    if (deleted_ > 0) run_.report().leave_out("deleted by the annotator", join(deleted_, " regions"));
    not_read_.report(run_);
    return run_.finish();
  }

 private:
  void take_file(const Path& path, bool is_xml) {
    Labelled it;
    it.name = below(source_, path);
    const std::optional<std::string> text = read_label_text(run_, path, it.name);
    if (!text) return;
    try {
      it.file = is_xml ? parse_labelme_xml(*text, it.name) : parse_labelme_json(*text, it.name);
    } catch (const Error& error) {
      run_.meet(Problem::malformed_label, it.name, error.what());
      return;
    }
    const size_t before = labels_left_out(run_);
    for (const auto& [where, what] : it.file.complaints) run_.meet(Problem::malformed_label, it.name + where, what);
    for (const auto& [what, count] : it.file.unread) not_read_.add(what, it.name, count);
    it.inside = inside_annotations(it.name);
    const std::optional<Added> added = picture_of(it);
    if (!added) return;
    const std::optional<Affine> frame = run_.frame_of(*added, it.file.width, it.file.height, it.name);
    if (!frame) return;
    it.of = *added;
    it.frame = *frame;
    const std::string split = split_in(it.name);
    if (!split.empty()) run_.put_in_split(it.of, split, it.name);
    for (const std::string& label : it.file.image_labels) run_.say("flags", it.of, label);
    take_shapes(it);
    if (settings_.exhaustive) say_complete(run_, kRegions, it.of, labels_left_out(run_) == before);
  }

  static std::string inside_annotations(const std::string& name) {
    Path inside;
    bool is_inside = false;
    for (const Path& part : Path(name).parent_path()) {
      if (is_inside) inside /= part;
      is_inside = is_inside || lower_case(part.string()) == "annotations";
    }
    return is_inside ? inside.generic_string() : Path(name).parent_path().generic_string();
  }

  std::optional<Added> picture_of(const Labelled& it) {
    const std::vector<std::string> parts = path_parts(it.file.filename);
    const std::string filename = parts.empty() ? "" : parts.back();
    const Path beside = Path(it.name).parent_path();
    Path written;
    for (const std::string& part : parts) written /= part;
    for (const Path& place : {beside / written, "Images" / Path(it.inside) / filename, beside / filename,
                              "images" / Path(it.inside) / filename, Path(it.inside) / filename})
      if (const std::string* found =
              filename.empty() ? nullptr : pictures_.at(place.lexically_normal().generic_string()))
        return named(*found, it.name);
    if (!it.file.picture.empty()) {
      const std::string key = Path(it.name).replace_extension("").generic_string();
      return run_.add_bytes(it.file.picture, key, join(it.name, ": imageData"));
    }
    for (const std::string& stem : {Path(it.name).stem().string(), Path(filename).stem().string()})
      if (const std::string* found = pictures_.by_stem(stem)) return named(*found, it.name);
    run_.meet(Problem::missing_image, it.name, join("there is no picture \"", it.file.filename, "\", nor one inside"));
    return std::nullopt;
  }

  std::optional<Added> named(const std::string& picture, const std::string& place) {
    named_.insert(picture);
    return run_.add_file(source_ / picture, picture, place);
  }

  void take_shapes(const Labelled& it) {
    std::map<int64_t, uint32_t> id_of;  // of XML's ids
    for (size_t i = 0; i < it.file.shapes.size(); ++i)
      if (it.file.shapes[i].id >= 0) id_of.try_emplace(it.file.shapes[i].id, static_cast<uint32_t>(i + 1));
    std::map<std::pair<std::string, int64_t>, uint32_t> group_id;  // of JSON's groups
    std::map<uint32_t, std::vector<const LabelmeShape*>> areas;    // by id, what is filled
    for (size_t i = 0; i < it.file.shapes.size(); ++i) {
      const LabelmeShape& shape = it.file.shapes[i];
      deleted_ += shape.is_deleted;
      if (shape.is_deleted) continue;
      Region region;
      region.id = static_cast<uint32_t>(i + 1);
      if (shape.group >= 0) region.id = group_id.try_emplace({shape.name, shape.group}, region.id).first->second;
      const bool is_area = shape.kind == ShapeKind::polygon || shape.kind == ShapeKind::circle;
      if (is_area) areas[region.id].push_back(&shape);
      if (is_area && areas[region.id].size() > 1) continue;  // comes with the first of its group
      if (shape.parent >= 0 && id_of.contains(shape.parent) && id_of.at(shape.parent) != region.id) {
        region.parent = id_of.at(shape.parent);
        region.is = RegionIs::part;
      }
      regions_.emplace_back(&shape, region);
    }
    for (auto& [shape, region] : regions_) take_shape(it, *shape, region, areas[region.id]);
    regions_.clear();
  }

  void take_shape(const Labelled& it, const LabelmeShape& shape, Region& region,
                  const std::vector<const LabelmeShape*>& areas) {
    const std::string place = it.name + shape.where;
    const std::optional<std::string> text = classes_.used(shape.name, place);
    if (!text) return;
    region.concept_text = *text;
    region.flags = shape.is_occluded ? kOccluded : 0;
    const std::vector<double> xy = mapped(it.frame, shape.xy);
    switch (shape.kind) {
      case ShapeKind::polygon:
      case ShapeKind::circle:
        take_areas(it, areas, region, place);
        break;
      case ShapeKind::box: {
        const Box box = {std::min(xy[0], xy[2]), std::min(xy[1], xy[3]), std::max(xy[0], xy[2]),
                         std::max(xy[1], xy[3])};
        run_.add_box(kRegions, it.of, box, region, place);
        break;
      }
      case ShapeKind::line: {
        Scribble scribble{static_cast<float>(settings_.pen_width), {}};
        for (size_t i = 0; i + 1 < xy.size(); i += 2)
          scribble.points.push_back({static_cast<float>(xy[i]), static_cast<float>(xy[i + 1])});
        run_.add_scribble(kRegions, it.of, scribble, region, place);
        break;
      }
      case ShapeKind::points:
        for (size_t i = 0; i + 1 < xy.size(); i += 2)
          run_.add_point(kRegions, it.of, {static_cast<float>(xy[i]), static_cast<float>(xy[i + 1])}, region, place);
        break;
      case ShapeKind::mask:
        take_mask(it, shape, region, place);
        break;
    }
  }

  // A shape of its own, or the union of a group's.
  void take_areas(const Labelled& it, const std::vector<const LabelmeShape*>& areas, const Region& region,
                  const std::string& place) {
    std::vector<std::vector<double>> rings;
    for (const LabelmeShape* area : areas)
      rings.push_back(mapped(it.frame, area->kind == ShapeKind::circle ? circle(area->xy) : area->xy));
    if (rings.size() == 1) {
      run_.add_polygon(kRegions, it.of, rings, region, place);
      return;
    }
    std::vector<Rle> masks;
    for (const std::vector<double>& ring : rings)
      masks.push_back(rle_of_polygon(ring, static_cast<uint32_t>(it.of.height), static_cast<uint32_t>(it.of.width)));
    run_.add_mask(kRegions, it.of, merge(masks, false), region, place);
  }

  void take_mask(const Labelled& it, const LabelmeShape& shape, const Region& region, const std::string& place) {
    if (!shape.mask_png.empty()) return take_inner_mask(it, shape, region, place);
    const Path masks = source_ / "Masks" / it.inside / shape.mask_file;
    if (const std::optional<LabelPicture> mask = read_label_picture(run_, masks, place))
      run_.add_mask(kRegions, it.of, mask_of_nonzero(*mask), region, place);
    for (const std::string& file : shape.scribble_files) {
      const Path scribbles = source_ / "Scribbles" / it.inside / file;
      const std::optional<LabelPicture> painted = read_label_picture(run_, scribbles, place);
      if (painted) take_painted(it, *painted, region, place);
    }
  }

  void take_painted(const Labelled& it, const LabelPicture& painted, const Region& region, const std::string& place) {
    const auto is_painted = [&](size_t i) {
      return painted.has_alpha ? painted.alpha[i] != 0 : painted.values[i] != 0;
    };
    for (size_t y = 0; y < painted.height; ++y)
      for (size_t begin = 0, end = 0; begin < painted.width; begin = end + 1) {
        for (end = begin; end < painted.width && is_painted(y * painted.width + end);) ++end;
        if (end == begin) continue;
        const std::vector<double> xy =
            mapped(it.frame, std::vector<double>{static_cast<double>(begin) + 0.5, static_cast<double>(y) + 0.5,
                                                 static_cast<double>(end) - 0.5, static_cast<double>(y) + 0.5});
        const Point first = {static_cast<float>(xy[0]), static_cast<float>(xy[1])};
        const Point last = {static_cast<float>(xy[2]), static_cast<float>(xy[3])};
        run_.add_scribble(kRegions, it.of, {1, {first, last}}, region, place);
      }
  }

  // A picture of the size of its box, whose corners are its first and last pixel.
  void take_inner_mask(const Labelled& it, const LabelmeShape& shape, const Region& region, const std::string& place) {
    LabelPicture small;
    try {
      small = read_label_png(shape.mask_png);
    } catch (const Error& error) {
      run_.meet(Problem::bad_mask, place, error.what());
      return;
    }
    const bool is_stored = it.file.width == it.of.height && it.file.height == it.of.width;
    const auto width = static_cast<size_t>(is_stored ? it.of.height : it.of.width);
    const auto height = static_cast<size_t>(is_stored ? it.of.width : it.of.height);
    const bool fits = shape.xy[0] >= 0 && shape.xy[1] >= 0 && shape.xy[0] + small.width <= static_cast<double>(width) &&
                      shape.xy[1] + small.height <= static_cast<double>(height);
    if (!fits) {
      run_.meet(Problem::bad_mask, place,
                join("a mask of ", small.width, " x ", small.height, " at ", shape.xy[0], ", ", shape.xy[1],
                     " leaves the picture"));
      return;
    }
    const auto left = static_cast<size_t>(shape.xy[0]), top = static_cast<size_t>(shape.xy[1]);
    std::vector<uint8_t> whole(width * height);
    for (size_t y = 0; y < small.height; ++y)
      for (size_t x = 0; x < small.width; ++x)
        whole[(top + y) * width + left + x] = small.values[y * small.width + x] != 0;
    run_.add_mask(kRegions, it.of,
                  rle_of_bitmap(whole.data(), static_cast<uint32_t>(height), static_cast<uint32_t>(width)), region,
                  place);
  }

  const LabelmeImporter& settings_;
  Path source_;
  ImportRun run_;
  Classes classes_;
  Pictures pictures_;
  NotRead not_read_;
  std::set<std::string> named_;
  std::vector<std::pair<const LabelmeShape*, Region>> regions_;
  size_t deleted_ = 0;
};

}  // namespace

void LabelmeImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("pen_width", pen_width, positive, "pixels across of the scribbles that lines become");
  visit("exhaustive", exhaustive, any, "an annotated picture holds nothing of the classes but what is annotated");
}

ImportReport LabelmeImporter::run(const ImportRequest& request) const {
  return LabelmeRun(*this, request).go();
}

}  // namespace weft
