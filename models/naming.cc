// SPDX-License-Identifier: Apache-2.0
#include "models/naming.h"

#include <array>
#include <string_view>
#include <tuple>
#include <utility>

namespace weft {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;  // ours, theirs

// Starts of names; the first that fits counts, and a name that fits whole is replaced whole.
constexpr std::array kStarts = {
    Pair{"positional_embedding", "text_model.embeddings.position_embedding.weight"},
    Pair{"token_embedding.", "text_model.embeddings.token_embedding."},
    Pair{"transformer.resblocks.", "text_model.encoder.layers."},
    Pair{"ln_final.", "text_model.final_layer_norm."},
    Pair{"text_projection.", "text_model.head."},
    Pair{"visual.class_embedding", "vision_model.embeddings.class_embedding"},
    Pair{"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
    Pair{"visual.conv1.", "vision_model.embeddings.patch_embedding."},
    Pair{"visual.ln_pre.", "vision_model.pre_layrnorm."},
    Pair{"visual.transformer.resblocks.", "vision_model.encoder.layers."},
    Pair{"visual.ln_post.", "vision_model.post_layernorm."},
    Pair{"visual.trunk.pos_embed", "vision_model.embeddings.position_embedding.weight"},
    Pair{"visual.trunk.patch_embed.proj.", "vision_model.embeddings.patch_embedding."},
    Pair{"visual.trunk.blocks.", "vision_model.encoder.layers."},
    Pair{"visual.trunk.norm.", "vision_model.post_layernorm."},
    Pair{"visual.trunk.attn_pool.latent", "vision_model.head.probe"},
    Pair{"visual.trunk.attn_pool.proj.", "vision_model.head.attention.out_proj."},
    Pair{"visual.trunk.attn_pool.norm.", "vision_model.head.layernorm."},
    Pair{"visual.trunk.attn_pool.mlp.", "vision_model.head.mlp."},
    Pair{"logit_scale", "logit_scale"},
    Pair{"logit_bias", "logit_bias"},
};

// Within a block.
constexpr std::array kParts = {
    Pair{".ln_1.", ".layer_norm1."},
    Pair{".norm1.", ".layer_norm1."},
    Pair{".ln_2.", ".layer_norm2."},
    Pair{".norm2.", ".layer_norm2."},
    Pair{".mlp.c_fc.", ".mlp.fc1."},
    Pair{".mlp.c_proj.", ".mlp.fc2."},
    Pair{".attn.out_proj.", ".self_attn.out_proj."},
    Pair{".attn.proj.", ".self_attn.out_proj."},
};
constexpr std::array kStacked = {".attn.in_proj_", ".attn.qkv."};  // then weight or bias

std::vector<NameLink> links_of_block(const std::string& ours, const std::string& theirs) {
  for (const std::string_view stacked : kStacked) {
    const size_t at = theirs.find(stacked);
    if (at == std::string::npos) continue;
    const std::string kind = theirs.substr(at + stacked.size());
    std::vector<NameLink> links;
    for (int i = 0; i < 3; ++i)
      links.push_back({{ours, i, 1, 3}, {theirs.substr(0, at) + ".self_attn." + "qkv"[i] + "_proj." + kind}});
    return links;
  }
  for (const auto& [part, their_part] : kParts) {
    const size_t at = theirs.find(part);
    if (at == std::string::npos) continue;
    return {{{ours}, {theirs.substr(0, at) + std::string(their_part) + theirs.substr(at + part.size())}}};
  }
  return {{{ours}, {theirs}}};  // mlp.fc1 and mlp.fc2 of timm
}

}  // namespace

const std::vector<std::string> kNamings = {"open_clip", "hugging_face"};

std::vector<NameLink> hugging_face_links(const std::string& ours) {
  constexpr std::string_view kPool = "visual.trunk.attn_pool.", kPoolThere = "vision_model.head.attention.in_proj_";
  if (ours == "text_projection") return {{{ours}, {"text_projection.weight"}, true}};
  if (ours == "visual.proj") return {{{ours}, {"visual_projection.weight"}, true}};
  for (const auto& [part, first, count] : {std::tuple{"q.", 0, 1}, std::tuple{"kv.", 1, 2}}) {
    const std::string start = std::string(kPool) + part;
    if (ours.starts_with(start))
      return {{{ours}, {std::string(kPoolThere) + ours.substr(start.size()), first, count, 3}}};
  }
  const std::string name = ours.starts_with("text.") ? ours.substr(5) : ours;
  for (const auto& [start, their_start] : kStarts) {
    if (!name.starts_with(start)) continue;
    const std::string theirs = std::string(their_start) + name.substr(start.size());
    return their_start.ends_with(".layers.") ? links_of_block(ours, theirs) : std::vector<NameLink>{{{ours}, {theirs}}};
  }
  return {};
}

}  // namespace weft
