// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/model.h"

namespace weft {

struct SegmenterSettings final : ModelSettings {
  std::string size = "nano";
  int64_t image_size_ = 0, patch = 0, width = 0, layers = 0, heads = 0, window = 0, channels = 0;
  std::vector<std::string> global_blocks;
  int64_t decoder_mlp = 0, iou_hidden = 0;
  std::string attention = "explicit";
  bool recompute = false;
  double drop_path = 0;
  std::vector<std::string> lora;
  int64_t lora_rank = 8;
  double lora_alpha = 8;

  void fields(Fields& visit) override;
  std::unique_ptr<Model> build(int tokenizer_ids, uint64_t seed) const override;
  int image_size() const override;
  int context() const override { return 0; }
};

}  // namespace weft
