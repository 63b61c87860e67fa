// SPDX-License-Identifier: Apache-2.0
#include "data/formats/sa1b_json.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/formats/json_elements.h"

namespace weft {
namespace {

using Json = nlohmann::json;

double number_or(const Json& element, const char* key, double where_absent) {
  const Json* value = json_member(element, key);
  return value ? json_number(*value, key) : where_absent;
}

Sa1bMask mask_of(const Json& element) {
  check(element.is_object(), "found ", json_shown(element), ", wanted an object");
  Sa1bMask mask;
  mask.id = json_id(element, "id");
  mask.segmentation = coco_segmentation(json_member(element, "segmentation"));
  check(mask.segmentation.form != CocoSegmentation::Form::none, "has no segmentation");
  mask.predicted_iou = number_or(element, "predicted_iou", 1);
  mask.stability_score = number_or(element, "stability_score", 1);
  return mask;
}

}  // namespace

Sa1bPicture read_sa1b(std::istream& in, const std::string& file, const CocoMalformed& malformed) {
  Sa1bPicture picture;
  bool has_image = false, has_masks = false;
  read_json_elements(in, file, [&](const std::string& key, int64_t place, Json& element) {
    if (key == "image" && element.is_object()) {
      has_image = true;
      picture.file_name = json_text(element, "file_name");
      picture.width = number_or(element, "width", 0);
      picture.height = number_or(element, "height", 0);
    } else if (key == "annotations" && place >= 0) {
      has_masks = true;
      std::string id;
      try {
        if (element.is_object()) id = json_id(element, "id");
        picture.masks.push_back(mask_of(element));
        picture.masks.back().place = place;
      } catch (const Error& error) {
        malformed(coco_place(file, "annotations", place, id), error.what(), "");
      }
    }
  });
  check(has_image || has_masks, file, ": has no image and no annotations, wanted SA-1B's JSON of one picture");
  return picture;
}

}  // namespace weft
