// SPDX-License-Identifier: Apache-2.0
// CVAT's XML 1.1 to a dataset: SOURCE is annotations.xml, or a folder that holds such files and the pictures.  Layer
// "shapes": boxes, polygons and masks, polylines as scribbles, points, tags of whole pictures.  Of a video, the frames
// are imported whose pictures are there, called by their number (frame_000010.png); what is outside a frame is not
// there.  CVAT does not say that a picture was labelled completely: exhaustive=true says it.
#include "data/importers/import_cvat.h"

#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"
#include "data/formats/cvat_xml.h"
#include "data/importers/label_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShapes = "shapes";

std::vector<double> corners_of(const CvatShape& box) {
  const double angle = box.rotation * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double centre_x = (box.xtl + box.xbr) / 2, centre_y = (box.ytl + box.ybr) / 2;
  std::vector<double> xy;
  for (const auto& [x, y] : {std::pair(box.xtl, box.ytl), std::pair(box.xbr, box.ytl), std::pair(box.xbr, box.ybr),
                             std::pair(box.xtl, box.ybr)}) {
    xy.push_back(centre_x + cosine * (x - centre_x) - sine * (y - centre_y));
    xy.push_back(centre_y + sine * (x - centre_x) + cosine * (y - centre_y));
  }
  return xy;
}

// The number that a frame's file is called by: the digits at the end of its name.
int64_t frame_number(const std::string& picture) {
  const std::string stem = Path(picture).stem().string();
  const size_t first = stem.find_last_not_of("0123456789") + 1;
  return whole_number_in(std::string_view(stem).substr(first)).value_or(-1);
}

class CvatRun {
 public:
  CvatRun(const CvatImporter& settings, const ImportRequest& request)
      : settings_(settings),
        base_(fs::is_directory(request.source) ? request.source : request.source.parent_path()),
        run_(request, settings),
        classes_(run_, kShapes),
        pictures_(base_) {
    check(fs::exists(request.source), request.source.string(), ": wanted annotations.xml of CVAT, or a folder with it");
    if (fs::is_directory(request.source)) {
      for (const Path& file : files_below(request.source))
        if (lower_case(file.extension().string()) == ".xml") files_.push_back(file);
    } else {
      files_.push_back(request.source);
    }
    check(!files_.empty(), request.source.string(), ": no XML file is below it");
  }

  ImportReport go() {
    for (const Path& file : files_) take_file(file);
    for (const std::string& picture : pictures_.all())
      if (!named_.contains(picture) && run_.meet(Problem::unlabelled_image, picture, "no <image> names it", true))
        run_.add_file(base_ / picture, picture, picture);
    not_read_.report(run_);
    return run_.finish();
  }

 private:
  void take_file(const Path& path) {
    const std::string name = below(base_, path);
    const std::optional<std::string> text = read_label_text(run_, path, name);
    if (!text) return;
    CvatFile file;
    try {
      file = parse_cvat(*text, name);
    } catch (const Error& error) {
      run_.meet(Problem::malformed_label, name, error.what());
      return;
    }
    for (const std::string& label : file.labels)
      if (!classes_.names().contains(label)) classes_.declare(label, name);
    for (const Complaint& complaint : file.complaints)
      run_.meet(Problem::malformed_label, join(name, ":", complaint.line), complaint.what);
    incomplete_ = !file.complaints.empty();  // of which picture, is not known any more
    for (const auto& [element, seen] : file.unread) {
      incomplete_ = incomplete_ || element != "attribute";
      not_read_.add(join("<", element, ">"), join(name, ":", seen.second), seen.first);
    }
    const std::string folder = Path(name).parent_path().generic_string();
    const std::map<int64_t, const std::string*> frames = file.is_video ? frames_below(folder) : decltype(frames){};
    for (const CvatPicture& picture : file.pictures) {
      const std::string place = join(name, ":", picture.line);
      if (picture.frame < 0) {
        take_picture(picture, find(picture, folder), name, place);
      } else if (const auto frame = frames.find(picture.frame); frame != frames.end()) {
        take_picture(picture, frame->second, name, place);
      } else {
        run_.report().leave_out("a frame without a picture", join(place, ": frame ", picture.frame));
      }
    }
  }

  std::map<int64_t, const std::string*> frames_below(const std::string& folder) const {
    std::map<int64_t, const std::string*> frames;
    for (const std::string& picture : pictures_.all())
      if (folder.empty() || picture.starts_with(folder + "/")) frames.try_emplace(frame_number(picture), &picture);
    frames.erase(-1);
    return frames;
  }

  const std::string* find(const CvatPicture& picture, const std::string& folder) const {
    Path name;
    for (const std::string& part : path_parts(picture.name)) name /= part;
    for (const Path& inside : {Path("images") / picture.subset, Path("images"), Path(), Path(picture.subset)})
      if (const std::string* found = pictures_.at((Path(folder) / inside / name).lexically_normal().generic_string()))
        return found;
    return pictures_.by_stem(name.stem().generic_string());
  }

  void take_picture(const CvatPicture& picture, const std::string* found, const std::string& name,
                    const std::string& place) {
    if (!found) {
      run_.meet(Problem::missing_image, place, join("there is no picture \"", picture.name, "\""));
      return;
    }
    named_.insert(*found);
    const std::optional<Added> added = run_.add_file(base_ / *found, *found, place);
    if (!added) return;
    const std::string written = split_called(Path(name).stem().string());
    if (!picture.subset.empty())
      run_.put_in_split(*added, split_called(picture.subset), place);
    else if (written == "train" || written == "val" || written == "test")
      run_.put_in_split(*added, written, place);
    const std::optional<Affine> frame = run_.frame_of(*added, picture.width, picture.height, place);
    if (!frame) return;
    const size_t before = labels_left_out(run_);
    uint32_t& next_id = next_id_.try_emplace(*found, 1).first->second;
    for (const CvatShape& shape : picture.shapes)
      take_shape(shape, picture, *added, *frame, join(name, ":", shape.line), next_id);
    const bool is_complete = !incomplete_ && labels_left_out(run_) == before;
    if (settings_.exhaustive) say_complete(run_, kShapes, *added, is_complete);
  }

  void take_shape(const CvatShape& shape, const CvatPicture& picture, const Added& of, const Affine& frame,
                  const std::string& place, uint32_t& next_id) {
    const std::optional<std::string> text = classes_.used(shape.label, place);
    if (!text) return;
    Region region;
    region.concept_text = *text;
    region.flags = shape.is_occluded ? kOccluded : 0;
    region.id = next_id++;
    switch (shape.kind) {
      case CvatShape::Kind::box:
        if (shape.rotation != 0)
          add_oriented_box(run_, kShapes, of, mapped(frame, corners_of(shape)), region, place);
        else
          run_.add_box(kShapes, of, mapped(frame, Box{shape.xtl, shape.ytl, shape.xbr, shape.ybr}), region, place);
        break;
      case CvatShape::Kind::polygon:
        run_.add_polygon(kShapes, of, {mapped(frame, shape.xy)}, region, place);
        break;
      case CvatShape::Kind::polyline: {
        Scribble scribble{static_cast<float>(settings_.pen_width), {}};
        for (const auto& at : points_in(mapped(frame, shape.xy))) scribble.points.push_back(at);
        run_.add_scribble(kShapes, of, scribble, region, place);
        break;
      }
      case CvatShape::Kind::points:
        --next_id;
        for (const Point& at : points_in(mapped(frame, shape.xy))) {
          region.id = next_id++;
          run_.add_point(kShapes, of, at, region, place);
        }
        break;
      case CvatShape::Kind::mask:
        take_mask(shape, picture, of, region, place);
        break;
      case CvatShape::Kind::tag:
        run_.say(kShapes, of, *text);
        break;
    }
  }

  static std::vector<Point> points_in(const std::vector<double>& xy) {
    std::vector<Point> points;
    for (size_t i = 0; i + 1 < xy.size(); i += 2)
      points.push_back({static_cast<float>(xy[i]), static_cast<float>(xy[i + 1])});
    return points;
  }

  // From the mask's own box to the whole picture.
  void take_mask(const CvatShape& shape, const CvatPicture& picture, const Added& of, const Region& region,
                 const std::string& place) {
    const bool is_stored = picture.width == of.height && picture.height == of.width;  // not upright yet
    const auto width = static_cast<int64_t>(is_stored ? of.height : of.width);
    const auto height = static_cast<int64_t>(is_stored ? of.width : of.height);
    const int64_t right = shape.left + shape.mask.width, bottom = shape.top + shape.mask.height;
    if (right > width || bottom > height) {
      run_.meet(Problem::bad_mask, place,
                join("the mask reaches to ", right, " x ", bottom, " of ", width, " x ", height));
      return;
    }
    std::vector<uint8_t> small(size_t{shape.mask.width} * shape.mask.height);
    paint_rle(shape.mask, small.data(), 1);
    std::vector<uint8_t> whole(static_cast<size_t>(width * height));
    for (int64_t y = 0; y < shape.mask.height; ++y)
      std::copy_n(small.begin() + y * shape.mask.width, shape.mask.width,
                  whole.begin() + (shape.top + y) * width + shape.left);
    run_.add_mask(kShapes, of, rle_of_bitmap(whole.data(), static_cast<uint32_t>(height), static_cast<uint32_t>(width)),
                  region, place);
  }

  const CvatImporter& settings_;
  Path base_;
  ImportRun run_;
  Classes classes_;
  Pictures pictures_;
  NotRead not_read_;
  std::vector<Path> files_;
  std::set<std::string> named_;
  bool incomplete_ = false;
  std::map<std::string, uint32_t> next_id_;
};

}  // namespace

void CvatImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("pen_width", pen_width, positive, "pixels across of the scribbles that polylines become");
  visit("exhaustive", exhaustive, any, "an annotated picture holds nothing of the labels but what is annotated");
}

ImportReport CvatImporter::run(const ImportRequest& request) const {
  return CvatRun(*this, request).go();
}

}  // namespace weft
