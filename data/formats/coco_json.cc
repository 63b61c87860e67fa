// SPDX-License-Identifier: Apache-2.0
#include "data/formats/coco_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "data/formats/json_elements.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr uint32_t kMostSide = 1u << 16;  // of a picture: four times what PNG files of the wild have

std::vector<std::string> ids_of(const Json& element, const char* key) {
  const Json* list = json_member(element, key);
  if (!list) return {};
  check(list->is_array(), key, " is ", json_shown(*list), ", wanted a list of ids");
  std::vector<std::string> ids;
  for (const Json& one : *list) ids.push_back(json_id(Json{{key, one}}, key));
  return ids;
}

double side_of(const Json& element, const char* key) {
  const Json* value = json_member(element, key);
  if (!value) return 0;
  const double side = json_number(*value, key);
  check(side >= 0 && side <= kMostSide, key, " is ", json_shown(*value), ", wanted 0 to ", kMostSide);
  return side;
}

bool flag_of(const Json& element, const char* key, bool where_absent) {
  const Json* value = json_member(element, key);
  if (!value) return where_absent;
  if (value->is_boolean()) return value->get<bool>();
  const double number = json_number(*value, key);
  check(number == 0 || number == 1, key, " is ", json_shown(*value), ", wanted 0 or 1");
  return number == 1;
}

std::vector<uint64_t> counts_of(const Json& list) {
  std::vector<uint64_t> counts;
  counts.reserve(list.size());
  for (const Json& one : list) {
    const double count = json_number(one, "segmentation.counts");
    check(count >= 0 && count == std::floor(count) && count <= 4294967295.0, "segmentation.counts has ",
          json_shown(one), ", wanted whole numbers of pixels");
    counts.push_back(static_cast<uint64_t>(count));
  }
  return counts;
}

CocoSegmentation run_lengths(const Json& element) {
  CocoSegmentation found;
  const Json* size = json_member(element, "size");
  const Json* counts = json_member(element, "counts");
  check(size && counts, "segmentation is ", json_shown(element), ", wanted size and counts");
  const std::vector<double> sides = json_numbers(*size, "segmentation.size");
  const auto is_side = [](double side) { return side >= 1 && side <= kMostSide && side == std::floor(side); };
  check(sides.size() == 2 && is_side(sides[0]) && is_side(sides[1]), "segmentation.size is ", json_shown(*size),
        ", wanted [height, width]");
  found.height = static_cast<uint32_t>(sides[0]);
  found.width = static_cast<uint32_t>(sides[1]);
  if (counts->is_string()) {
    found.form = CocoSegmentation::Form::string;
    found.text = counts->get<std::string>();
  } else {
    check(counts->is_array(), "segmentation.counts is ", json_shown(*counts), ", wanted a list or a string");
    found.form = CocoSegmentation::Form::counts;
    found.counts = counts_of(*counts);
  }
  return found;
}

// The last `parts` parts of an address.
std::string end_of(const std::string& url, int parts) {
  size_t start = url.size() + 1;
  for (int i = 0; i < parts && start != 0; ++i) {
    const size_t slash = start < 2 ? std::string::npos : url.rfind('/', start - 2);
    start = slash == std::string::npos ? 0 : slash + 1;
  }
  return url.substr(start);
}

std::optional<std::vector<CocoSegment>> segments_of(const Json& element) {
  const Json* list = json_member(element, "segments_info");
  if (!list) return std::nullopt;
  check(list->is_array(), "segments_info is ", json_shown(*list), ", wanted a list");
  std::vector<CocoSegment> segments;
  for (const Json& one : *list) {
    check(one.is_object(), "segments_info has ", json_shown(one), ", wanted objects");
    segments.push_back({json_id(one, "id"), json_id(one, "category_id"), flag_of(one, "iscrowd", false)});
  }
  return segments;
}

// Errors of an element get its place and do not end the reading.
template <class Parse, class Take>
void parse_element(const std::string& file, const std::string& list, int64_t place, const Json& element,
                   const CocoMalformed& malformed, const Parse& parse, const Take& take) {
  std::string id, image;
  decltype(std::optional(parse(element))) parsed;
  try {
    check(element.is_object(), "found ", json_shown(element), ", wanted an object");
    id = json_id(element, "id");
    image = json_id(element, list == "images" ? "id" : "image_id");
    parsed = parse(element);
  } catch (const Error& error) {
    return malformed(coco_place(file, list, place, id), error.what(), image);
  }
  parsed->place = place;
  take(std::move(*parsed));
}

std::string describe_results(const CocoHead& head, size_t elements) {
  const auto has = [&](const char* key) { return head.keys.contains(key); };
  const char* what = has("caption")        ? "captions"
                     : has("keypoints")    ? "keypoints"
                     : has("segmentation") ? "masks"
                     : has("bbox")         ? "boxes"
                                           : "objects";
  return join("a list of ", elements, " ", what,
              has("image_id") ? ": a COCO result file, which names no pictures and no categories" : "");
}

}  // namespace

std::string coco_place(const std::string& file, const std::string& list, int64_t place, const std::string& id) {
  return join(file, ": ", list, "[", place, "]", id.empty() ? "" : " (id " + id + ")");
}

CocoImage coco_image(const Json& element) {
  CocoImage image;
  image.id = json_id(element, "id");
  image.file_name = json_text(element, "file_name");
  const std::string url = json_text(element, "coco_url");
  image.url_path = end_of(url, 2);
  if (image.file_name.empty()) image.file_name = end_of(url, 1);
  check(!image.id.empty(), "has no id");
  check(!image.file_name.empty(), "has no file_name");
  check(image.file_name.find('\0') == std::string::npos, "file_name has a zero byte");
  image.width = side_of(element, "width");
  image.height = side_of(element, "height");
  image.negative = ids_of(element, "neg_category_ids");
  image.not_exhaustive = ids_of(element, "not_exhaustive_category_ids");
  return image;
}

CocoCategory coco_category(const Json& element) {
  CocoCategory category;
  category.id = json_id(element, "id");
  category.name = json_text(element, "name");
  check(!category.id.empty(), "has no id");
  check(!category.name.empty(), "has no name");
  category.supercategory = json_text(element, "supercategory");
  category.is_thing = flag_of(element, "isthing", true);
  category.keypoints = json_texts(element, "keypoints");
  const Json* skeleton = json_member(element, "skeleton");
  if (skeleton) category.skeleton = skeleton->size();
  category.synonyms = json_texts(element, "synonyms");
  category.definition = json_text(element, "def");
  category.frequency = json_text(element, "frequency");
  return category;
}

CocoSegmentation coco_segmentation(const Json* element) {
  CocoSegmentation found;
  if (!element) return found;
  if (element->is_object()) return run_lengths(*element);
  check(element->is_array(), "segmentation is ", json_shown(*element), ", wanted polygons or run lengths");
  if (element->empty()) return found;
  if (element->front().is_number()) {
    found.form = CocoSegmentation::Form::flat_list;
    found.rings.push_back(json_numbers(*element, "segmentation"));
    return found;
  }
  found.form = CocoSegmentation::Form::rings;
  for (const Json& ring : *element) found.rings.push_back(json_numbers(ring, "segmentation"));
  return found;
}

CocoAnnotation coco_annotation(const Json& element) {
  CocoAnnotation annotation;
  annotation.id = json_id(element, "id");
  annotation.image_id = json_id(element, "image_id");
  annotation.category_id = json_id(element, "category_id");
  check(!annotation.image_id.empty(), "has no image_id");
  if (const Json* box = json_member(element, "bbox")) {
    const std::vector<double> xywh = json_numbers(*box, "bbox");
    check(xywh.size() == 4 || xywh.empty(), "bbox is ", json_shown(*box), ", wanted [x, y, width, height]");
    if (!xywh.empty()) annotation.box = {xywh[0], xywh[1], xywh[2], xywh[3]};
  }
  annotation.segmentation = coco_segmentation(json_member(element, "segmentation"));
  annotation.is_crowd = flag_of(element, "iscrowd", false);
  const Json* attributes = json_member(element, "attributes");
  if (attributes && attributes->is_object()) annotation.is_occluded = flag_of(*attributes, "occluded", false);
  if (const Json* keypoints = json_member(element, "keypoints"))
    annotation.keypoints = json_numbers(*keypoints, "keypoints");
  check(annotation.keypoints.size() % 3 == 0, "keypoints has ", annotation.keypoints.size(),
        " numbers, wanted x, y, visibility of each");
  if (json_member(element, "caption")) annotation.caption = json_text(element, "caption");
  annotation.segments = segments_of(element);
  annotation.file_name = json_text(element, "file_name");
  if (const Json* score = json_member(element, "score")) annotation.score = json_number(*score, "score");
  return annotation;
}

CocoHead read_coco_head(std::istream& in, const std::string& file, const CocoMalformed& malformed) {
  CocoHead head;
  bool has_images = false;
  size_t results = 0;
  const auto note_keys = [&](const Json& element) {
    if (!element.is_object()) return;
    for (const auto& [key, value] : element.items())
      if (!value.is_null()) head.keys.insert(key);
  };
  read_json_elements(in, file, [&](const std::string& key, int64_t place, Json& element) {
    if (key.empty()) {
      if (++results == 1) note_keys(element);
    } else if (key == "images" && place >= 0) {
      has_images = true;
      parse_element(file, key, place, element, malformed, coco_image,
                    [&](CocoImage image) { head.images.push_back(std::move(image)); });
    } else if (key == "categories" && place >= 0) {
      parse_element(file, key, place, element, malformed, coco_category,
                    [&](CocoCategory category) { head.categories.push_back(std::move(category)); });
    } else if (key == "annotations" && place >= 0) {
      ++head.annotations;
      note_keys(element);
      const Json* category = element.is_object() ? json_member(element, "category_id") : nullptr;
      if (category && (category->is_number_integer() || category->is_string()))
        head.used_categories.insert(json_id(element, "category_id"));
    }
  });
  if (results > 0) {
    head.other = describe_results(head, results);
  } else if (!has_images) {
    head.other = "JSON without a list of images";
  }
  return head;
}

void read_coco_annotations(std::istream& in, const std::string& file, const CocoMalformed& malformed,
                           const std::function<void(CocoAnnotation&&)>& take) {
  read_json_elements(in, file, [&](const std::string& key, int64_t place, Json& element) {
    if ((key == "annotations" || key.empty()) && place >= 0)
      parse_element(file, key, place, element, malformed, coco_annotation, take);
  });
}

uint64_t content_hash(const CocoAnnotation& annotation) {
  std::string bytes =
      join(annotation.image_id, "\n", annotation.category_id, "\n", annotation.is_crowd, annotation.is_occluded, "\n",
           annotation.segmentation.text, "\n", annotation.caption.value_or(""), "\n");
  const auto add = [&](const auto& numbers) {
    bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(*numbers.data()));
    bytes += '\n';
  };
  if (annotation.box) add(*annotation.box);
  for (const std::vector<double>& ring : annotation.segmentation.rings) add(ring);
  add(annotation.segmentation.counts);
  add(annotation.keypoints);
  return hash64(bytes);
}

}  // namespace weft
