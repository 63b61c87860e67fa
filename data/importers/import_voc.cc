// SPDX-License-Identifier: Apache-2.0
// Pascal VOC to a dataset: Annotations/*.xml, JPEGImages, ImageSets, SegmentationClass and SegmentationObject; or XML
// files beside or below pictures of the same names.  Layer "objects": boxes with flags, parts with the object they
// belong to, masks, and "everything of the classes is here" of each annotated picture.  Object k of a file has id k;
// its mask in SegmentationObject has value k, so both are one region.  Layer "class_lists": what ImageSets/Main says of
// whole pictures.  A VOC box counts pixels from 1 and includes its last one: x0 = xmin - 1, x1 = xmax.
#include "data/importers/import_voc.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/formats/voc_xml.h"
#include "data/importers/label_files.h"
#include "data/importers/voc_masks.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kObjects = "objects";
constexpr const char* kClassLists = "class_lists";

Path folder_called(const Path& parent, const std::vector<std::string>& names) {
  std::vector<Path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  for (const std::string& name : names)
    for (const Path& folder : folders)
      if (lower_case(folder.filename().string()) == name) return folder;
  return {};
}

// A development kit holds several datasets (VOC2007, VOC2012); anything else is one.
std::vector<Path> roots_of(const Path& source) {
  check(fs::is_directory(source), source.string(), ": wanted a folder with VOC annotations");
  std::vector<Path> roots;
  if (folder_called(source, {"annotations", "segmentationclass"}).empty())
    for (const fs::directory_entry& entry : fs::directory_iterator(source))
      if (entry.is_directory() && !folder_called(entry.path(), {"annotations", "segmentationclass"}).empty())
        roots.push_back(entry.path());
  std::sort(roots.begin(), roots.end());
  return roots.empty() ? std::vector<Path>{source} : roots;
}

class VocRun {
 public:
  VocRun(const VocImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings), classes_(run_, kObjects) {}

  ImportReport go() {
    for (const Path& root : roots_of(request_.source)) take_root(root);
    if (at_zero_ > 0)
      run_.note(join(at_zero_, " boxes have a corner at 0, where counting from 1 has none\n  hint: origin=0 where the ",
                     "source counts from 0"));
    not_read_.report(run_);
    return run_.finish();
  }

 private:
  void take_root(const Path& root) {
    const Path annotations = folder_called(root, {"annotations"});
    Path images = folder_called(root, {"jpegimages", "images"});
    if (images.empty()) images = root;
    const Pictures pictures(images, {"segmentationclass", "segmentationobject"});
    prefix_ = below(request_.source, images);
    seen_.clear();
    masks_.emplace(root, run_, classes_);
    for (const Path& file : files_below(annotations.empty() ? root : annotations))
      if (lower_case(file.extension().string()) == ".xml")
        take_annotation(file, annotations.empty() ? root : annotations, pictures);
    for (const std::string& picture : pictures.all()) take_masks(picture);
    take_sets(root, pictures);
  }

  void take_masks(const std::string& picture) {
    const std::string stem = without_extension(picture);
    const bool has_masks = masks_->has(stem);
    const bool is_named = seen_.contains(picture) || has_masks;
    if (!is_named && !run_.meet(Problem::unlabelled_image, key_of(picture), "has no annotation", true)) {
      seen_[picture] = std::nullopt;
      return;
    }
    VocPicture* known = picture_at(picture);
    if (!known || !is_named) return;
    const size_t before = labels_left_out(run_);
    if (has_masks) masks_->take(stem, *known);
    known->is_complete = known->is_complete && labels_left_out(run_) == before;
    if (settings_.exhaustive) say_complete(run_, kObjects, known->added, known->is_complete);
  }

  std::string key_of(const std::string& picture) const { return prefix_ == "." ? picture : prefix_ + "/" + picture; }

  // Nothing where the picture was left out; that was reported when it was.
  VocPicture* picture_at(const std::string& picture) {
    const auto [found, is_new] = seen_.try_emplace(picture);
    if (is_new) {
      const std::string key = key_of(picture);
      if (const std::optional<Added> added = run_.add_file(request_.source / key, key, key))
        found->second.emplace(*added);
    }
    return found->second ? &*found->second : nullptr;
  }

  void take_annotation(const Path& file, const Path& annotations, const Pictures& pictures) {
    const std::string name = below(request_.source, file);
    const std::optional<std::string> text = read_label_text(run_, file, name);
    if (!text) return;
    VocAnnotation annotation;
    try {
      annotation = parse_voc(*text, name);
    } catch (const Error& error) {
      run_.meet(Problem::malformed_label, name, error.what());
      return;
    }
    const std::string* picture = picture_of(without_extension(below(annotations, file)), annotation, name, pictures);
    if (!picture) return;
    VocPicture* known = picture_at(*picture);
    if (!known) return;
    if (known->is_annotated) {
      run_.meet(Problem::repeated_label, name, join(*picture, " has an annotation already"));
      return;
    }
    known->is_annotated = true;
    const size_t before = labels_left_out(run_);
    for (const Complaint& complaint : annotation.complaints)
      run_.meet(Problem::malformed_label, join(name, ":", complaint.line), complaint.what);
    for (const auto& [element, line] : annotation.unread)
      not_read_.add(join("<", element, "> of objects"), join(name, ":", line));
    take_objects(annotation, name, *known);
    known->is_complete = labels_left_out(run_) == before;
  }

  // By the annotation's own name; a <filename> may be left over from before a renaming.
  const std::string* picture_of(const std::string& stem, const VocAnnotation& annotation, const std::string& name,
                                const Pictures& pictures) {
    const std::string* own = pictures.at(stem);
    const std::string written = Path(annotation.filename).filename().string();
    const std::string* named = pictures.at((Path(stem).parent_path() / written).generic_string());
    if (!own) own = pictures.by_stem(Path(stem).filename().string());
    if (own && !written.empty() && without_extension(written) != Path(stem).filename().string())
      run_.report().repaired["file name"].push_back(
          join(name, ": names the picture \"", annotation.filename, "\"; taken: ", *own));
    if (!own && named && !written.empty()) own = named;
    if (!own && !written.empty()) own = pictures.by_stem(Path(written).stem().string());
    if (!own) run_.meet(Problem::missing_image, name, join("there is no picture \"", stem, "\" nor \"", written, "\""));
    return own;
  }

  void take_objects(const VocAnnotation& annotation, const std::string& name, VocPicture& picture) {
    const std::optional<Affine> frame =
        run_.frame_of(picture.added, annotation.width, annotation.height, join(name, ":", annotation.size_line));
    if (!frame) return;
    picture.next_id = static_cast<uint32_t>(annotation.objects.size()) + 1;
    for (size_t i = 0; i < annotation.objects.size(); ++i) {
      const VocObject& object = annotation.objects[i];
      Region region;
      region.is = RegionIs::object;
      region.id = static_cast<uint32_t>(i + 1);
      if (!add(object, *frame, region, name, picture)) continue;
      picture.class_of_id[region.id] = region.concept_text;
      for (const VocObject& part : object.parts) {
        Region inside;
        inside.is = RegionIs::part;
        inside.id = picture.next_id++;
        inside.parent = region.id;
        add(part, *frame, inside, name, picture);
      }
    }
  }

  bool add(const VocObject& object, const Affine& frame, Region& region, const std::string& name,
           const VocPicture& picture) {
    const std::string place = join(name, ":", object.line);
    const std::optional<std::string> text = classes_.used(object.name, place, region.is == RegionIs::part);
    if (!text) return false;
    region.concept_text = *text;
    region.flags = static_cast<uint8_t>((object.is_difficult ? kDifficult : 0) |
                                        (object.is_truncated ? kTruncated : 0) | (object.is_occluded ? kOccluded : 0));
    const bool is_empty = object.xmax <= object.xmin || object.ymax <= object.ymin;
    if (is_empty) {  // nobody draws a box of one pixel, though counting the last one would make it that
      run_.meet(Problem::box_empty, place,
                join("xmin ", object.xmin, ", ymin ", object.ymin, ", xmax ", object.xmax, ", ymax ", object.ymax));
      return false;
    }
    at_zero_ += settings_.origin == 1 && (object.xmin == 0 || object.ymin == 0);
    const double first = static_cast<double>(settings_.origin), last = first - (settings_.inclusive ? 1 : 0);
    const Box box = {object.xmin - first, object.ymin - first, object.xmax - last, object.ymax - last};
    return run_.add_box(kObjects, picture.added, mapped(frame, box), region, place);
  }

  void take_sets(const Path& root, const Pictures& pictures) {
    const Path sets = sets_folder(root);
    if (sets.empty()) return;
    std::vector<Path> lists;
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(sets)) {
      if (entry.path().extension() != ".txt") continue;
      lists.push_back(entry.path());
      names.insert(entry.path().stem().string());
    }
    std::sort(lists.begin(), lists.end());
    for (const Path& list : lists) {
      const std::string name = list.stem().string();
      if (name == "trainval" && (names.contains("train") || names.contains("val"))) continue;  // their union
      take_list(list, name == "trainval" ? "train" : name, pictures);
    }
  }

  Path sets_folder(const Path& root) const {
    if (!settings_.sets.empty()) return root / settings_.sets;
    const Path sets = folder_called(root, {"imagesets"});
    if (sets.empty()) return {};
    const Path inner = folder_called(sets, {"main", "segmentation", "layout"});
    return inner.empty() ? sets : inner;
  }

  // "a" puts a into the split; "a 1", "a -1", "a 0" say of a whole picture that the class is there, is not, is unclear.
  void take_list(const Path& list, const std::string& split, const Pictures& pictures) {
    const std::string name = below(request_.source, list);
    const std::string text = read_text(list);
    const std::vector<std::string_view> lines = lines_of(text);
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::vector<std::string_view> words = split_at_blanks(lines[i]);
      if (words.empty() || words[0].starts_with('#')) continue;
      const std::string place = join(name, ":", i + 1);
      const std::string* picture = pictures.at(std::string(words[0]));
      if (!picture) {
        run_.meet(Problem::missing_image, place, join("there is no picture \"", words[0], "\""));
        continue;
      }
      const VocPicture* known = picture_at(*picture);
      if (!known) continue;
      if (words.size() == 1)
        run_.put_in_split(known->added, split_called(split), place);
      else if (settings_.class_lists)
        say_class(known->added, split.substr(0, split.rfind('_')), words[1], place);
    }
  }

  void say_class(const Added& of, const std::string& text, std::string_view word, const std::string& place) {
    const std::optional<int64_t> sign = whole_number_in(word);
    if (!sign || *sign < -1 || *sign > 1) {
      run_.meet(Problem::malformed_label, place, join("\"", word, "\" is not 1, -1 or 0"));
      return;
    }
    if (listed_.insert(text).second) run_.add_class(kClassLists, text, place);
    run_.say(kClassLists, of, text, *sign > 0 ? Kind::pos : *sign < 0 ? Kind::neg : Kind::unknown);
  }

  const VocImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  Classes classes_;
  NotRead not_read_;
  std::string prefix_;
  std::map<std::string, std::optional<VocPicture>> seen_;  // by the path below the pictures' folder
  std::optional<VocMasks> masks_;
  std::set<std::string> listed_;
  size_t at_zero_ = 0;
};

}  // namespace

void VocImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("origin", origin, between(0, 1), "the number of the first pixel of a row: VOC's own is 1");
  visit("inclusive", inclusive, any, "xmax and ymax are the last pixels of a box; false: its edges");
  visit("exhaustive", exhaustive, any, "an annotated picture holds nothing of the classes but what is annotated");
  visit("class_lists", class_lists, any, "read what ImageSets/Main/<class>_<set>.txt say of whole pictures");
  visit("sets", sets, any, "folder of the lists of splits; empty: ImageSets/Main, or what is there of it");
}

ImportReport VocImporter::run(const ImportRequest& request) const {
  return VocRun(*this, request).go();
}

}  // namespace weft
