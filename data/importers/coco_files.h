// SPDX-License-Identifier: Apache-2.0
// The annotation files of a COCO-like source and where their pictures lie.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/formats/coco_json.h"
#include "data/importers/import_run.h"

namespace weft {

struct CocoFile {
  Path path;
  std::string name;   // as places name it: relative to the source
  std::string kind;   // instances, keypoints, stuff, panoptic, captions, labels; images: names pictures only
  std::string split;  // by the file's name: instances_train2017.json is of train; "": it names none
  CocoHead head;
};

extern const std::vector<std::string> kCocoKinds;

std::vector<Path> entries_of(const Path& folder);  // sorted; not those of the folders in it

// By the keys of the annotations; stuff is told from instances by the file's name only.
std::string coco_kind(const CocoHead& head, const std::string& file_name);
// The part of the name that is train, val, valid, validation, dev, test, minival, trainval or unlabeled, less digits;
// of Roboflow's _annotations.coco.json the folder's.
std::string coco_split(const Path& path);

// SOURCE itself, or the JSON files in it and in its folders (annotations/, or one folder per split).  Files of a folder
// that are no COCO files, or not of the `kinds` asked for (none: all), are left out and reported.
std::vector<CocoFile> find_coco_files(ImportRun& run, const Path& source, const std::vector<std::string>& kinds);

// Where a file's pictures may lie.
class CocoFolders {
 public:
  // `images`: folders that the user named, relative to the source's folder; none: the usual places.
  CocoFolders(const Path& source, const CocoFile& file, const std::vector<std::string>& images);
  // The path of a picture that is there, or "".  Windows' separators are understood; of a path on another machine the
  // name is looked for.
  Path find(const CocoImage& image) const;
  std::string key_of(const Path& picture) const;  // relative to the source's folder
  std::string text() const;                       // where one looks, for messages
  static Path root_of(const Path& source);        // the folder that has annotations/ and the pictures

 private:
  Path root_;
  std::vector<Path> folders_;
};

}  // namespace weft
