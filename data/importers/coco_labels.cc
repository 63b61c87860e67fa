// SPDX-License-Identifier: Apache-2.0
#include "data/importers/coco_labels.h"

#include <algorithm>

#include "base/error.h"
#include "data/formats/coco_mask.h"
#include "data/formats/json_elements.h"

namespace weft {
namespace {

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return trimmed(name);
}

}  // namespace

// Roboflow writes the project as category 0, above the others and without annotations.
bool CocoLabels::is_placeholder(const CocoCategory& category) const {
  const auto is_below = [&](const CocoCategory& other) {
    return other.id != category.id && (other.supercategory == category.name || other.name == category.name);
  };
  const std::vector<CocoCategory>& all = file_.head.categories;
  return category.id == "0" && category.supercategory == "none" && !file_.head.used_categories.contains(category.id) &&
         std::any_of(all.begin(), all.end(), is_below);
}

std::string CocoLabels::text_of(const std::string& name) const {
  return rules_.has_underscores ? spaced(name) : trimmed(name);
}

void CocoLabels::add_classes() {
  std::set<std::string> texts;
  for (const CocoCategory& category : file_.head.categories) {
    std::set<std::string> names = {text_of(category.name)};
    for (const std::string& synonym : category.synonyms) names.insert(text_of(synonym));
    for (const std::string& name : names) ++names_[name];
  }
  for (const CocoCategory& category : file_.head.categories) {
    const std::string place = coco_place(file_.name, "categories", category.place, category.id);
    const std::string text = text_of(category.name);
    if (is_placeholder(category)) {
      run_.note(join(place, ": \"", text, "\" is Roboflow's placeholder above the classes and was not taken as one"));
      continue;
    }
    const auto [at, is_new] = categories_.try_emplace(category.id, Category{text, category.is_thing, {}});
    if (!is_new) {
      run_.meet(Problem::repeated_label, place, join("the id is that of \"", at->second.text, "\" already"),
                /*can_repair=*/at->second.text == text);
      continue;
    }
    for (const std::string& name : category.keypoints) at->second.keypoints.push_back(spaced(name));
    if (text.empty()) {
      run_.meet(Problem::malformed_label, place, "its name is blank");
    } else if (texts.insert(text).second) {
      add_class(category, text, place);
    } else if (!run_.meet(Problem::repeated_label, place, join("a second category is called \"", text, "\""),
                          /*can_repair=*/true)) {
      at->second.text.clear();
    }
    if (category.skeleton > 0)
      run_.note(join(place, ": ", category.skeleton, " limbs of the skeleton are not kept, only the keypoints"));
  }
}

void CocoLabels::add_class(const CocoCategory& category, const std::string& text, const std::string& place) {
  const bool is_new = layer_.classes.try_emplace(text).second;  // the train file and the val file have the same classes
  if (!is_new) return;
  const std::vector<std::string> parents = parents_of(category, text, place);
  std::vector<std::string> synonyms;
  for (const std::string& synonym : category.synonyms) {
    const std::string name = text_of(synonym);
    const bool is_known =
        name == text || name.empty() || std::find(synonyms.begin(), synonyms.end(), name) != synonyms.end();
    if (is_known) continue;
    if (names_[name] == 1) {
      synonyms.push_back(name);
    } else {
      run_.report().leave_out("synonyms of several categories", join(place, ": \"", name, "\""));
    }
  }
  run_.add_class(rules_.layer, text, place, /*closed=*/true, synonyms, parents);
  layer_.classes[text] = parents;
  if (category.definition.empty()) return;
  Vocabulary& vocabulary = run_.layer(rules_.layer).vocabulary();
  vocabulary.about(vocabulary.row_of(text)).prompts.push_back(trimmed(category.definition));
}

// The supercategory, unless that would make a circle.
std::vector<std::string> CocoLabels::parents_of(const CocoCategory& category, const std::string& text,
                                                const std::string& place) {
  const std::string parent = text_of(category.supercategory);
  if (parent.empty() || parent == "none" || parent == text) return {};
  for (const CocoCategory& other : file_.head.categories)
    if (other.name == category.supercategory && is_placeholder(other)) return {};
  std::string above = parent;
  while (true) {
    const auto known = layer_.classes.find(above);
    if (known == layer_.classes.end() || known->second.empty()) return {parent};
    above = known->second[0];
    if (above != text) continue;
    run_.meet(Problem::malformed_label, place, join("its supercategory \"", parent, "\" is below it"));
    return {};
  }
}

void CocoLabels::add_pictures(const CocoFolders& folders) {
  for (const CocoImage& image : file_.head.images) add_picture(image, folders);
}

void CocoLabels::add_picture(const CocoImage& image, const CocoFolders& folders) {
  const std::string place = coco_place(file_.name, "images", image.place, image.id);
  const auto [at, is_new] = pictures_.try_emplace(image.id, nullptr);
  if (!is_new) {
    const bool is_same = at->second && at->second->said->file_name == image.file_name;
    run_.meet(Problem::repeated_label, place, join("a second image has this id; its labels go to the first"), is_same);
    return;
  }
  const Path path = folders.find(image);
  if (path.empty()) {
    run_.meet(Problem::missing_image, place, join(image.file_name, " is not there; looked in ", folders.text()));
    return;
  }
  named_.insert(path);
  const auto added = run_.add_file(path, folders.key_of(path), place);
  if (!added) return;
  if (!file_.split.empty()) run_.put_in_split(*added, file_.split, place);
  const auto upright = run_.frame_of(*added, image.width, image.height, place);
  if (!upright) return;
  at->second = std::make_unique<Picture>(Picture{*added, *upright, &image, {}, {}});
}

CocoLabels::Picture* CocoLabels::picture_of(const std::string& id, const std::string& place) {
  const auto found = pictures_.find(id);
  if (found == pictures_.end()) {
    run_.meet(Problem::malformed_label, place, join("image_id ", id, " is no image of the file"));
    return nullptr;
  }
  if (!found->second) run_.report().leave_out("labels of a picture that was left out", place);
  return found->second.get();
}

const CocoLabels::Category* CocoLabels::category_of(const std::string& id, const std::string& place) {
  const auto found = categories_.find(id);
  if (found != categories_.end() && !found->second.text.empty()) return &found->second;
  if (found != categories_.end()) {
    run_.report().leave_out("labels of a category that was left out", place);
    return nullptr;
  }
  const bool is_named = !id.empty();
  const std::string what = is_named ? join("category_id ", id, " is no category of the file") : "has no category_id";
  if (!run_.meet(Problem::unknown_class, place, what, /*can_repair=*/is_named)) return nullptr;
  return &categories_.emplace(id, Category{"category " + id, true, {}}).first->second;
}

// The same annotation twice counts once; two that share an id are both kept, since regions have ids of their own.
bool CocoLabels::is_repeated(const CocoAnnotation& annotation, const std::string& place) {
  const bool is_new_id = annotation.id.empty() || ids_.insert(hash64(annotation.id)).second;
  const bool is_new = annotation.caption.has_value() || contents_.insert(content_hash(annotation)).second;
  if (!is_new) {
    run_.meet(Problem::repeated_label, place, "says what an annotation before it says", /*can_repair=*/true);
    return true;
  }
  if (is_new_id) return false;
  return !run_.meet(Problem::repeated_label, place, "an annotation before it has this id; both are kept",
                    /*can_repair=*/true);
}

void CocoLabels::read() {
  if (file_.kind != "images") take_all(file_.path, file_.name, "annotations");
}

void CocoLabels::read_results(const Path& path, const std::string& layer) {
  rules_.layer = layer;
  rules_.is_predicted = true;
  ids_.clear();
  contents_.clear();
  layer_.regions.clear();
  take_all(path, path.filename().string(), "");
}

void CocoLabels::take_all(const Path& path, const std::string& name, const std::string& list) {
  std::ifstream in = open_json(path);
  const auto malformed = [&](const std::string& place, const std::string& what, const std::string& image) {
    run_.meet(Problem::malformed_label, place, what);
    const auto found = pictures_.find(image);
    if (found != pictures_.end() && found->second) found->second->lost.insert("");
  };
  read_coco_annotations(in, name, malformed, [&](const CocoAnnotation& annotation) {
    take(annotation, coco_place(name, list, annotation.place, annotation.id));
  });
}

void CocoLabels::take(const CocoAnnotation& annotation, const std::string& place) {
  Picture* picture = picture_of(annotation.image_id, place);
  if (!picture) return;
  if (file_.kind == "panoptic" && !rules_.is_predicted) return take_panoptic(annotation, *picture, place);
  if (is_repeated(annotation, place)) return;
  if (rules_.is_predicted ? annotation.caption.has_value() : file_.kind == "captions") {
    if (annotation.caption) return run_.say_text(rules_.layer, picture->added, *annotation.caption, place);
    run_.meet(Problem::malformed_label, place, "has no caption");
    return;
  }
  const Category* category = category_of(annotation.category_id, place);
  if (!category) {
    picture->lost.insert(annotation.category_id);
  } else if (rules_.is_predicted && !(annotation.score.value_or(-1) >= 0 && *annotation.score <= 1)) {
    run_.meet(Problem::malformed_label, place, "has no score between 0 and 1");
  } else if (file_.kind == "labels" && !rules_.is_predicted) {
    run_.say(rules_.layer, picture->added, category->text);
  } else {
    const bool is_kept = take_region(annotation, *picture, *category, place);
    (is_kept ? picture->found : picture->lost).insert(annotation.category_id);
  }
}

bool CocoLabels::take_region(const CocoAnnotation& annotation, Picture& picture, const Category& category,
                             const std::string& place) {
  Region region{.concept_text = category.text, .is = rules_.is};
  if (rules_.is_predicted) region.kind = Kind::soft, region.confidence = static_cast<float>(*annotation.score);
  region.flags = static_cast<uint8_t>((annotation.is_crowd ? kCrowd : 0) | (annotation.is_occluded ? kOccluded : 0));
  region.id = ++layer_.regions[picture.added.uid];
  const bool has_mask = annotation.segmentation.form != CocoSegmentation::Form::none;
  bool is_kept = has_mask && add_segmentation(annotation, picture, region, place);
  if (annotation.box) {
    const auto& [x, y, width, height] = *annotation.box;
    const Box stated{x, y, x + width, y + height};
    const Box box = stated.is_empty() ? stated : mapped(picture.upright, stated);
    is_kept = run_.add_box(rules_.layer, picture.added, box, region, place) || is_kept;
  } else if (!has_mask) {
    const bool is_label = rules_.is_predicted || run_.meet(Problem::malformed_label, place,
                                                           "has neither bbox nor segmentation", /*can_repair=*/true);
    if (is_label) run_.say(rules_.layer, picture.added, category.text, region.kind, region.confidence);
  }
  add_keypoints(annotation, picture, category, is_kept ? region.id : 0, place);
  return is_kept;
}

bool CocoLabels::add_segmentation(const CocoAnnotation& annotation, const Picture& picture, const Region& region,
                                  const std::string& place) {
  CocoSegmentation segmentation = annotation.segmentation;
  for (std::vector<double>& ring : segmentation.rings)
    for (size_t i = 0; i + 1 < ring.size(); i += 2) {
      const Affine& to = picture.upright;
      const double x = ring[i], y = ring[i + 1];
      ring[i] = to.a * x + to.b * y + to.c;
      ring[i + 1] = to.d * x + to.e * y + to.f;
    }
  const auto height = static_cast<uint32_t>(picture.added.height), width = static_cast<uint32_t>(picture.added.width);
  const CocoMask found = coco_mask(segmentation, height, width);
  if (!found.odd.empty() && !run_.meet(Problem::bad_mask, place, found.odd, found.mask.has_value())) return false;
  return run_.add_mask(rules_.layer, picture.added, *found.mask, region, place);
}

void CocoLabels::add_keypoints(const CocoAnnotation& annotation, const Picture& picture, const Category& category,
                               uint32_t parent, const std::string& place) {
  const std::vector<double>& triples = annotation.keypoints;
  const size_t count = triples.size() / 3;
  if (count > 0 && !category.keypoints.empty() && count != category.keypoints.size()) {
    run_.meet(Problem::malformed_label, place,
              join("has ", count, " keypoints, its category names ", category.keypoints.size()));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const double visible = triples[3 * i + 2];
    if (visible == 0) continue;
    if (visible != 1 && visible != 2) {
      run_.meet(Problem::malformed_label, place,
                join("visibility ", visible, " of keypoint ", i, ", wanted 0, 1 or 2"));
      continue;
    }
    Region region{.is = RegionIs::part, .id = ++layer_.regions[picture.added.uid], .parent = parent};
    region.concept_text = category.keypoints.empty() ? join(category.text, " keypoint ", i + 1) : category.keypoints[i];
    if (rules_.is_predicted) {  // whose visibility says only whether there is a point
      region.kind = Kind::soft;
      region.confidence = static_cast<float>(*annotation.score);
    } else if (visible == 1) {
      region.confidence = static_cast<float>(rules_.occluded_confidence);
      region.flags = kOccluded;
    }
    const Point at = picture.upright.apply({static_cast<float>(triples[3 * i] + rules_.keypoint_offset),
                                            static_cast<float>(triples[3 * i + 1] + rules_.keypoint_offset)});
    run_.add_point(rules_.layer, picture.added, at, region, place);
  }
}

void CocoLabels::finish() {
  const bool is_region_kind = file_.kind != "captions" && file_.kind != "images";
  if (!is_region_kind || (!rules_.is_exhaustive && !rules_.is_federated)) return;
  std::set<std::string> mine;
  for (const auto& [id, category] : categories_)
    if (layer_.classes.contains(category.text)) mine.insert(category.text);
  size_t incomplete = 0;
  for (const CocoImage& image : file_.head.images) {
    Picture* picture = pictures_.at(image.id).get();
    if (!picture || picture->said != &image) continue;
    incomplete += !picture->lost.empty();
    if (rules_.is_federated) {
      finish_federated(*picture);
    } else if (picture->lost.empty() && mine.size() == layer_.classes.size()) {
      say_exhaustive(*picture, "*");
    } else if (picture->lost.empty()) {
      for (const std::string& text : mine) say_exhaustive(*picture, text);
    }
  }
  if (incomplete > 0)
    run_.note(join(file_.name, ": ", incomplete,
                   " pictures are not said to be exhaustively labelled: annotations of theirs were left out, or pixels "
                   "are void"));
}

void CocoLabels::finish_federated(Picture& picture) {
  const std::string place = coco_place(file_.name, "images", picture.said->place, picture.said->id);
  const std::vector<std::string>& open = picture.said->not_exhaustive;
  for (const std::string& id : picture.said->negative)
    if (const Category* category = category_of(id, place))
      run_.say(rules_.layer, picture.added, category->text, Kind::neg);
  for (const std::string& id : picture.found) {
    const bool is_open = std::find(open.begin(), open.end(), id) != open.end();
    const bool is_whole = !picture.lost.contains(id) && !picture.lost.contains("");
    if (!is_open && is_whole) say_exhaustive(picture, categories_.at(id).text);
  }
}

void CocoLabels::say_exhaustive(const Picture& picture, const std::string& text) {
  Record record;
  record.item = picture.added.uid;
  record.kind = Kind::exhaustive;
  if (text != "*") record.concept_row = run_.layer(rules_.layer).vocabulary().row_of(text);
  run_.add_record(rules_.layer, std::move(record));
}

}  // namespace weft
