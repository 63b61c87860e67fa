// SPDX-License-Identifier: Apache-2.0
#include "trainer/groups.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace weft {
namespace {

// Two towers of 2 and 3 blocks, by open_clip's names.
struct Towers {
  Towers() : set(1) {
    const auto add = [&](const std::string& name, const std::vector<int64_t>& shape) {
      set.add(name, shape, Init::constant(0));
    };
    add("visual.class_embedding", {4});
    add("visual.positional_embedding", {5, 4});
    add("visual.proj", {4, 4});
    add("visual.conv1.weight", {4, 3, 2, 2});
    add("visual.ln_pre.weight", {4});
    for (const char* block : {"0", "1", "2"}) {
      add(join("visual.transformer.resblocks.", block, ".ln_1.weight"), {4});
      add(join("visual.transformer.resblocks.", block, ".mlp.c_fc.weight"), {8, 4});
    }
    add("visual.ln_post.weight", {4});
    add("positional_embedding", {5, 4});
    add("text_projection", {4, 4});
    add("token_embedding.weight", {9, 4});
    for (const char* block : {"0", "1"}) add(join("transformer.resblocks.", block, ".mlp.c_fc.weight"), {8, 4});
    add("ln_final.weight", {4});
    add("logit_scale", {});
  }
  ParameterGroup group(const std::string& name, const GroupSettings& settings) const {
    const std::vector<ParameterGroup> groups = groups_of(set, settings);
    EXPECT_EQ(groups.size(), set.all().size());
    for (size_t i = 0; i < groups.size(); ++i)
      if (set.all()[i].name == name) return groups[i];
    ADD_FAILURE() << "no parameter " << name;
    return {};
  }
  ParameterSet set;
};

TEST(Groups, MatricesDecayAndVectorsDoNot) {
  const GroupSettings settings{.weight_decay = 0.2, .no_decay = {"*positional_embedding", "token_*"}};
  const Towers towers;
  EXPECT_EQ(towers.group("visual.conv1.weight", settings).weight_decay, 0.2);
  EXPECT_EQ(towers.group("transformer.resblocks.1.mlp.c_fc.weight", settings).weight_decay, 0.2);
  for (const char* name : {"visual.ln_post.weight", "logit_scale", "positional_embedding",
                           "visual.positional_embedding", "token_embedding.weight"})
    EXPECT_EQ(towers.group(name, settings).weight_decay, 0) << name;
  EXPECT_EQ(towers.group("visual.conv1.weight", settings).lr_scale, 1);
  EXPECT_FALSE(towers.group("visual.conv1.weight", settings).frozen);
}

TEST(Groups, LayersDecayByTheirDepthInTheirOwnTower) {
  const GroupSettings settings{.layer_decay = 0.5};
  const Towers towers;
  for (const char* name :
       {"visual.class_embedding", "visual.positional_embedding", "visual.conv1.weight", "visual.ln_pre.weight"})
    EXPECT_EQ(towers.group(name, settings).lr_scale, 0.0625) << name;  // 4 layers from the top of 3 blocks
  EXPECT_EQ(towers.group("visual.transformer.resblocks.0.ln_1.weight", settings).lr_scale, 0.125);
  EXPECT_EQ(towers.group("visual.transformer.resblocks.2.mlp.c_fc.weight", settings).lr_scale, 0.5);
  EXPECT_EQ(towers.group("token_embedding.weight", settings).lr_scale, 0.125);  // 3 from the top of 2 blocks
  EXPECT_EQ(towers.group("positional_embedding", settings).lr_scale, 0.125);
  EXPECT_EQ(towers.group("transformer.resblocks.0.mlp.c_fc.weight", settings).lr_scale, 0.25);
  EXPECT_EQ(towers.group("transformer.resblocks.1.mlp.c_fc.weight", settings).lr_scale, 0.5);
  for (const char* name : {"visual.proj", "visual.ln_post.weight", "text_projection", "ln_final.weight", "logit_scale"})
    EXPECT_EQ(towers.group(name, settings).lr_scale, 1) << name;
}

TEST(Groups, LayersOfTimmsTowerAndOfLoraDecayAlike) {
  ParameterSet set(1);
  for (const char* name : {"visual.trunk.pos_embed", "visual.trunk.patch_embed.proj.weight",
                           "visual.trunk.blocks.0.attn.qkv.weight", "visual.trunk.blocks.1.attn.qkv.weight",
                           "extra.lora.visual.trunk.blocks.0.attn.qkv.weight.up", "visual.trunk.attn_pool.q.weight",
                           "text.transformer.resblocks.0.mlp.c_fc.weight", "text.positional_embedding", "logit_bias"})
    set.add(name, {2, 2}, Init::constant(0));
  const std::vector<ParameterGroup> groups = groups_of(set, {.layer_decay = 0.5});
  const std::vector<double> wanted = {0.125, 0.125, 0.25, 0.5, 0.25, 1, 0.5, 0.25, 1};
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(groups[i].lr_scale, wanted[i]) << set.all()[i].name;
}

TEST(Groups, SamsEncoderDecaysByDepthAndItsBufferNeverTrains) {
  ParameterSet set(1);
  for (const char* name :
       {"image_encoder.pos_embed", "image_encoder.patch_embed.proj.weight", "image_encoder.blocks.0.norm1.weight",
        "extra.lora.image_encoder.blocks.1.attn.qkv.weight.up", "image_encoder.blocks.1.norm1.weight",
        "image_encoder.neck.0.weight", "mask_decoder.transformer.layers.0.norm1.weight"})
    set.add(name, {2, 2}, Init::constant(0));
  set.add("gaussian", {2, 2}, Init::constant(0))->is_fixed = true;
  const std::vector<ParameterGroup> groups = groups_of(set, {.layer_decay = 0.5});
  const std::vector<double> wanted = {0.125, 0.125, 0.25, 0.5, 0.5, 1, 1, 1};
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(groups[i].lr_scale, wanted[i]) << set.all()[i].name;
    EXPECT_EQ(groups[i].frozen, i == 7) << set.all()[i].name;
  }
}

TEST(Groups, FactorsMultiplyEachOtherAndTheLayersOwn) {
  const GroupSettings settings{.layer_decay = 0.5, .lr_scales = {"visual.*=0.1", "visual.proj=5", "*.conv1.*=2e1"}};
  const Towers towers;
  EXPECT_DOUBLE_EQ(towers.group("visual.proj", settings).lr_scale, 0.5);
  EXPECT_DOUBLE_EQ(towers.group("visual.conv1.weight", settings).lr_scale, 0.125);  // 0.0625 * 0.1 * 20
  EXPECT_DOUBLE_EQ(towers.group("text_projection", settings).lr_scale, 1);
}

TEST(Groups, FreezesWhatIsNamed) {
  const GroupSettings settings{.frozen = {"visual.*"}};
  const Towers towers;
  EXPECT_TRUE(towers.group("visual.ln_post.weight", settings).frozen);
  EXPECT_FALSE(towers.group("ln_final.weight", settings).frozen);
  EXPECT_NE(error_of([&] { groups_of(towers.set, {.frozen = {"*"}}); }).find("nothing is left to train"),
            std::string::npos);
}

TEST(Groups, AGlobThatMatchesNothingIsAnErrorThatNamesTheNearest) {
  const Towers towers;
  EXPECT_EQ(error_of([&] { groups_of(towers.set, {.no_decay = {"visual.ln_pst.*"}}); }),
            "optimizer.no_decay: \"visual.ln_pst.*\" matches no parameter of the model; the nearest is "
            "\"visual.ln_post.weight\"");
  EXPECT_EQ(error_of([&] { groups_of(towers.set, {.frozen = {"*.tokn_embedding.*"}}); }),
            "optimizer.frozen: \"*.tokn_embedding.*\" matches no parameter of the model; the nearest is "
            "\"token_embedding.weight\"");
  EXPECT_EQ(error_of([&] { groups_of(towers.set, {.lr_scales = {"logit=2"}}); }),
            "optimizer.lr_scales: \"logit\" matches no parameter of the model; the nearest is \"logit_scale\"");
}

TEST(Groups, AFactorThatIsNoneIsAnError) {
  const Towers towers;
  for (const char* item :
       {"visual.*", "visual.*=", "visual.*=fast", "visual.*=0", "visual.*=-1", "visual.*=1x", "visual.*=inf"})
    EXPECT_NE(error_of([&] { groups_of(towers.set, {.lr_scales = {item}}); }).find(join("found \"", item, "\"")),
              std::string::npos)
        << item;
}

TEST(Groups, LayerDecayNeedsBlocks) {
  ParameterSet set(1);
  set.add("weight", {2, 2}, Init::constant(0));
  EXPECT_NE(error_of([&] { groups_of(set, {.layer_decay = 0.9}); }).find("transformer.resblocks."), std::string::npos);
}

}  // namespace
}  // namespace weft
