// SPDX-License-Identifier: Apache-2.0
// YOLO datasets: SOURCE is the folder with data.yaml (Ultralytics, Roboflow), with obj.data (darknet), or with nothing
// but pictures and text files of the same names, beside each other or in images/ and labels/.  Layer "objects".
// `class cx cy w h` is a box; more numbers are the corners of a polygon, or (rows=oriented) of a box that is not
// upright.  A picture without a label file is unlabelled; one with an empty file is said to hold none of the classes.
// Values beyond the picture cut the box, they never cost the picture.
#include "data/importers/import_yolo.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/formats/yolo_text.h"
#include "data/importers/label_files.h"
#include "data/importers/yolo_layout.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kObjects = "objects";

class YoloRun {
 public:
  YoloRun(const YoloImporter& settings, const ImportRequest& request)
      : settings_(settings), source_(request.source), run_(request, settings), classes_(run_, kObjects) {}

  ImportReport go() {
    check(fs::is_directory(source_), source_.string(), ": wanted the folder of a YOLO dataset");
    const Pictures pictures(source_);
    layout_ = read_yolo_layout(run_, source_, pictures, settings_.names);
    for (const auto& [number, one] : layout_.classes) classes_.declare(one.name, one.place);
    if (layout_.classes.empty()) run_.note("no file names the classes; they are called \"class 0\", \"class 1\", ...");
    for (const std::string& picture : pictures.all()) take_picture(picture);
    check(!used_labels_.empty(), source_.string(), ": no picture has a label file\n  hint: pictures in a folder for ",
          "each class are read by the importer \"folder\"");
    take_orphans();
    if (with_confidence_ > 0) run_.note(join(with_confidence_, " rows end with a confidence, as those of a model do"));
    if (four_corners_ > 0 && settings_.rows == "outlines")
      run_.note(join(four_corners_,
                     " rows have four corners and were taken as polygons\n  hint: rows=oriented where they are ",
                     "boxes that are not upright"));
    not_read_.report(run_);
    return run_.finish();
  }

 private:
  void take_picture(const std::string& picture) {
    const std::optional<std::string> labels = yolo_labels_of(source_, picture);
    if (!labels && !run_.meet(Problem::unlabelled_image, picture, "has no label file", true)) return;
    const std::optional<Added> added = run_.add_file(source_ / picture, picture, picture);
    if (!added) return;
    const auto listed = layout_.split_of.find(picture);
    const std::string inside = split_in(picture);
    if (listed != layout_.split_of.end())
      run_.put_in_split(*added, listed->second.first, listed->second.second);
    else if (!inside.empty() && layout_.split_of.empty())
      run_.put_in_split(*added, inside, picture);
    if (!labels) return;
    used_labels_.insert(*labels);
    take_labels(*labels, *added);
  }

  void take_labels(const std::string& file, const Added& of) {
    const YoloLabels labels = parse_yolo(read_text(source_ / file));
    const size_t before = labels_left_out(run_);
    for (const Complaint& complaint : labels.complaints)
      run_.meet(Problem::malformed_label, join(file, ":", complaint.line), complaint.what);
    uint32_t id = 0;
    for (const YoloRow& row : labels.rows) {
      const std::string place = join(file, ":", row.line);
      ++id;
      if (row.has_comma_decimals && !run_.meet(Problem::malformed_label, place,
                                               "a comma where a number has its point (mended: read as a point)", true))
        continue;
      take_row(row, of, id, place);
    }
    if (settings_.exhaustive) say_complete(run_, kObjects, of, labels_left_out(run_) == before);
  }

  void take_row(const YoloRow& row, const Added& of, uint32_t id, const std::string& place) {
    const std::optional<std::string> text = class_of(row.label, place);
    if (!text) return;
    Region region;
    region.concept_text = *text;
    region.is = RegionIs::object;
    region.id = id;
    std::vector<double> values = row.values;
    const size_t pose = 4 + static_cast<size_t>(layout_.keypoints * layout_.keypoint_values);
    if (layout_.keypoints > 0 && values.size() == pose) {
      not_read_.add("keypoints of rows, whose names YOLO does not say", place);
      values.resize(4);
    }
    if (values.size() == 5 && values[4] >= 0 && values[4] <= 1) {
      region.confidence = static_cast<float>(values[4]);
      ++with_confidence_;
      values.pop_back();
    }
    if (values.size() == 4) {
      const double x = values[0] * of.width, y = values[1] * of.height;
      const double half_width = values[2] * of.width / 2, half_height = values[3] * of.height / 2;
      run_.add_box(kObjects, of, {x - half_width, y - half_height, x + half_width, y + half_height}, region, place);
      return;
    }
    if (values.size() < 6 || values.size() % 2 == 1) {
      run_.meet(Problem::malformed_label, place,
                join(values.size() + 1, " numbers; wanted class cx cy w h, or class and x y of three or more corners"));
      return;
    }
    for (size_t i = 0; i < values.size(); ++i) values[i] *= i % 2 == 0 ? of.width : of.height;
    four_corners_ += values.size() == 8;
    if (settings_.rows == "oriented" && values.size() == 8)
      add_oriented_box(run_, kObjects, of, values, region, place);
    else
      run_.add_polygon(kObjects, of, {values}, region, place);
  }

  std::optional<std::string> class_of(int64_t label, const std::string& place) {
    const auto found = layout_.classes.find(label);
    return classes_.used(found == layout_.classes.end() ? join("class ", label) : found->second.name, place);
  }

  // Label files whose picture is gone: text files in folders where others have theirs.
  void take_orphans() {
    std::set<std::string> folders;
    for (const std::string& used : used_labels_) folders.insert(Path(used).parent_path().generic_string());
    for (const Path& file : files_below(source_)) {
      const std::string name = below(source_, file);
      const std::string folder = Path(name).parent_path().generic_string();
      if (file.extension() != ".txt" || used_labels_.contains(name) || !folders.contains(folder)) continue;
      if (folder.empty() && is_list(file)) continue;
      run_.meet(Problem::missing_image, name, "there is no picture of that name");
    }
  }

  // train.txt, classes.txt and such lie beside labels where everything is in one folder.
  static bool is_list(const Path& file) {
    const YoloLabels labels = parse_yolo(read_text(file));
    return labels.rows.empty() || !labels.complaints.empty();
  }

  const YoloImporter& settings_;
  Path source_;
  ImportRun run_;
  Classes classes_;
  NotRead not_read_;
  YoloLayout layout_;
  std::set<std::string> used_labels_;
  size_t four_corners_ = 0, with_confidence_ = 0;
};

}  // namespace

void YoloImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("rows", rows, one_of({"outlines", "oriented"}),
        "what rows of a class and four corners are: outlines of objects, or boxes around them that are not upright");
  visit("names", names, any, "file in SOURCE with the name of a class on each line; empty: what is found");
  visit("exhaustive", exhaustive, any, "a picture with a label file holds nothing of the classes but what is in it");
}

ImportReport YoloImporter::run(const ImportRequest& request) const {
  return YoloRun(*this, request).go();
}

}  // namespace weft
