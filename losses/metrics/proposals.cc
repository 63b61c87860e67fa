// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "losses/metrics/masks.h"

namespace weft {
namespace {

constexpr int kThresholds = 10;  // .5 .. .95
constexpr double kSmall = 32.0 * 32.0, kMedium = 96.0 * 96.0;

bool is_counted(const ProposalImage& image, size_t object, double least, double most) {
  return image.area[object] >= least && image.area[object] <= most &&
         (image.is_crowd.empty() || !image.is_crowd[object]);
}

// How many of the counted objects the proposals find; `order` has the counted objects first.
int64_t found(const ProposalImage& image, const std::vector<size_t>& order, size_t counted, int most,
              double threshold) {
  std::vector<uint8_t> taken(order.size(), 0);
  const size_t proposals = std::min(image.iou.size(), size_t(most));
  for (size_t p = 0; p < proposals; ++p) {
    double best = std::min(threshold, 1 - 1e-10);
    size_t match = order.size();
    for (size_t k = 0; k < order.size(); ++k) {
      const bool is_crowd = !image.is_crowd.empty() && image.is_crowd[order[k]];
      if (taken[k] && !is_crowd) continue;
      if (k >= counted && match < counted) break;  // an object that counts is kept before any that does not
      if (image.iou[p][order[k]] < best) continue;
      best = image.iou[p][order[k]];
      match = k;
    }
    if (match < order.size()) taken[match] = 1;
  }
  return std::count(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(counted), uint8_t{1});
}

double recall_of(std::span<const ProposalImage> images, int most, double least_area, double most_area) {
  int64_t objects = 0, hits = 0;
  for (const ProposalImage& image : images) {
    std::vector<size_t> order(image.area.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto rest = std::stable_partition(
        order.begin(), order.end(), [&](size_t object) { return is_counted(image, object, least_area, most_area); });
    const auto counted = static_cast<size_t>(rest - order.begin());
    objects += static_cast<int64_t>(counted);
    for (int t = 0; t < kThresholds; ++t) hits += found(image, order, counted, most, 0.5 + 0.05 * t);
  }
  return objects == 0 ? -1 : double(hits) / (double(objects) * kThresholds);
}

}  // namespace

AverageRecall average_recall(std::span<const ProposalImage> images, int most) {
  WEFT_ASSERT(most >= 1);
  for (const ProposalImage& image : images) {
    for (const auto& row : image.iou) WEFT_ASSERT(row.size() == image.area.size());
    WEFT_ASSERT(image.is_crowd.empty() || image.is_crowd.size() == image.area.size());
  }
  constexpr double kAll = std::numeric_limits<double>::infinity();
  return {recall_of(images, most, 0, kAll), recall_of(images, most, 0, kSmall),
          recall_of(images, most, kSmall, kMedium), recall_of(images, most, kMedium, kAll)};
}

}  // namespace weft
