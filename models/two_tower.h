// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/model.h"

namespace weft {

struct TwoTowerSettings final : ModelSettings {
  std::string size = "nano";
  int64_t image_size_ = 0, patch = 0, image_width = 0, image_layers = 0, head_width = 0;
  int64_t text_context = 0, text_width = 0, text_layers = 0, text_heads = 0;
  int64_t embed = 0, vocabulary = 0;
  std::string attention = "explicit";
  bool recompute = false;

  void fields(Fields& visit) override;
  std::unique_ptr<Model> build(int tokenizer_ids, uint64_t seed) const override;
  int image_size() const override;
  int context() const override;
};

}  // namespace weft
