// SPDX-License-Identifier: Apache-2.0
// Panoptic annotations: a PNG whose pixels say which segment they are of, id = R + 256 G + 65536 B; 0 is void, of which
// nothing is known.
#include <map>

#include "base/error.h"
#include "data/image.h"
#include "data/importers/coco_labels.h"

namespace weft {
namespace {

// Masks of all colours in one walk, column by column as run lengths lie.
std::map<uint32_t, Rle> masks_by_colour(const Image& image) {
  struct Growing {
    Rle mask;
    uint32_t end = 0;  // where its last run ends
  };
  std::map<uint32_t, Growing> growing;
  const auto height = static_cast<uint32_t>(image.height), width = static_cast<uint32_t>(image.width);
  const auto colour_at = [&](uint32_t at) {
    const uint8_t* pixel = image.row(static_cast<int>(at % height)) + static_cast<size_t>(at / height) * image.channels;
    return pixel[0] + 256u * pixel[1] + 65536u * pixel[2];
  };
  const uint32_t size = height * width;  // at most kMostPixels
  for (uint32_t start = 0, end = 0; start < size; start = end) {
    const uint32_t colour = colour_at(start);
    for (end = start + 1; end < size && colour_at(end) == colour;) ++end;
    Growing& one = growing[colour];
    one.mask.runs.push_back(start - one.end);
    one.mask.runs.push_back(end - start);
    one.end = end;
  }
  std::map<uint32_t, Rle> masks;
  for (auto& [colour, one] : growing) {
    one.mask.height = height;
    one.mask.width = width;
    if (one.end < size) one.mask.runs.push_back(size - one.end);
    masks.emplace(colour, std::move(one.mask));
  }
  return masks;
}

// -1 where the id is no colour.
int64_t colour_of(const std::string& id) {
  const bool is_number = !id.empty() && id.size() <= 8 && id.find_first_not_of("0123456789") == std::string::npos;
  const int64_t colour = is_number ? std::stoll(id) : -1;
  return colour < (1 << 24) ? colour : -1;
}

}  // namespace

void CocoLabels::take_panoptic(const CocoAnnotation& annotation, Picture& picture, const std::string& place) {
  if (!annotation.segments || annotation.file_name.empty()) {
    run_.meet(Problem::malformed_label, place, "has no segments_info or no file_name");
    picture.lost.insert("");
    return;
  }
  if (!contents_.insert(hash64(annotation.image_id)).second) {
    run_.meet(Problem::repeated_label, place, "a second annotation of this picture; the first counts", true);
    return;
  }
  const Path beside = file_.path.parent_path() / file_.path.stem();
  const Path path = (rules_.panoptic.empty() ? beside : rules_.panoptic) / annotation.file_name;
  std::map<uint32_t, Rle> masks;
  std::error_code ignored;
  const bool is_there = std::filesystem::is_regular_file(path, ignored);
  try {
    check(is_there, "is not there");
    const Bytes content = read_bytes(path);
    masks = masks_by_colour(decode_image(content.data(), content.size()));
  } catch (const Error& error) {
    run_.meet(is_there ? Problem::unreadable_image : Problem::missing_image, place,
              join(path.string(), ": ", error.what()));
    picture.lost.insert("");
    return;
  }
  for (size_t i = 0; i < annotation.segments->size(); ++i) {
    const CocoSegment& segment = (*annotation.segments)[i];
    const int64_t colour = colour_of(segment.id);
    const auto found = masks.find(static_cast<uint32_t>(colour));
    Rle* mask = colour > 0 && found != masks.end() ? &found->second : nullptr;
    const bool is_kept = take_segment(segment, mask, picture, coco_place(place, "segments_info", i, segment.id));
    (is_kept ? picture.found : picture.lost).insert(segment.category_id);
    if (mask) masks.erase(found);  // a second segment of the colour has none left
  }
  if (masks.empty()) return;
  std::vector<Rle> nothing_known;
  for (auto& [colour, mask] : masks) {
    if (colour != 0)
      run_.meet(Problem::malformed_label, place,
                join(area_of(mask), " pixels have the id ", colour, " that segments_info does not have; taken as void"),
                /*can_repair=*/true);
    nothing_known.push_back(std::move(mask));
  }
  picture.lost.insert("");
  const Region region{.kind = Kind::unknown, .id = ++layer_.regions[picture.added.uid]};
  run_.add_mask(rules_.layer, picture.added, merge(nothing_known, /*intersect=*/false), region, place);
}

bool CocoLabels::take_segment(const CocoSegment& segment, Rle* mask, Picture& picture, const std::string& place) {
  const Category* category = category_of(segment.category_id, place);
  if (!category) return false;
  if (!mask) {
    run_.meet(Problem::bad_mask, place, "no pixel of the panoptic picture has its id");
    return false;
  }
  Region region{.concept_text = category->text, .is = category->is_thing ? RegionIs::object : RegionIs::stuff};
  region.flags = segment.is_crowd ? kCrowd : 0;
  region.id = ++layer_.regions[picture.added.uid];
  return run_.add_mask(rules_.layer, picture.added, *mask, region, place);
}

}  // namespace weft
