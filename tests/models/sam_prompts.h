// SPDX-License-Identifier: Apache-2.0
// The prompts that tests/golden/make_sam.py and tests/evidence/sam_parity.py describe in JSON.
#pragma once

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "models/prompt_set.h"
#include "tests/models/counter_fill.h"

namespace weft::golden_sam {

using Json = nlohmann::json;

// The mask that every case with a mask has, [1, side, side].
inline Tensor mask_by_counter(int64_t side) {
  ParameterSet set(0);
  set.add("mask", {1, 1, side, side}, Init::constant(0));
  fill_by_counter(set);
  return set.find("mask")->value.squeeze(0) * 8;
}

// Cases as one ragged set, as segment-anything would ask them one by one: "not a point" stands behind points without a
// box.
inline PromptSet prompts(const std::vector<Json>& cases, int64_t mask_side) {
  const auto count = static_cast<int64_t>(cases.size());
  std::vector<std::vector<std::array<float, 2>>> points(cases.size());
  std::vector<std::vector<int64_t>> labels(cases.size());
  size_t most = 0;
  bool any_mask = false;
  PromptSet set{.image_P = at::zeros({count}, at::kLong), .has_mask_P = at::zeros({count}, at::kBool)};
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json& each = cases[i]["case"];
    set.image_P.data_ptr<int64_t>()[i] = cases[i]["image"];
    if (each.contains("points")) {
      points[i] = each["points"].get<std::vector<std::array<float, 2>>>();
      labels[i] = each["labels"].get<std::vector<int64_t>>();
      if (!each.contains("box")) points[i].push_back({0, 0}), labels[i].push_back(PromptSet::kNotAPoint);
    }
    if (each.contains("box")) {
      const auto box = each["box"].get<std::array<float, 4>>();
      points[i].insert(points[i].end(), {{box[0], box[1]}, {box[2], box[3]}});
      labels[i].insert(labels[i].end(), {2, 3});
    }
    most = std::max(most, points[i].size());
    set.has_mask_P.data_ptr<bool>()[i] = each.contains("mask");
    any_mask = any_mask || each.contains("mask");
  }
  set.points_PN2 = at::full({count, static_cast<int64_t>(most), 2}, 1e3, at::kFloat);
  set.labels_PN = at::full({count, static_cast<int64_t>(most)}, PromptSet::kNothing, at::kLong);
  for (size_t i = 0; i < cases.size(); ++i)
    for (size_t n = 0; n < points[i].size(); ++n) {
      std::copy_n(points[i][n].data(), 2, set.points_PN2.data_ptr<float>() + 2 * (i * most + n));
      set.labels_PN.data_ptr<int64_t>()[i * most + n] = labels[i][n];
    }
  if (any_mask) {
    set.mask_P1HW = at::full({count, 1, mask_side, mask_side}, 7.0, at::kFloat);
    for (int64_t i = 0; i < count; ++i)
      if (set.has_mask_P.data_ptr<bool>()[i]) set.mask_P1HW.select(0, i).copy_(mask_by_counter(mask_side));
  }
  return set;
}

}  // namespace weft::golden_sam
