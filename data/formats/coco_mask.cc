// SPDX-License-Identifier: Apache-2.0
#include "data/formats/coco_mask.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

bool is_ring(const std::vector<double>& xy) {
  return xy.size() >= 6 && xy.size() % 2 == 0;
}

// Whole numbers that fill the picture exactly and cannot be corners inside it are run lengths.
std::optional<Rle> as_counts(const std::vector<double>& numbers, uint32_t height, uint32_t width) {
  const double side = std::max(height, width);
  const bool has_far = std::any_of(numbers.begin(), numbers.end(), [&](double number) { return number > side; });
  if (is_ring(numbers) && !has_far) return std::nullopt;
  double sum = 0;
  for (const double number : numbers) {
    if (number < 0 || number != std::floor(number)) return std::nullopt;
    sum += number;
  }
  if (sum != static_cast<double>(height) * width) return std::nullopt;
  return rle_from_counts(std::vector<uint64_t>(numbers.begin(), numbers.end()), height, width);
}

CocoMask from_rings(const CocoSegmentation& segmentation, uint32_t height, uint32_t width) {
  CocoMask found;
  const bool is_flat = segmentation.form == CocoSegmentation::Form::flat_list;
  if (segmentation.rings.size() == 1) {
    found.mask = as_counts(segmentation.rings[0], height, width);
    found.odd = "segmentation has run lengths where polygons are wanted";
    if (found.mask) return found;
  }
  found.odd = is_flat ? "segmentation is a flat list of numbers, wanted a list of polygons" : "";
  std::vector<Rle> masks;
  for (const std::vector<double>& ring : segmentation.rings) {
    if (!is_ring(ring)) {
      found.odd = join("segmentation has a polygon of ", ring.size(), " numbers, wanted x, y of three corners or more");
      continue;
    }
    try {
      masks.push_back(rle_of_polygon(ring, height, width));
    } catch (const Error& error) {
      found.odd = join("segmentation: ", error.what());
    }
  }
  if (!masks.empty()) found.mask = masks.size() == 1 ? std::move(masks[0]) : merge(masks, /*intersect=*/false);
  return found;
}

// b'...' of Python, whose repr doubles every backslash.
std::string without_repr(std::string text) {
  const bool is_repr =
      text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') && text.back() == text[1];
  if (is_repr) text = text.substr(2, text.size() - 3);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\\') ++i;
  }
  return plain;
}

CocoMask from_string(const CocoSegmentation& segmentation) {
  CocoMask found;
  try {
    found.mask = rle_from_string(segmentation.text, segmentation.height, segmentation.width);
    return found;
  } catch (const Error& error) {
    found.odd = join("segmentation: ", error.what());
  }
  const std::string plain = without_repr(segmentation.text);
  if (plain == segmentation.text) return found;
  try {
    found.mask = rle_from_string(plain, segmentation.height, segmentation.width);
    found.odd = "segmentation is written with b'' or doubled backslashes";
  } catch (const Error&) {
    return found;  // `odd` says what is wrong with the text as it is
  }
  return found;
}

}  // namespace

CocoMask coco_mask(const CocoSegmentation& segmentation, uint32_t height, uint32_t width) {
  switch (segmentation.form) {
    case CocoSegmentation::Form::none:
      return {};
    case CocoSegmentation::Form::rings:
    case CocoSegmentation::Form::flat_list:
      return from_rings(segmentation, height, width);
    case CocoSegmentation::Form::string:
      return from_string(segmentation);
    case CocoSegmentation::Form::counts:
      break;
  }
  CocoMask found;
  try {
    found.mask = rle_from_counts(segmentation.counts, segmentation.height, segmentation.width);
  } catch (const Error& error) {
    found.odd = join("segmentation: ", error.what());
  }
  return found;
}

}  // namespace weft
