// SPDX-License-Identifier: Apache-2.0
// NIfTI-1 files (.nii, .nii.gz, .hdr with .img) below a folder to volumes, and label volumes to masks of their slices
// in the layer "labels".  The header's texts are not read.
#include "data/importers/import_nifti.h"

#include <charconv>

#include "base/error.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// "NUMBER=TEXT"
LabelClass class_of(const std::string& text) {
  const size_t equals = text.find('=');
  int number = 0;
  const char* end = text.data() + std::min(equals, text.size());
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  check(equals != std::string::npos && problem == std::errc() && stop == end && number > 0 && equals + 1 < text.size(),
        "classes holds \"", text, "\"; wanted NUMBER=TEXT, e.g. 1=liver");
  return {text.substr(equals + 1), {number}, Kind::pos};
}

// One run over one folder.
class NiftiRun {
 public:
  NiftiRun(const NiftiImporter& settings, const ImportRequest& request)
      : settings_(settings),
        run_(request, settings),
        top_(fs::is_directory(request.source) ? request.source : request.source.parent_path()),
        label_folder_(settings.labels.empty() ? Path() : fs::absolute(top_ / settings.labels).lexically_normal()) {
    if (settings.labels.empty()) return;
    check(fs::is_directory(label_folder_), label_folder_.string(), ": wanted a folder of label volumes");
    std::vector<LabelClass> classes;
    for (const std::string& text : settings.classes) classes.push_back(class_of(text));
    labels_.emplace(run_, "labels", std::move(classes), "classes");
  }

  ImportReport go(const Path& source) {
    if (!fs::is_directory(source)) {
      take(source);
      return run_.finish();
    }
    for (const Path& file : files_below(source)) {
      const std::string key = file.lexically_relative(top_).generic_string();
      if (is_label(file)) continue;
      if (is_nifti_name(file))
        take(file);
      else if (!file.string().ends_with(".img") && !file.string().ends_with(".img.gz"))
        run_.report().leave_out("no NIfTI file by its name", key);
    }
    return run_.finish();
  }

 private:
  bool is_label(const Path& file) const {
    if (label_folder_.empty()) return false;
    const Path inside = fs::absolute(file).lexically_normal().lexically_relative(label_folder_);
    return !inside.empty() && *inside.begin() != "..";
  }

  std::optional<Nifti> read(const Path& file, const std::string& place, Problem problem) {
    try {
      return read_nifti_file(file, settings_.slices.wishes());
    } catch (const Error& error) {
      run_.meet(problem, place, error.what());
      return std::nullopt;
    }
  }

  void take(const Path& file) {
    const Path inside = file.lexically_relative(top_);
    const std::string key = inside.generic_string();
    const Path label_file = label_folder_ / inside;
    const bool has_labels = labels_ && fs::exists(label_file);
    if (labels_ && !has_labels && !run_.meet(Problem::unlabelled_image, key, "it has no label volume", true)) return;
    const auto image = read(file, key, Problem::unreadable_image);
    if (!image) return;
    for (const std::string& note : image->notes) run_.note(join(key, ": ", note));
    const auto added = run_.add_bytes(encode_volume(image->volume), key, key);
    if (added && has_labels) take_labels(label_file, *added, image->volume.header, settings_.labels + "/" + key);
  }

  void take_labels(const Path& file, const Added& of, const VolumeHeader& image, const std::string& place) {
    const auto labels = read(file, place, Problem::malformed_label);
    if (!labels) return;
    const std::string difference = difference_of(image, labels->volume.header);
    const bool is_same_size = labels->volume.header.slices == of.views && labels->volume.header.width == image.width &&
                              labels->volume.header.height == image.height;
    if (!difference.empty() && !run_.meet(Problem::size_mismatch, place, difference, is_same_size)) return;
    labels_->add(of, labels->volume, place);
  }

  const NiftiImporter& settings_;
  ImportRun run_;
  Path top_, label_folder_;
  std::optional<LabelVolumes> labels_;
};

}  // namespace

void NiftiImporter::fields(Fields& visit) {
  Importer::fields(visit);
  slices.fields(visit);
  visit("labels", labels, any, "folder of label volumes, from the source; each is called as its image; empty: none");
  visit("classes", classes, any, "what the numbers of label volumes mean, e.g. 1=liver; 0 is background");
}

ImportReport NiftiImporter::run(const ImportRequest& request) const {
  return NiftiRun(*this, request).go(request.source);
}

}  // namespace weft
