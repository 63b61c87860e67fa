// SPDX-License-Identifier: Apache-2.0
// Pictures and masks in folders to a dataset with the layer "masks":
//   <any>/images/x.png and <any>/masks/*.png        one folder per picture, one file per object
//   images/a/x.png and masks/a/x.png                one label picture per picture
// A label picture is binary (not 0: the concept), has classes as values, palette indices or colours (named by a file,
// see mask_names.h), or an object for each value.  Every pixel of it was labelled, so what a class does not cover is
// known not to be of it; values that are to be ignored become regions of which nothing is known.
#include "data/importers/import_masks.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/importers/label_files.h"
#include "data/importers/mask_names.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMasks = "masks";

std::string child_called(const Path& folder, const std::string& name, const std::set<std::string>& usual) {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string child = entry.path().filename().string();
    if (entry.is_directory() && (name.empty() ? usual.contains(lower_case(child)) : child == name))
      found.push_back(child);
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? "" : found[0];
}

class MasksRun {
 public:
  MasksRun(const MasksImporter& settings, const ImportRequest& request)
      : settings_(settings), source_(request.source), run_(request, settings), classes_(run_, kMasks) {}

  ImportReport go() {
    check(fs::is_directory(source_), source_.string(), ": wanted a folder with pictures and masks");
    read_names();
    std::vector<Path> roots;
    find_roots(source_, 0, roots);
    check(!roots.empty(), source_.string(), ": holds no folder of pictures (images, image, img) beside one of masks ",
          "(masks, mask, labels, label, gt)\n  hint: images=... and masks=... name them");
    for (const Path& root : roots) take_root(root);
    return run_.finish();
  }

 private:
  void read_names() {
    Path file = settings_.names.empty() ? Path() : source_ / settings_.names;
    for (const char* usual : {"labelmap.csv", "labelmap.txt", "dataset_meta.json"})
      if (file.empty() && fs::exists(source_ / usual)) file = source_ / usual;
    if (file.empty()) {
      if (settings_.concept_text != "*") classes_.declare(settings_.concept_text, "concept");
      return;
    }
    names_ = read_mask_names(file);
    if (!settings_.background.empty()) names_.background = settings_.background;
    for (const MaskName& one : names_.all)
      if (one.name != names_.background && !is_ignored(one)) classes_.declare(one.name, one.place);
  }

  bool is_ignored(const MaskName& one) const {
    return std::any_of(settings_.ignore.begin(), settings_.ignore.end(), [&](const std::string& ignored) {
      return ignored == one.name || ignored == std::to_string(one.value);
    });
  }

  // Folders that hold a folder of pictures, down to two levels.
  void find_roots(const Path& folder, int depth, std::vector<Path>& roots) const {
    if (!child_called(folder, settings_.images, {"images", "image", "img"}).empty()) {
      roots.push_back(folder);
      return;
    }
    if (depth == 2) return;
    std::vector<Path> children;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.is_directory()) children.push_back(entry.path());
    std::sort(children.begin(), children.end());
    for (const Path& child : children) find_roots(child, depth + 1, roots);
  }

  void take_root(const Path& root) {
    const std::string images = child_called(root, settings_.images, {"images", "image", "img"});
    const std::string masks = child_called(root, settings_.masks, {"masks", "mask", "labels", "label", "gt"});
    const Pictures pictures(root / images);
    std::map<std::string, Path> files;  // by the path below the masks' folder, without extension
    if (!masks.empty())
      for (const Path& file : files_below(root / masks)) {
        const std::string name = without_extension(below(root / masks, file));
        const auto [first, is_new] = files.try_emplace(name, file);
        check(is_new, below(source_, file), ": a second mask of that name, after ", below(source_, first->second));
      }
    const bool is_folder_per_picture =
        pictures.all().size() == 1 && root != source_ && !files.contains(mask_of(pictures.all()[0]));
    for (const std::string& picture : pictures.all()) {
      const std::string key = below(source_, root / images / picture);
      const std::string name = mask_of(picture);
      const bool is_labelled = is_folder_per_picture ? !masks.empty() : files.contains(name);
      if (!is_labelled && !run_.meet(Problem::unlabelled_image, key, "has no mask", true)) continue;
      const std::optional<Added> added = run_.add_file(source_ / key, key, key);
      if (added && !split_in(key).empty()) run_.put_in_split(*added, split_in(key), key);
      const size_t before = labels_left_out(run_) - kept_as_unknown_;
      if (!added || !is_labelled) {
        if (!is_folder_per_picture) files.erase(name);
      } else if (is_folder_per_picture) {
        take_objects(*added, files);
      } else {
        take_labels(*added, files.at(name));
        files.erase(name);
      }
      if (added && is_labelled && settings_.exhaustive)
        say_complete(run_, kMasks, *added, labels_left_out(run_) - kept_as_unknown_ == before);
    }
    if (is_folder_per_picture) return;
    for (const auto& [name, file] : files)
      run_.meet(Problem::missing_image, below(source_, file), "a mask whose picture is not there");
  }

  std::string mask_of(const std::string& picture) const {
    const Path path = without_extension(picture);
    std::string stem = path.filename().string();
    if (stem.starts_with(settings_.image_prefix)) stem.erase(0, settings_.image_prefix.size());
    return (path.parent_path() / (settings_.mask_prefix + stem + settings_.mask_suffix)).generic_string();
  }

  void take_objects(const Added& of, const std::map<std::string, Path>& files) {
    uint32_t id = 0;
    for (const auto& [name, file] : files) {
      const std::string place = below(source_, file);
      ++id;
      if (const std::optional<LabelPicture> mask = read_label_picture(run_, file, place))
        add(of, mask_of_nonzero(*mask), settings_.concept_text, RegionIs::object, id, place);
    }
  }

  void take_labels(const Added& of, const Path& file) {
    const std::string place = below(source_, file);
    const std::optional<LabelPicture> labels = read_label_picture(run_, file, place);
    if (!labels) return;
    const std::map<uint32_t, Rle> masks = masks_by_value(*labels);
    const std::string meaning = meaning_of(*labels, masks, place);
    uint32_t id = 0;
    std::vector<Rle> of_concept;
    for (const auto& [value, mask] : masks) {
      const std::string here = join(place, ": value ", value);
      if (!labels->is_colour && is_ignored({value, "", "", {}}))
        add_unknown(of, mask, here);
      else if (meaning == "classes")
        take_class(of, value, mask, labels->is_colour, ++id, here);
      else if (meaning == "binary" && (value != 0) != settings_.inverted)
        of_concept.push_back(mask);
      else if (meaning == "instances" && value != 0)
        add(of, mask, settings_.concept_text, RegionIs::object, ++id, here);
    }
    if (!of_concept.empty()) add(of, merge(of_concept, false), settings_.concept_text, RegionIs::unsaid, 1, place);
  }

  std::string meaning_of(const LabelPicture& labels, const std::map<uint32_t, Rle>& masks,
                         const std::string& place) const {
    const std::string& wanted = settings_.values;
    check(wanted != "classes" || !names_.all.empty(), place,
          ": values=classes, but no file names them\n  hint: names=");
    if (wanted != "auto") return wanted;
    if (!names_.all.empty()) return "classes";
    size_t others = 0;
    for (const auto& [value, mask] : masks) others += value != 0 && !is_ignored({value, "", "", {}});
    check(others <= 1, place, ": has ", others, labels.is_colour ? " colours" : " values",
          " beside 0, and nothing says ",
          "what they mean\n  hint: values=instances where each is an object, names=<file> where they are classes, "
          "values=binary where all are the concept");
    return "binary";
  }

  void take_class(const Added& of, uint32_t value, const Rle& mask, bool is_colour, uint32_t id,
                  const std::string& place) {
    const auto named = std::find_if(names_.all.begin(), names_.all.end(), [&](const MaskName& one) {
      return is_colour ? one.colour == value : one.value == value;
    });
    const bool is_known = named != names_.all.end();
    if (is_known && named->name == names_.background) return;
    if (is_known && is_ignored(*named)) return add_unknown(of, mask, place);
    const std::optional<std::string> text = classes_.used(is_known ? named->name : join("value ", value), place);
    if (text) return add(of, mask, *text, RegionIs::unsaid, id, place);
    ++kept_as_unknown_;  // left out of the classes, but not said to be none of them
    add_unknown(of, mask, place);
  }

  void add(const Added& of, const Rle& mask, const std::string& text, RegionIs is, uint32_t id,
           const std::string& place) {
    Region region;
    region.concept_text = text;
    region.is = is;
    region.id = id;
    run_.add_mask(kMasks, of, mask, region, place);
  }

  void add_unknown(const Added& of, const Rle& mask, const std::string& place) {
    Region region;
    region.kind = Kind::unknown;
    run_.add_mask(kMasks, of, mask, region, place);
  }

  const MasksImporter& settings_;
  Path source_;
  ImportRun run_;
  Classes classes_;
  MaskNames names_;
  size_t kept_as_unknown_ = 0;
};

}  // namespace

void MasksImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("values", values, one_of({"auto", "binary", "classes", "instances"}),
        "what values of a label picture are; auto: classes where a file names them, else binary");
  visit("concept", concept_text, not_empty, "what binary masks and instances are; \"*\": whatever it is");
  visit("inverted", inverted, any, "of binary label pictures, 0 is the concept");
  visit("images", images, any, "folder of the pictures; empty: images, image or img");
  visit("masks", masks, any, "folder of the masks; empty: masks, mask, labels, label or gt");
  visit("image_prefix", image_prefix, any, "what a picture's name has before that of its mask");
  visit("mask_prefix", mask_prefix, any, "what a mask's name has before that of its picture");
  visit("mask_suffix", mask_suffix, any, "what a mask's name has behind that of its picture");
  visit("names", names, any, "file in SOURCE that names the values; empty: labelmap.csv or .txt, dataset_meta.json");
  visit("background", background, any, "the name that is no class; empty: as that file says, or value 0 named so");
  visit("ignore", ignore, any, "values or names of which nothing is known");
  visit("exhaustive", exhaustive, any, "a picture with masks holds nothing of the classes but what they cover");
}

ImportReport MasksImporter::run(const ImportRequest& request) const {
  return MasksRun(*this, request).go();
}

}  // namespace weft
