// SPDX-License-Identifier: Apache-2.0
// The small models of tests/golden/make_sam.py.
#pragma once

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include "base/files.h"
#include "models/segmenter.h"
#include "tests/models/sam_prompts.h"

namespace weft::golden_sam {

inline const Json& file() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/sam.json"));
  return json;
}

inline SegmenterSettings settings(const std::string& config) {
  const bool is_test = config == "test";
  SegmenterSettings s;
  s.image_size_ = is_test ? 256 : 128;
  s.width = is_test ? 96 : 64;
  s.layers = is_test ? 4 : 2;
  s.heads = is_test ? 3 : 2;
  s.window = is_test ? 7 : 3;
  s.global_blocks = is_test ? std::vector<std::string>{"1", "3"} : std::vector<std::string>{"1"};
  s.channels = is_test ? 64 : 128;
  s.decoder_mlp = 128;
  s.iou_hidden = 64;
  return s;
}

inline std::unique_ptr<Model> filled(const SegmenterSettings& settings) {
  auto model = settings.build(0, 1);
  fill_by_counter(model->parameters());
  return model;
}

inline Tensor sampled(const Tensor& x) {
  const Tensor flat = x.flatten();
  return flat.index_select(0, at::arange(0, flat.numel(), file()["step"].get<int64_t>(), at::kLong));
}

inline Tensor numbers(const Json& json) {
  return at::tensor(json.get<std::vector<double>>(), at::kDouble).to(at::kFloat);
}

}  // namespace weft::golden_sam
