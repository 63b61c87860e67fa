// SPDX-License-Identifier: Apache-2.0
// open_clip's own config files, and what is refused.
#include "models/open_clip_config.h"

#include <gtest/gtest.h>

#include "models/two_tower.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr const char* kSmall =
    R"({"embed_dim": 24, "quick_gelu": true, "vision_cfg": {"image_size": 16, "layers": 1, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 9, "vocab_size": 50, "width": 32, "heads": 2, "layers": 1}})";

TwoTowerSettings with_config(const ScratchFolder& folder, const std::string& text) {
  write_atomically(folder / "config.json", text);
  TwoTowerSettings settings;
  settings.config = (folder / "config.json").string();
  return settings;
}

TEST(OpenClipConfig, GivesEverySize) {
  const ScratchFolder folder;
  for (const std::string& text : {std::string(kSmall), join("{\"model_cfg\": ", kSmall, ", \"preprocess_cfg\": {}}")}) {
    const TwoTowerSettings settings = with_config(folder, text);
    EXPECT_EQ(settings.image_size(), 16);
    EXPECT_EQ(settings.context(), 9);
    const auto model = settings.build(40, 1);
    EXPECT_EQ(model->parameters().find("token_embedding.weight")->value.sizes(), (std::vector<int64_t>{50, 32}));
    EXPECT_EQ(model->parameters().find("visual.proj")->value.sizes(), (std::vector<int64_t>{64, 24}));
    EXPECT_EQ(model->parameters().find("visual.transformer.resblocks.1.ln_1.weight"), nullptr);
  }
}

TEST(OpenClipConfig, SigLipsIsRead) {
  const ScratchFolder folder;
  const std::string text =
      R"({"embed_dim": 768, "init_logit_bias": -10, "custom_text": true, "vision_cfg": {"image_size": 256,
          "timm_model_name": "vit_base_patch16_siglip_256", "timm_model_pretrained": false, "timm_pool": "map",
          "timm_proj": "none"}, "text_cfg": {"context_length": 64, "vocab_size": 32000, "hf_tokenizer_name": "x",
          "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 768, "heads": 12, "layers": 12, "no_causal_mask": true,
          "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-06}}})";
  const TowerSizes sizes = read_open_clip_config(with_config(folder, text).config);
  EXPECT_EQ(sizes.family, TextFamily::siglip);
  EXPECT_EQ(sizes.image_size, 256);
  EXPECT_EQ(sizes.patch, 16);
  EXPECT_EQ(sizes.text_layers, 12);
  EXPECT_EQ(sizes.vocabulary, 32000);
}

TEST(OpenClipConfig, WhatTheTowersCannotBeIsRefused) {
  const ScratchFolder folder;
  const auto problem = [&](const std::string& from, const std::string& to) {
    std::string text = kSmall;
    text.replace(text.find(from), from.size(), to);
    const TwoTowerSettings settings = with_config(folder, text);
    const std::string message = error_of([&] { settings.build(40, 1); });
    return message.substr(std::min(message.size(), settings.config.size()));
  };
  EXPECT_EQ(problem("\"layers\": 1,", "\"layers\": [3, 4],"),
            ": vision_cfg.layers is [3,4], wanted a whole number above 0");
  EXPECT_EQ(problem("\"patch_size\": 8", "\"patch_size\": 8, \"ls_init_value\": 0.1"),
            ": vision_cfg.ls_init_value is not supported");
  EXPECT_EQ(problem("\"patch_size\": 8", "\"patch_size\": 8, \"mlp_ratio\": 2.0"),
            ": vision_cfg.mlp_ratio is 2.0; only 4.0 is supported");
  EXPECT_EQ(problem("\"embed_dim\": 24, ", ""), ": has no embed_dim");
  EXPECT_NE(problem("{\"embed_dim\"", "\"embed_dim\"").find(": is no JSON"), std::string::npos);
}

}  // namespace
}  // namespace weft
