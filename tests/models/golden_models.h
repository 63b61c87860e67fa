// SPDX-License-Identifier: Apache-2.0
// The small models of tests/golden/make_clip_features.py.
#pragma once

#include <ATen/ops/tensor.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "models/two_tower.h"

namespace weft::golden {

using Json = nlohmann::json;

inline const Json& file() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/clip_features.json"));
  return json;
}

constexpr int kVocabulary = 40;

inline TwoTowerSettings settings(const std::string& family) {
  TwoTowerSettings s;
  s.family = family;
  s.image_size_ = 16;
  s.patch = 8;
  s.image_width = s.text_width = 32;
  s.image_layers = s.text_layers = 2;
  s.head_width = 16;
  s.text_context = 8;
  s.text_heads = 2;
  s.embed = family == "siglip" ? 32 : 24;
  return s;
}

inline Tensor tensor_of(const Json& rows) {
  std::vector<double> values;
  for (const Json& row : rows)
    for (const double value : row) values.push_back(value);
  return at::tensor(values, at::kDouble).view({static_cast<int64_t>(rows.size()), -1}).to(at::kFloat);
}

}  // namespace weft::golden
