// SPDX-License-Identifier: Apache-2.0
// COCO's annotation JSON and its relatives (LVIS, Roboflow, panoptic) as structs.  Parsing says what an element holds;
// what is made of it is the importers'.  Source: the COCO data format as published with the COCO API.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <istream>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weft {

// Ids are numbers or texts in the wild; here they are texts.  `place` is the index in the element's list.
struct CocoImage {
  int64_t place = 0;
  std::string id, file_name;                          // without one: the last part of the URL
  std::string url_path;                               // of coco_url the last two parts, e.g. train2017/000000391895.jpg
  double width = 0, height = 0;                       // 0: unsaid
  std::vector<std::string> negative, not_exhaustive;  // LVIS: ids of categories
};

struct CocoCategory {
  int64_t place = 0;
  std::string id, name, supercategory;
  bool is_thing = true;                // panoptic's isthing
  std::vector<std::string> keypoints;  // names, in the order of the annotations' triples
  size_t skeleton = 0;                 // how many limbs
  std::vector<std::string> synonyms;   // LVIS
  std::string definition, frequency;   // LVIS
};

// As it is written; data/formats/coco_mask.h makes a mask of it.
struct CocoSegmentation {
  enum class Form : uint8_t { none, rings, flat_list, counts, string };
  Form form = Form::none;
  std::vector<std::vector<double>> rings;  // of a flat list: one
  std::vector<uint64_t> counts;
  std::string text;                // compressed counts
  uint32_t height = 0, width = 0;  // of counts and strings
};

struct CocoSegment {  // panoptic: the pixels of one colour
  std::string id, category_id;
  bool is_crowd = false;
};

struct CocoAnnotation {
  int64_t place = 0;
  std::string id, image_id, category_id;     // "": unsaid
  std::optional<std::array<double, 4>> box;  // x y width height
  CocoSegmentation segmentation;
  bool is_crowd = false, is_occluded = false;  // occluded: of the attributes that labelling tools write
  std::vector<double> keypoints;               // x y visibility, ...
  std::optional<std::string> caption;
  std::optional<std::vector<CocoSegment>> segments;
  std::string file_name;        // of a panoptic picture
  std::optional<double> score;  // of a prediction
};

// `place` as messages name it: instances.json: annotations[17] (id 42).
std::string coco_place(const std::string& file, const std::string& list, int64_t place, const std::string& id);

// Errors say what was found and what was wanted.
CocoImage coco_image(const nlohmann::json& element);
CocoCategory coco_category(const nlohmann::json& element);
CocoSegmentation coco_segmentation(const nlohmann::json* element);
CocoAnnotation coco_annotation(const nlohmann::json& element);

// An element that cannot be understood: where, why, and the picture it may be about ("": not even that).
using CocoMalformed = std::function<void(const std::string& place, const std::string& what, const std::string& image)>;

// What a file holds beside its annotations, and what these consist of.
struct CocoHead {
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  size_t annotations = 0;
  std::set<std::string> used_categories;
  std::set<std::string> keys;  // that annotations have
  std::string other;           // what the file is instead, e.g. a list of results; "": it is COCO's
};
// Two readings of one file, because annotations may stand before the categories that they name.  The elements of a list
// of results are annotations too.
CocoHead read_coco_head(std::istream& in, const std::string& file, const CocoMalformed& malformed);
void read_coco_annotations(std::istream& in, const std::string& file, const CocoMalformed& malformed,
                           const std::function<void(CocoAnnotation&&)>& take);

// Of everything an annotation says but its id.
uint64_t content_hash(const CocoAnnotation& annotation);

}  // namespace weft
