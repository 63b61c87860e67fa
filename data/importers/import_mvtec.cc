// SPDX-License-Identifier: Apache-2.0
// Normal and defective pictures of parts (MVTec AD and what is laid out like it): SOURCE holds categories or is one,
//   <category>/train|test|.../good|<defect>/x.png   and   <category>/ground_truth/<defect>/x_mask.png, x.png or x/*.png
// Layer "defects", whose closed classes are "good" and the defects.  A good picture is POS "good" and NEG "*": nothing
// of interest is in it.  A defective one is POS its defect, which is an "anomaly", NEG "good", and its masks are all
// there is of the defect.  The category is a text of its own (layer "categories").
#include "data/importers/import_mvtec.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/importers/label_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefects = "defects";
constexpr const char* kCategories = "categories";
constexpr const char* kTruth = "ground_truth";

std::vector<Path> folders_in(const Path& folder) {
  std::vector<Path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string as_text(const Path& folder) {
  std::string text = folder.filename().string();
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

class MvtecRun {
 public:
  MvtecRun(const MvtecImporter& settings, const ImportRequest& request)
      : settings_(settings), source_(request.source), run_(request, settings) {}

  ImportReport go() {
    check(fs::is_directory(source_), source_.string(), ": wanted a folder of categories");
    std::vector<Path> categories = {source_};
    if (!is_category(source_)) categories = folders_in(source_);
    std::erase_if(categories, [](const Path& folder) { return !is_category(folder); });
    check(!categories.empty(), source_.string(), ": holds no category, which has train, test or ground_truth");
    for (const Path& category : categories) take_category(category);
    return run_.finish();
  }

 private:
  static bool is_category(const Path& folder) {
    for (const char* inner : {kTruth, "train", "test"})
      if (fs::is_directory(folder / inner)) return true;
    return false;
  }

  void take_category(const Path& category) {
    for (const Path& split : folders_in(category))
      if (split.filename() != kTruth)
        for (const Path& kind : folders_in(split)) declare(kind);
    std::set<Path> used;
    for (const Path& split : folders_in(category)) {
      if (split.filename() == kTruth) continue;
      for (const Path& kind : folders_in(split)) {
        const Path truth = category / kTruth / kind.filename();
        const std::vector<Path> masks = fs::is_directory(truth) ? files_below(truth) : std::vector<Path>();
        for (const Path& file : files_below(kind))
          if (looks_like_image(file)) take_picture(category, split, kind, file, masks, used);
      }
    }
    if (!fs::is_directory(category / kTruth)) return;
    for (const Path& file : files_below(category / kTruth))
      if (!used.contains(file))
        run_.meet(Problem::missing_image, below(source_, file), "a mask whose picture is not there");
  }

  bool is_good(const Path& kind) const { return kind.filename() == settings_.good; }

  void declare(const Path& kind) {
    if (!declared_.insert(as_text(kind)).second) return;
    std::vector<std::string> parents;
    if (!is_good(kind)) parents.push_back(settings_.anomaly);
    run_.add_class(kDefects, as_text(kind), below(source_, kind), true, {}, parents);
  }

  void take_picture(const Path& category, const Path& split, const Path& kind, const Path& file,
                    const std::vector<Path>& masks, std::set<Path>& used) {
    const std::string key = below(source_, file);
    const std::optional<Added> added = run_.add_file(file, key, key);
    if (!added) return;
    run_.put_in_split(*added, split_called(split.filename().string()), key);
    run_.say(kCategories, *added, as_text(fs::absolute(category).lexically_normal()));
    run_.say(kDefects, *added, as_text(kind));
    if (is_good(kind)) {
      run_.say(kDefects, *added, "*", Kind::neg);
      return;
    }
    if (declared_.contains(settings_.good)) run_.say(kDefects, *added, settings_.good, Kind::neg);
    uint32_t id = 0;
    const size_t before = labels_left_out(run_);
    const std::string stem = without_extension(below(kind, file));
    for (const Path& mask : masks) {
      const std::string name = without_extension(below(category / kTruth / kind.filename(), mask));
      if (name != stem && name != stem + "_mask" && !name.starts_with(stem + "/")) continue;
      used.insert(mask);
      const std::string place = below(source_, mask);
      const std::optional<LabelPicture> labels = read_label_picture(run_, mask, place);
      if (!labels) continue;
      Region region;
      region.concept_text = as_text(kind);
      region.id = ++id;
      run_.add_mask(kDefects, *added, mask_of_nonzero(*labels), region, place);
    }
    if (labels_left_out(run_) != before)
      say_complete(run_, kDefects, *added, false);
    else if (id > 0)
      run_.say(kDefects, *added, as_text(kind), Kind::exhaustive);
    else
      run_.note(join("pictures of ", below(source_, kind), " have no masks"));
  }

  const MvtecImporter& settings_;
  Path source_;
  ImportRun run_;
  std::set<std::string> declared_;
};

}  // namespace

void MvtecImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("good", good, not_empty, "folder of the pictures without a defect");
  visit("anomaly", anomaly, not_empty, "what every defect is");
}

ImportReport MvtecImporter::run(const ImportRequest& request) const {
  return MvtecRun(*this, request).go();
}

}  // namespace weft
