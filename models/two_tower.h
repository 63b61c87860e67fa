// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/model.h"

namespace weft {

struct TwoTowerSettings final : ModelSettings {
  std::string size = "nano";
  std::string config;
  std::string family = "by_size";
  int64_t image_size_ = 0, patch = 0, image_width = 0, image_layers = 0, head_width = 0;
  int64_t text_context = 0, text_width = 0, text_layers = 0, text_heads = 0;
  int64_t embed = 0, vocabulary = 0;
  bool quick_gelu = false;
  std::string attention = "explicit";
  bool recompute = false;
  double patch_dropout = 0, drop_path = 0, text_drop_path = 0;
  std::vector<std::string> lora;
  int64_t lora_rank = 8;
  double lora_alpha = 8;

  void fields(Fields& visit) override;
  std::unique_ptr<Model> build(int tokenizer_ids, uint64_t seed) const override;
  int image_size() const override;
  int context() const override;
};

}  // namespace weft
