// SPDX-License-Identifier: Apache-2.0
#include "data/importers/voc_masks.h"

#include <algorithm>

#include "base/error.h"
#include "data/formats/label_text.h"

namespace weft {
namespace {

constexpr uint32_t kRim = 255;
constexpr const char* kVocNames[] = {"background", "aeroplane", "bicycle",   "bird",   "boat",        "bottle",
                                     "bus",        "car",       "cat",       "chair",  "cow",         "diningtable",
                                     "dog",        "horse",     "motorbike", "person", "pottedplant", "sheep",
                                     "sofa",       "train",     "tvmonitor"};

}  // namespace

// Bits 0, 3, 6, ... of the index are the upper bits of red, and so on.
uint32_t voc_colour(uint32_t index) {
  uint32_t colour = 0;
  for (int bit = 7; index != 0; index >>= 3, --bit)
    for (int channel = 0; channel < 3; ++channel) colour |= (index >> channel & 1) << (bit + 16 - 8 * channel);
  return colour;
}

VocMasks::VocMasks(const Path& root, ImportRun& run, Classes& classes) : root_(root), run_(run), classes_(classes) {
  is_labelmap_ = std::filesystem::exists(root / "labelmap.txt");
  if (is_labelmap_)
    read_labelmap(root / "labelmap.txt");
  else
    for (const char* name : kVocNames) names_.push_back({name, voc_colour(static_cast<uint32_t>(names_.size()))});
}

// name:r,g,b:parts:actions
void VocMasks::read_labelmap(const Path& file) {
  const std::string text = read_text(file);
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string place = join("labelmap.txt:", i + 1);
    if (without_blanks(lines[i]).empty() || lines[i].starts_with('#')) continue;
    const std::vector<std::string_view> fields = split_at(lines[i], ':');
    uint32_t colour = voc_colour(static_cast<uint32_t>(names_.size()));
    if (fields.size() > 1 && !without_blanks(fields[1]).empty()) {
      colour = 0;
      const std::vector<std::string_view> channels = split_at(fields[1], ',');
      for (const std::string_view channel : channels) {
        const int64_t value = whole_number_in(channel).value_or(-1);
        check(channels.size() == 3 && value >= 0 && value <= 255, place, ": \"", fields[1], "\" is no colour r,g,b");
        colour = colour << 8 | static_cast<uint32_t>(value);
      }
    }
    names_.push_back({trimmed(fields[0]), colour});
    if (names_.back().name != "ignored") classes_.declare(names_.back().name, place);
  }
}

bool VocMasks::has(const std::string& stem) const {
  return std::filesystem::exists(root_ / "SegmentationClass" / (stem + ".png")) ||
         std::filesystem::exists(root_ / "SegmentationObject" / (stem + ".png"));
}

void VocMasks::take(const std::string& stem, VocPicture& picture) {
  const Path class_file = root_ / "SegmentationClass" / (stem + ".png");
  const Path object_file = root_ / "SegmentationObject" / (stem + ".png");
  std::optional<LabelPicture> classes, objects;
  const std::string class_place = "SegmentationClass/" + stem + ".png";
  const std::string object_place = "SegmentationObject/" + stem + ".png";
  if (std::filesystem::exists(class_file)) classes = read_label_picture(run_, class_file, class_place);
  if (std::filesystem::exists(object_file)) objects = read_label_picture(run_, object_file, object_place);
  if (classes) to_indices(*classes, true);
  if (objects) to_indices(*objects, false);
  if (classes && objects && classes->values.size() != objects->values.size()) {
    run_.meet(Problem::bad_mask, object_place, "its size is not that of SegmentationClass");
    return;
  }
  if (objects)
    take_objects(*objects, classes ? &*classes : nullptr, object_place, picture);
  else if (classes)
    take_classes(*classes, class_place, picture);
}

void VocMasks::to_indices(LabelPicture& picture, bool is_class) const {
  if (!picture.is_colour) return;
  std::map<uint32_t, uint32_t> index_of = {{voc_colour(kRim), kRim}};
  if (is_class)
    for (uint32_t i = 0; i < names_.size(); ++i)
      index_of.try_emplace(names_[i].colour, names_[i].name == "ignored" ? kRim : i);
  else
    for (uint32_t i = 0; i < 256; ++i) index_of.try_emplace(voc_colour(i), i);
  uint32_t next = 256;  // colours that the palette does not have
  for (uint32_t& value : picture.values) {
    const auto [found, is_new] = index_of.try_emplace(value, next);
    next += is_new;
    value = found->second;
  }
}

std::string VocMasks::name_of(uint32_t index, const std::string& place) {
  if (!is_labelmap_ && index < names_.size()) {
    for (const std::string& used : classes_.names())
      check(std::any_of(names_.begin(), names_.end(), [&](const Named& one) { return one.name == used; }), place,
            ": what its values mean is not said, and the annotations' class \"", used,
            "\" is none of VOC's own\n  hint: put the names into labelmap.txt, a line \"name:r,g,b::\" for each value");
  }
  if (index < names_.size()) return names_[index].name;
  return join("value ", index);
}

void VocMasks::take_rim(const std::map<uint32_t, Rle>& masks, const std::string& place, const VocPicture& picture) {
  const auto rim = masks.find(kRim);
  if (rim == masks.end()) return;
  Region region;
  region.kind = Kind::unknown;
  run_.add_mask(classes_.layer(), picture.added, rim->second, region, place);
}

void VocMasks::take_objects(const LabelPicture& objects, const LabelPicture* classes, const std::string& place,
                            VocPicture& picture) {
  std::map<uint32_t, std::map<uint32_t, size_t>> votes;  // object -> class -> pixels
  if (classes)
    for (size_t i = 0; i < objects.values.size(); ++i)
      if (classes->values[i] != 0 && classes->values[i] != kRim) ++votes[objects.values[i]][classes->values[i]];
  const std::map<uint32_t, Rle> masks = masks_by_value(objects);
  for (const auto& [value, mask] : masks) {
    if (value == 0 || value == kRim) continue;
    const std::string here = join(place, ": value ", value);
    Region region;
    region.is = RegionIs::object;
    const auto found = votes.find(value);
    if (found != votes.end()) {
      const auto most = std::max_element(found->second.begin(), found->second.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      const std::optional<std::string> text = classes_.used(name_of(most->first, here), here);
      if (!text) continue;
      region.concept_text = *text;
    }
    const auto object = picture.class_of_id.find(value);
    const bool is_known = object != picture.class_of_id.end() && object->second == region.concept_text;
    region.id = is_known ? value : picture.next_id++;
    run_.add_mask(classes_.layer(), picture.added, mask, region, here);
  }
  take_rim(masks, place, picture);
}

void VocMasks::take_classes(const LabelPicture& classes, const std::string& place, VocPicture& picture) {
  const std::map<uint32_t, Rle> masks = masks_by_value(classes);
  for (const auto& [value, mask] : masks) {
    if (value == 0 || value == kRim) continue;
    const std::string here = join(place, ": value ", value);
    const std::optional<std::string> text = classes_.used(name_of(value, here), here);
    if (!text) continue;
    Region region;
    region.concept_text = *text;
    region.id = picture.next_id++;
    run_.add_mask(classes_.layer(), picture.added, mask, region, here);
  }
  take_rim(masks, place, picture);
}

}  // namespace weft
