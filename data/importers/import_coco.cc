// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_coco.h"

#include <algorithm>
#include <list>

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
  static const std::vector<std::string> kUsed = {"id",      "image_id",      "category_id", "bbox",      "segmentation",
                                                 "iscrowd", "keypoints",     "caption",     "file_name", "segments_info",
                                                 "area",    "num_keypoints", "attributes"};
  std::string unused;
  for (const std::string& key : file.head.keys)
    if (!is_one_of(key, kUsed)) unused += (unused.empty() ? "" : ", ") + key;
  if (!unused.empty()) run.note(join(file.name, ": of annotations not kept: ", unused));
  if (file.head.keys.contains("attributes")) run.note(join(file.name, ": of attributes only `occluded` is kept"));
}

// Files beside pictures that were found, which no file names.
void add_unlabelled(ImportRun& run, const CocoFolders& folders, const std::set<Path>& taken) {
  std::set<Path> places;
  for (const Path& path : taken) places.insert(path.parent_path());
  for (const Path& folder : places)
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      (void)entry, (void)folders, (void)run;
    }
}

}  // namespace

}  // namespace weft
