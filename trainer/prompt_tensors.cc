// SPDX-License-Identifier: Apache-2.0
#include "trainer/prompt_tensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace weft {

PromptSet prompt_tensors(const std::vector<PromptRow>& prompts, const at::Device& device) {
  const auto has_box = [](const PromptPoints& points) {
    return std::any_of(points.begin(), points.end(), [](const auto& p) { return p.label >= PointLabel::top_left; });
  };
  size_t most = 0;
  for (const PromptRow& row : prompts) most = std::max(most, row.points->size() + !has_box(*row.points));
  const auto count = static_cast<int64_t>(prompts.size()), length = static_cast<int64_t>(most);
  PromptSet set;
  set.image_P = at::empty({count}, at::kLong);
  set.points_PN2 = at::zeros({count, length, 2}, at::kFloat);
  set.labels_PN = at::full({count, length}, PromptSet::kNothing, at::kLong);
  for (int64_t p = 0; p < count; ++p) {
    const auto& [image, points] = prompts[static_cast<size_t>(p)];
    set.image_P.data_ptr<int64_t>()[p] = image;
    float* place = set.points_PN2.data_ptr<float>() + p * length * 2;
    int64_t* label = set.labels_PN.data_ptr<int64_t>() + p * length;
    for (const PromptPoint& point : *points) {
      *place++ = point.x;
      *place++ = point.y;
      *label++ = static_cast<int64_t>(point.label);
    }
    if (!has_box(*points)) *label = PromptSet::kNotAPoint;
  }
  set.image_P = set.image_P.to(device);
  set.points_PN2 = set.points_PN2.to(device);
  set.labels_PN = set.labels_PN.to(device);
  return set;
}

}  // namespace weft
