// SPDX-License-Identifier: Apache-2.0
// What one COCO-like file says, as statements of an evidence layer.
//   instances, stuff, keypoints: a box and a mask per annotation, one region id for both; keypoints are points whose
//   parent is that region.  captions: texts of the whole picture; labels: classes of it.  panoptic: a mask per segment;
//   void pixels are a mask that is UNKNOWN.
// Pictures of an exhaustively labelled file say so ("*" of the layer's closed classes), unless an annotation of theirs
// was left out: what has no record would be taken as not there.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/importers/coco_files.h"

namespace weft {

struct CocoRules {
  std::string layer;
  RegionIs is = RegionIs::object;
  bool is_exhaustive = false;
  bool is_federated = false;     // LVIS: per picture and category
  bool has_underscores = false;  // names of categories have _ for spaces
  bool is_predicted = false;     // results: SOFT, with their scores
  double occluded_confidence = 0.5, keypoint_offset = 0.5;
  Path panoptic;  // the folder of the panoptic pictures; empty: beside the file, called like it
};

// What the files of one layer share.
struct CocoLayer {
  std::map<std::string, std::vector<std::string>> classes;  // with their parents
  std::unordered_map<Uid, uint32_t> regions;                // of a sample, so far: their last id
};

class CocoLabels {
 public:
  CocoLabels(ImportRun& run, const CocoFile& file, CocoRules rules, CocoLayer& layer)
      : run_(run), file_(file), rules_(std::move(rules)), layer_(layer) {}
  void add_classes();
  void add_pictures(const CocoFolders& folders);
  void read();    // the annotations
  void finish();  // once all files of the layer were read
  // After that: a list of results about the same pictures and categories, to a layer of its own.
  void read_results(const Path& path, const std::string& layer);
  const std::set<Path>& named() const { return named_; }  // pictures that the file names and that are there

 private:
  struct Category {
    std::string text;  // "": it was left out
    bool is_thing = true;
    std::vector<std::string> keypoints;
  };
  struct Picture {
    Added added;
    Affine upright;
    const CocoImage* said;
    std::set<std::string> found, lost;  // categories that have a record, and that lost one
  };

  std::string text_of(const std::string& name) const;
  bool is_placeholder(const CocoCategory& category) const;
  void add_class(const CocoCategory& category, const std::string& text, const std::string& place);
  std::vector<std::string> parents_of(const CocoCategory& category, const std::string& text, const std::string& place);
  void add_picture(const CocoImage& image, const CocoFolders& folders);
  Picture* picture_of(const std::string& id, const std::string& place);
  const Category* category_of(const std::string& id, const std::string& place);
  bool is_repeated(const CocoAnnotation& annotation, const std::string& place);

  void take_all(const Path& path, const std::string& name, const std::string& list);
  void take(const CocoAnnotation& annotation, const std::string& place);
  bool take_region(const CocoAnnotation& annotation, Picture& picture, const Category& category,
                   const std::string& place);
  bool add_segmentation(const CocoAnnotation& annotation, const Picture& picture, const Region& region,
                        const std::string& place);
  void add_keypoints(const CocoAnnotation& annotation, const Picture& picture, const Category& category,
                     uint32_t parent, const std::string& place);
  void take_panoptic(const CocoAnnotation& annotation, Picture& picture, const std::string& place);
  bool take_segment(const CocoSegment& segment, Rle* mask, Picture& picture, const std::string& place);

  void finish_federated(Picture& picture);
  void say_exhaustive(const Picture& picture, const std::string& text);

  ImportRun& run_;
  const CocoFile& file_;
  CocoRules rules_;
  CocoLayer& layer_;
  std::map<std::string, Category> categories_;
  std::unordered_map<std::string, std::unique_ptr<Picture>> pictures_;  // null: it was left out
  std::map<std::string, int> names_;                                    // how many categories have a name or synonym
  std::set<Path> named_;
  std::unordered_set<uint64_t> ids_, contents_;  // hashes of what annotations said so far
};

}  // namespace weft
