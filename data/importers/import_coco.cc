// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_coco.h"

#include <algorithm>
#include <list>
#include <set>

#include "base/error.h"
#include "data/importers/coco_labels.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Keys that annotations have and that become no statement.
void note_unused_keys(ImportRun& run, const CocoFile& file) {
  std::vector<std::string> used = {"id", "image_id", "category_id", "area", "iscrowd"};
  if (file.kind == "captions") {
    used.push_back("caption");
  } else if (file.kind == "panoptic") {
    used.insert(used.end(), {"file_name", "segments_info"});
  } else if (file.kind != "labels") {
    used.insert(used.end(), {"bbox", "segmentation", "keypoints", "num_keypoints", "attributes"});
  }
  std::string unused;
  for (const std::string& key : file.head.keys)
    if (!is_one_of(key, used)) unused += (unused.empty() ? "" : ", ") + key;
  if (!unused.empty()) run.note(join(file.name, ": of annotations not kept: ", unused));
  const bool has_attributes = is_one_of("attributes", used) && file.head.keys.contains("attributes");
  if (has_attributes) run.note(join(file.name, ": of attributes only `occluded` is kept"));
}

// Pictures beside those that were found, which no file names.
void add_unlabelled(ImportRun& run, const CocoFolders& folders, const std::set<Path>& named) {
  std::set<Path> places;
  for (const Path& path : named) places.insert(path.parent_path());
  for (const Path& folder : places)
    for (const Path& path : entries_of(folder)) {
      if (named.contains(path) || !fs::is_regular_file(path) || !looks_like_image(path)) continue;
      const std::string key = folders.key_of(path);
      if (run.meet(Problem::unlabelled_image, key, "no annotation file names it", /*can_repair=*/true))
        run.add_file(path, key, key);
    }
}

// What of one file was asked for.
CocoRules rules_for(const CocoImporter& settings, const CocoFile& file, const Path& source) {
  CocoRules rules;
  rules.layer = file.kind;
  rules.is = file.kind == "stuff" ? RegionIs::stuff : RegionIs::object;
  rules.is_exhaustive = is_one_of(file.kind, settings.exhaustive);
  rules.occluded_confidence = settings.occluded_confidence;
  rules.keypoint_offset = settings.keypoint_offset;
  if (!settings.panoptic.empty()) rules.panoptic = CocoFolders::root_of(source) / settings.panoptic;
  return rules;
}

}  // namespace

// COCO's own files have polygons without an area.
CocoImporter::CocoImporter() {
  on.chosen[Problem::bad_mask] = "repair";
}

void CocoImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("images", images, any,
        "folders of the pictures, seen from SOURCE; none: images/, those called like the split, and the JSON's own");
  visit("kinds", kinds, one_of(kCocoKinds),
        "which annotation files of a folder are taken, by what they hold (none: all); of a single file, what it is");
  visit("exhaustive", exhaustive, one_of(kCocoKinds),
        "kinds whose pictures have every instance of the file's categories annotated, so that what is not there is no");
  visit(
      "results", results, any,
      "files of predictions about the pictures of SOURCE, one file then: each a layer of SOFT statements by its name");
  visit("panoptic", panoptic, any, "folder of the panoptic PNG files; empty: beside the JSON, called like it");
  visit("occluded_confidence", occluded_confidence, unit, "of a keypoint that is placed but not seen (visibility 1)");
  visit("keypoint_offset", keypoint_offset, unit,
        "added to keypoints: COCO's are whole pixels, whose centres are at 0.5");
}

ImportReport CocoImporter::run(const ImportRequest& request) const {
  ImportRun run(request, *this);
  const std::vector<CocoFile> files = find_coco_files(run, request.source, kinds);
  std::map<std::string, CocoLayer> layers;
  std::list<CocoLabels> labels;
  std::set<Path> named;
  for (const CocoFile& file : files) {
    note_unused_keys(run, file);
    CocoLabels& one = labels.emplace_back(run, file, rules_for(*this, file, request.source), layers[file.kind]);
    if (file.kind == "images") run.note(join(file.name, ": names pictures and says nothing of them"));
    const bool has_classes = file.kind != "captions" && (file.kind != "images" || !results.empty());
    if (has_classes) one.add_classes();
    one.add_pictures(CocoFolders(request.source, file, images));
    one.read();
    named.insert(one.named().begin(), one.named().end());
  }
  for (CocoLabels& one : labels) one.finish();
  check(results.empty() || files.size() == 1, request.source.string(), ": has ", files.size(),
        " annotation files; `results` are about the pictures of one, so name that one as SOURCE");
  for (const std::string& result : results) {
    const Path path = CocoFolders::root_of(request.source) / result;
    labels.front().read_results(path, path.stem().string());
  }
  if (fs::is_directory(request.source)) add_unlabelled(run, CocoFolders(request.source, files[0], images), named);
  return run.finish();
}

}  // namespace weft
