// SPDX-License-Identifier: Apache-2.0
// SOURCE is a folder; tables (anywhere in it) are told by their columns, pictures are found by their ids below images/,
// whose folders are the splits.  A class is called by its name, its id (/m/0abc) is a synonym, the tree gives parents.
//   human_labels    Confidence 1: POS, 0: verified to be absent, NEG        machine_labels   SOFT
//   boxes           XMin, XMax, YMin, YMax in fractions of the picture; IsGroupOf is kCrowd; flags of -1 stay unset
//   masks           PNGs of any resolution, scaled to the picture's (nearest); confidence: PredictedIoU where it is
//   said
// Boxes are exhaustive of a class in a picture where people verified the class there and drew boxes of it, all of their
// own ("activemil" ones are single).  Source: the data sets' README, "Data Formats".
#include "data/importers/import_openimages.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "data/formats/csv.h"
#include "data/image.h"
#include "data/importers/import_run.h"
#include "data/importers/openimages_classes.h"
#include "data/importers/table_files.h"
#include "data/utf8.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

enum class TableKind : uint8_t { class_names, pictures, labels, boxes, masks, other };

struct FlagColumn {
  const char* name;
  RegionFlag flag;
};
constexpr std::array<FlagColumn, 5> kFlags = {{{"IsOccluded", kOccluded},
                                               {"IsTruncated", kTruncated},
                                               {"IsGroupOf", kCrowd},
                                               {"IsDepiction", kDepiction},
                                               {"IsInside", kInside}}};

TableKind kind_of(const Path& file) {
  const CsvTable table(file, ',');
  const auto has = [&](const char* name) { return table.find(name) >= 0; };
  if (has("MaskPath")) return TableKind::masks;
  if (has("XMin") && has("LabelName")) return TableKind::boxes;
  if (has("ImageID") && has("LabelName") && has("Confidence")) return TableKind::labels;
  if (has("ImageID") && has("Subset")) return TableKind::pictures;
  const bool has_two = table.columns().size() == 2;
  return has_two && (has("DisplayName") || table.columns()[0].starts_with('/')) ? TableKind::class_names
                                                                                : TableKind::other;
}

// The picture's pixel takes the mask's that holds its centre.
Rle scaled_mask(const Image& mask, uint32_t width, uint32_t height) {
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * height);
  for (uint32_t y = 0; y < height; ++y) {
    const uint8_t* row = mask.row(static_cast<int>((y + 0.5) * mask.height / height));
    for (uint32_t x = 0; x < width; ++x)
      pixels[static_cast<size_t>(y) * width + x] =
          row[static_cast<int>((x + 0.5) * mask.width / width) * mask.channels];
  }
  return rle_of_bitmap(pixels.data(), height, width);
}

class OpenimagesRun {
 public:
  OpenimagesRun(const OpenimagesImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings), images_(request.source / settings.images) {}

  ImportReport go() {
    check(fs::is_directory(images_), images_.string(), ": wanted the folder of the pictures");
    find_tables();
    pictures_ = pictures_by_stem(images_);
    if (const Path masks = request_.source / settings_.masks; fs::is_directory(masks))
      for (const Path& file : files_below(masks)) masks_.try_emplace(file.filename().string(), file);
    for (const Path& file : tables_[TableKind::class_names]) classes_.read_names(file);
    for (const Path& file : trees_) classes_.read_tree(file);
    for (const Path& file : tables_[TableKind::pictures]) read_pictures(file);
    for (const Path& file : tables_[TableKind::labels]) read_labels(file);
    for (const Path& file : tables_[TableKind::boxes]) read_boxes(file);
    for (const Path& file : tables_[TableKind::masks]) read_masks(file);
    for (const Path& file : tables_[TableKind::other])
      run_.note(file.filename().string() + ": left out, no table of labels, boxes or masks");
    say_exhaustive();
    add_unlabelled();
    note_counts();
    return run_.finish();
  }

 private:
  void find_tables() {
    std::vector<Path> places = {request_.source};
    if (fs::is_directory(request_.source / "annotations")) places.push_back(request_.source / "annotations");
    std::vector<Path> files;
    for (const Path& place : places)
      for (const auto& entry : fs::directory_iterator(place))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const Path& file : files) {
      if (file.extension() == ".csv") tables_[kind_of(file)].push_back(file);
      if (file.extension() == ".json" && file.filename().string().find("hierarchy") != std::string::npos)
        trees_.push_back(file);
    }
    check(!tables_.empty(), request_.source.string(), ": holds no *.csv, nor does a folder annotations in it");
  }

  // The name of a class; nothing where it is left out.
  std::optional<std::string> class_called(const std::string& id, const std::string& place) {
    const auto found = classes_.names.find(id);
    if (found != classes_.names.end()) return found->second;
    check(is_utf8(id), place, ": the class is not UTF-8");
    if (!run_.meet(Problem::unknown_class, place, "the class " + id + " has no name in the class descriptions", true))
      return std::nullopt;
    classes_.names[id] = id;
    return id;
  }

  // Layers of boxes know the classes of the tree, where there is one; the others all.
  void declare(const std::string& layer, bool is_of_regions) {
    if (!declared_.insert(layer).second) return;
    for (const std::string& id : classes_.parents_first()) {
      if (is_of_regions && !classes_.in_tree.empty() && !classes_.in_tree.contains(id)) continue;
      std::vector<std::string> parents;
      if (const auto above = classes_.parents.find(id); above != classes_.parents.end())
        for (const std::string& parent : above->second) parents.push_back(classes_.names.at(parent));
      const std::string& name = classes_.names.at(id);
      run_.add_class(layer, name, classes_.places[id], /*closed=*/true,
                     name == id ? std::vector<std::string>{} : std::vector<std::string>{id}, parents);
    }
  }

  // The picture of an id, added where it is new.
  std::optional<Added> picture(const std::string& id, const std::string& place) {
    if (gone_.contains(id)) return std::nullopt;
    const auto file = pictures_.find(id);
    if (file == pictures_.end()) {
      gone_.insert(id);
      run_.meet(Problem::missing_image, place, "there is no picture " + id + " (its other rows are left out, too)");
      return std::nullopt;
    }
    auto of = add(id, file->second, place);
    if (!of) gone_.insert(id);
    return of;
  }
  std::optional<Added> add(const std::string& id, const Path& file, const std::string& place) {
    const Path key = file.lexically_relative(images_);
    if (const auto of = run_.find(key.generic_string())) return of;
    const auto of = run_.add_file(file, key.generic_string(), place);
    if (!of) return of;
    const auto subset = subsets_.find(id);
    if (key.has_parent_path()) {
      run_.put_in_split(*of, key.begin()->string(), place);
    } else if (subset != subsets_.end()) {
      run_.put_in_split(*of, subset->second, place);
    }
    if (of->orientation != 1) ++turned_by_exif_;
    return of;
  }

  bool is_whole(const CsvTable& table) {
    if (table.problem().empty()) return true;
    run_.meet(Problem::malformed_label, table.place(), "the row " + table.problem());
    return false;
  }
  std::optional<double> fraction(const CsvTable& table, size_t column, double least, double most) {
    const auto value = number_of(table.at(column));
    if (value && *value >= least && *value <= most) return value;
    run_.meet(
        Problem::malformed_label, table.place(),
        join(table.columns()[column], " is \"", table.at(column), "\", wanted a number from ", least, " to ", most));
    return std::nullopt;
  }

  // Lists of pictures say more than we use; a row may break off behind what we do.
  void read_pictures(const Path& file) {
    CsvTable table(file, ',');
    const size_t id = table.wanted("ImageID"), subset = table.wanted("Subset");
    const int rotation = table.find("Rotation");
    while (table.next()) {
      if (!table.problem().empty()) {
        const bool is_enough = table.size() > std::max(id, subset);
        if (!run_.meet(Problem::malformed_label, table.place(), "the row " + table.problem(), is_enough)) continue;
      }
      const std::string name = trimmed(table.at(id));
      if (!pictures_.contains(name)) continue;
      subsets_[name] = trimmed(table.at(subset));
      if (table.problem().empty() && rotation >= 0 && number_of(table.at(rotation)).value_or(0) != 0) ++rotated_;
    }
  }

  void read_labels(const Path& file) {
    CsvTable table(file, ',');
    const size_t id = table.wanted("ImageID"), label = table.wanted("LabelName"),
                 confidence = table.wanted("Confidence");
    const int source = table.find("Source");
    const bool is_machine_file = file.filename().string().find("machine") != std::string::npos;
    while (table.next()) {
      if (!is_whole(table)) continue;
      const std::string place = table.place();
      const bool is_machine = source >= 0 ? trimmed(table.at(source)) == "machine" : is_machine_file;
      const auto name = class_called(trimmed(table.at(label)), place);
      const auto value = fraction(table, confidence, 0, 1);
      const auto of = name && value ? picture(trimmed(table.at(id)), place) : std::nullopt;
      if (!of) continue;
      if (is_machine) {
        declare("machine_labels", false);
        run_.say("machine_labels", *of, *name, Kind::soft, static_cast<float>(*value));
      } else if (*value == 0 || *value == 1) {
        declare("human_labels", false);
        run_.say("human_labels", *of, *name, *value == 1 ? Kind::pos : Kind::neg);
        if (*value == 1) cells_[{of->uid, *name}].is_verified = true;
      } else {
        run_.meet(Problem::malformed_label, place, join("people verified with confidence ", *value, ", wanted 0 or 1"));
      }
    }
  }

  void read_boxes(const Path& file) {
    CsvTable table(file, ',');
    const size_t id = table.wanted("ImageID"), label = table.wanted("LabelName");
    const std::array<size_t, 4> edges = {table.wanted("XMin"), table.wanted("YMin"), table.wanted("XMax"),
                                         table.wanted("YMax")};
    const int confidence = table.find("Confidence"), source = table.find("Source");
    while (table.next()) {
      if (!is_whole(table)) continue;
      const std::string place = table.place();
      Region region;
      const auto name = class_called(trimmed(table.at(label)), place);
      if (!name || !read_flags(table, region)) continue;
      const auto sure = confidence >= 0 ? fraction(table, confidence, 0, 1) : 1;
      std::array<double, 4> at{};
      if (!sure || !read_edges(table, edges, at)) continue;
      const auto of = picture(trimmed(table.at(id)), place);
      if (!of) continue;
      declare("boxes", true);
      region.concept_text = *name;
      region.confidence = static_cast<float>(*sure);
      region.is = classes_.parts.contains(trimmed(table.at(label))) ? RegionIs::part : RegionIs::object;
      const Box box{at[0] * of->width, at[1] * of->height, at[2] * of->width, at[3] * of->height};
      Cell& cell = cells_[{of->uid, *name}];
      const bool is_kept = run_.add_box("boxes", *of, box, region, place);
      const bool is_drawn = source < 0 || trimmed(table.at(source)) != "activemil";
      cell.has_boxes |= is_kept;
      cell.is_incomplete |= !is_kept || !is_drawn;
    }
  }
  bool read_edges(const CsvTable& table, const std::array<size_t, 4>& edges, std::array<double, 4>& at) {
    constexpr double kFar = 100;  // fractions beyond it are pixels; what is a little outside is add_box's to judge
    for (size_t i = 0; i < 4; ++i) {
      const auto value = fraction(table, edges[i], -kFar, kFar);
      if (!value) return false;
      at[i] = *value;
    }
    return true;
  }
  bool read_flags(const CsvTable& table, Region& region) {
    for (const FlagColumn& flag : kFlags) {
      const int column = table.find(flag.name);
      if (column < 0) continue;
      const double value = number_of(table.at(column)).value_or(2);
      if (value != 1 && value != 0 && value != -1) {
        run_.meet(Problem::malformed_label, table.place(),
                  join(flag.name, " is \"", table.at(column), "\", wanted 1, 0 or -1"));
        return false;
      }
      if (value == 1) region.flags |= flag.flag;
      unknown_flags_ += value == -1;
    }
    return true;
  }

  void read_masks(const Path& file) {
    CsvTable table(file, ',');
    const size_t id = table.wanted("ImageID"), label = table.wanted("LabelName"), path = table.wanted("MaskPath");
    const int quality = table.find("PredictedIoU");
    if (table.find("Clicks") >= 0)
      run_.note(file.filename().string() + ": columns left out: Clicks and the mask's box");
    while (table.next()) {
      if (!is_whole(table)) continue;
      const std::string place = table.place();
      const auto name = class_called(trimmed(table.at(label)), place);
      const auto of = name ? picture(trimmed(table.at(id)), place) : std::nullopt;
      if (!of) continue;
      Region region;
      region.concept_text = *name;
      region.is = classes_.parts.contains(trimmed(table.at(label))) ? RegionIs::part : RegionIs::object;
      if (quality >= 0 && !trimmed(table.at(quality)).empty()) {
        const auto value = fraction(table, quality, 0, 1);
        if (!value) continue;
        region.confidence = static_cast<float>(*value);
      }
      const auto mask = mask_in(trimmed(table.at(path)), *of, place);
      if (!mask) continue;
      declare("masks", true);
      run_.add_mask("masks", *of, *mask, region, place);
    }
  }

  std::optional<Rle> mask_in(const std::string& name, const Added& of, const std::string& place) {
    const auto file = masks_.find(Path(name).filename().string());
    if (file == masks_.end()) {
      run_.meet(Problem::missing_image, place, "there is no mask " + name + " below " + settings_.masks);
      return std::nullopt;
    }
    std::string damage;
    try {
      const Bytes content = read_bytes(file->second);
      const Image mask = decode_image(content.data(), content.size());
      if (mask.width != of.width || mask.height != of.height) ++scaled_;
      return scaled_mask(mask, static_cast<uint32_t>(of.width), static_cast<uint32_t>(of.height));
    } catch (const Error& error) {
      damage = error.what();
    }
    run_.meet(Problem::bad_mask, place, name + ": " + damage);
    return std::nullopt;
  }

  void say_exhaustive() {
    if (!settings_.exhaustive) return;
    for (const auto& [at, cell] : cells_)
      if (cell.is_verified && cell.has_boxes && !cell.is_incomplete)
        run_.add_record("boxes", {.item = at.first,
                                  .concept_row = run_.layer("boxes").vocabulary().row_of(at.second),
                                  .kind = Kind::exhaustive});
  }

  void add_unlabelled() {
    std::map<Path, std::string> rest;  // in the order of their paths
    for (const auto& [id, file] : pictures_)
      if (!gone_.contains(id) && !run_.find(file.lexically_relative(images_).generic_string())) rest[file] = id;
    for (const auto& [file, id] : rest)
      if (run_.meet(Problem::unlabelled_image, file.string(), "no row says anything of this picture", true))
        add(id, file, file.string());
  }

  void note_counts() {
    if (scaled_ > 0) run_.note(join(scaled_, " masks were scaled to the size of their pictures (nearest)"));
    if (unknown_flags_ > 0) run_.note(join(unknown_flags_, " flags of boxes are -1 (not known) and stay unset"));
    if (rotated_ > 0) run_.note(join(rotated_, " pictures should be turned says the column Rotation; they were not"));
    if (turned_by_exif_ > 0)
      run_.note(join(turned_by_exif_, " pictures are turned by EXIF; boxes are taken to be of the upright picture"));
  }

  // What is said of one class in one picture.
  struct Cell {
    bool is_verified = false, has_boxes = false, is_incomplete = false;
  };
  const OpenimagesImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  Path images_;
  std::map<TableKind, std::vector<Path>> tables_;
  std::vector<Path> trees_;
  OpenimagesClasses classes_;
  std::unordered_map<std::string, Path> pictures_, masks_;  // by id; by file name
  std::unordered_map<std::string, std::string> subsets_;
  std::set<std::string> declared_, gone_;
  std::map<std::pair<Uid, std::string>, Cell> cells_;
  size_t scaled_ = 0, unknown_flags_ = 0, rotated_ = 0, turned_by_exif_ = 0;
};

}  // namespace

void OpenimagesImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("images", images, not_empty, "folder of the pictures in SOURCE; folders in it are splits");
  visit("masks", masks, not_empty, "folder of the masks in SOURCE");
  visit("exhaustive", exhaustive, any,
        "a class that people verified in a picture and drew boxes of has all its boxes there");
}

ImportReport OpenimagesImporter::run(const ImportRequest& request) const {
  return OpenimagesRun(*this, request).go();
}

}  // namespace weft
