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

// SAM's, inside its three parts.
constexpr std::array kSamParts = {
    Pair{"image_encoder.", "vision_encoder."},
    Pair{".blocks.", ".layers."},
    Pair{".patch_embed.proj.", ".patch_embed.projection."},
    Pair{".neck.0.", ".neck.conv1."},
    Pair{".neck.1.", ".neck.layer_norm1."},
    Pair{".neck.2.", ".neck.conv2."},
    Pair{".neck.3.", ".neck.layer_norm2."},
    Pair{".point_embeddings.", ".point_embed."},
    Pair{".mask_downscaling.0.", ".mask_embed.conv1."},
    Pair{".mask_downscaling.1.", ".mask_embed.layer_norm1."},
    Pair{".mask_downscaling.3.", ".mask_embed.conv2."},
    Pair{".mask_downscaling.4.", ".mask_embed.layer_norm2."},
    Pair{".mask_downscaling.6.", ".mask_embed.conv3."},
    Pair{".norm1.", ".layer_norm1."},
    Pair{".norm2.", ".layer_norm2."},
    Pair{".norm3.", ".layer_norm3."},
    Pair{".norm4.", ".layer_norm4."},
    Pair{".norm_final_attn.", ".layer_norm_final_attn."},
    Pair{".output_upscaling.0.", ".upscale_conv1."},
    Pair{".output_upscaling.1.", ".upscale_layer_norm."},
    Pair{".output_upscaling.3.", ".upscale_conv2."},
};
constexpr std::array kSamHeads = {".iou_prediction_head.", ".output_hypernetworks_mlps."};
constexpr std::array kSamHeadLayers = {Pair{".layers.0.", ".proj_in."}, Pair{".layers.1.", ".layers.0."},
                                       Pair{".layers.2.", ".proj_out."}};

bool replace(std::string& name, const Pair& pair) {
  const size_t at = name.find(pair.first);
  if (at != std::string::npos) name.replace(at, pair.first.size(), pair.second);
  return at != std::string::npos;
}

std::vector<NameLink> links_of_sam(const std::string& ours) {
  if (ours == "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix")
    return {{{ours}, {"shared_image_embedding.positional_embedding"}},
            {{ours}, {"prompt_encoder.shared_embedding.positional_embedding"}}};
  std::string theirs = ours;
  for (const Pair& pair : kSamParts) replace(theirs, pair);
  for (const std::string_view head : kSamHeads) {
    if (theirs.find(head) == std::string::npos) continue;
    for (const Pair& pair : kSamHeadLayers)
      if (replace(theirs, pair)) break;
  }
  return {{{ours}, {theirs}}};
}

}  // namespace

const std::vector<std::string> kNamings = {"original", "hugging_face"};

std::vector<NameLink> hugging_face_links(const std::string& ours) {
  constexpr std::string_view kPool = "visual.trunk.attn_pool.", kPoolThere = "vision_model.head.attention.in_proj_";
  for (const char* part : {"image_encoder.", "prompt_encoder.", "mask_decoder."})
    if (ours.starts_with(part)) return links_of_sam(ours);
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
