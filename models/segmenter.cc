// SPDX-License-Identifier: Apache-2.0
// Segment Anything (Kirillov et al., arXiv 2304.02643): an image is encoded once, prompts are decoded to masks many
// times.  Parameter names and shapes are facebookresearch/segment-anything's, so that weights travel both ways.
#include "models/segmenter.h"

#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "base/error.h"
#include "models/sam_image_encoder.h"
#include "models/sam_mask_decoder.h"
#include "models/sam_prompt_encoder.h"

namespace weft {
namespace {

struct Sizes {
  int64_t image_size, patch, width, layers, heads, window;
  std::vector<int64_t> global_blocks;
  int64_t channels, decoder_mlp, iou_hidden;
};

const std::map<std::string, Sizes> kSizes = {
    {"nano", {256, 16, 96, 4, 3, 8, {1, 3}, 128, 512, 128}},
    {"tiny", {256, 16, 192, 6, 3, 8, {2, 5}, 256, 2048, 256}},
    {"vit_b", {1024, 16, 768, 12, 12, 14, {2, 5, 8, 11}, 256, 2048, 256}},
    {"vit_l", {1024, 16, 1024, 24, 16, 14, {5, 11, 17, 23}, 256, 2048, 256}},
    {"vit_h", {1024, 16, 1280, 32, 16, 14, {7, 15, 23, 31}, 256, 2048, 256}},
};
constexpr double kByte = 255;

std::vector<std::string> size_names() {
  std::vector<std::string> names;
  for (const auto& [name, size] : kSizes) names.push_back(name);
  return names;
}

class Segmenter final : public Model {
 public:
  Segmenter(const SamEncoderShape& image, const SamDecoderShape& decoder, const LowRankSettings& low_rank,
            Attention attention, uint64_t seed)
      : Model(seed), attention_(attention) {
    preprocess_ = {static_cast<int>(image.image_size),
                   {123.675 / kByte, 116.28 / kByte, 103.53 / kByte},
                   {58.395 / kByte, 57.12 / kByte, 57.375 / kByte},
                   Resize::corner};
    parameters_.adapt(low_rank);
    image_ = std::make_unique<SamImageEncoder>(parameters_, image);
    prompts_ = std::make_unique<SamPromptEncoder>(
        parameters_, SamPromptShape{.image_size = image.image_size, .grid = image.grid(), .channels = image.channels});
    decoder_ = std::make_unique<SamMaskDecoder>(parameters_, decoder);
    parameters_.check_adapted("model.segmenter");
  }

  bool has_masks() const override { return true; }

  Tensor encode(const Tensor& pixels_BCHW, const Draws& draws) const override {
    return image_->forward(pixels_BCHW, preprocess_, attention_, draws);
  }

  MaskOutputs decode(const Tensor& features_BCHW, const PromptSet& prompts, bool multimask,
                     const Draws&) const override {
    const Tensor tokens_PNC = prompts_->tokens(prompts);
    const Tensor rows_BNC = features_BCHW.flatten(2).transpose(1, 2).to(tokens_PNC.scalar_type());
    const Tensor image_PNC = rows_BNC.index_select(0, prompts.image_P) + prompts_->map(prompts);
    const Tensor nothing_PN = prompts.labels_PN.eq(PromptSet::kNothing);
    const Tensor bias_PN = at::zeros(nothing_PN.sizes(), tokens_PNC.options())
                               .masked_fill(nothing_PN, -std::numeric_limits<double>::infinity());
    return decoder_->forward(image_PNC, prompts_->grid_places(), tokens_PNC, bias_PN.unsqueeze(1).unsqueeze(1),
                             multimask);
  }

 private:
  std::unique_ptr<SamImageEncoder> image_;
  std::unique_ptr<SamPromptEncoder> prompts_;
  std::unique_ptr<SamMaskDecoder> decoder_;
  Attention attention_;
};

int64_t chosen(int64_t written, int64_t of_size) {
  return written > 0 ? written : of_size;
}

// Block numbers, in order, each within the encoder.
std::vector<int64_t> parsed(const std::vector<std::string>& written, int64_t layers) {
  std::vector<int64_t> blocks;
  for (const std::string& each : written) {
    int64_t block = -1;
    const auto [stopped, problem] = std::from_chars(each.data(), each.data() + each.size(), block);
    check(problem == std::errc() && stopped == each.data() + each.size() && block >= 0 && block < layers,
          "model.segmenter.global_blocks: found \"", each, "\", wanted the number of a block, 0 to ", layers - 1);
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace

void SegmenterSettings::fields(Fields& visit) {
  visit("size", size, one_of(size_names()), "a named set of all the sizes below; a key of its own overrides it");
  visit("image_size", image_size_, non_negative,
        "side of the square that the image encoder sees, pixels (0: as size "
        "says)");
  visit("patch", patch, non_negative, "side of a patch, pixels; a mask has 4 x 4 logits for each (0: as size says)");
  visit("width", width, non_negative, "width of the image encoder (0: as size says)");
  visit("layers", layers, non_negative, "blocks of the image encoder (0: as size says)");
  visit("heads", heads, non_negative, "heads of the image encoder (0: as size says)");
  visit("window", window, non_negative,
        "side of the windows within which its blocks attend, patches (0: as size says)");
  visit("global_blocks", global_blocks, not_empty,
        "numbers of the blocks that attend to the whole image (empty: as size says)");
  visit("channels", channels, non_negative, "channels of the features and width of the mask decoder (0: as size says)");
  visit("decoder_mlp", decoder_mlp, non_negative, "inner width of the decoder's blocks (0: as size says)");
  visit("iou_hidden", iou_hidden, non_negative, "inner width of the heads on its tokens (0: as size says)");
  visit("attention", attention, one_of({"explicit", "sdpa"}),
        "how the image encoder computes attention; sdpa keeps no matrix of all pairs of patches");
  visit("recompute", recompute, any,
        "blocks of the image encoder keep their input alone and are computed again in the backward: less memory, a "
        "third more time");
  visit("drop_path", drop_path, between(0, 0.99),
        "chance that an image goes past a branch of the last block in training; it falls to 0 at the first");
  visit("lora", lora, not_empty,
        "weights of linear layers, as globs, that get low-rank neighbours (LoRA); optimizer.frozen keeps the weights");
  visit("lora_rank", lora_rank, at_least(1), "rank of those neighbours");
  visit("lora_alpha", lora_alpha, positive, "their product counts alpha / rank times");
}

int SegmenterSettings::image_size() const {
  return static_cast<int>(chosen(image_size_, kSizes.at(size).image_size));
}

std::unique_ptr<Model> SegmenterSettings::build(int, uint64_t seed) const {
  const Sizes& s = kSizes.at(size);
  const SamEncoderShape image{
      .image_size = image_size(),
      .patch = chosen(patch, s.patch),
      .width = chosen(width, s.width),
      .layers = chosen(layers, s.layers),
      .heads = chosen(heads, s.heads),
      .window = chosen(window, s.window),
      .channels = chosen(channels, s.channels),
      .global_blocks = global_blocks.empty() ? s.global_blocks : parsed(global_blocks, chosen(layers, s.layers)),
      .drop_path = drop_path,
      .recompute = recompute};
  check(image.image_size % image.patch == 0, "model.segmenter: image_size is ", image.image_size, ", which patch ",
        image.patch, " does not divide");
  check(image.width % image.heads == 0, "model.segmenter: width is ", image.width, ", which heads ", image.heads,
        " does not divide");
  check(image.channels % 16 == 0, "model.segmenter: channels is ", image.channels, ", wanted a multiple of 16");
  const SamDecoderShape decoder{.grid = image.grid(),
                                .channels = image.channels,
                                .mlp = chosen(decoder_mlp, s.decoder_mlp),
                                .iou_hidden = chosen(iou_hidden, s.iou_hidden)};
  return std::make_unique<Segmenter>(image, decoder, LowRankSettings{lora, lora_rank, lora_alpha},
                                     attention == "sdpa" ? Attention::sdpa : Attention::explicit_form, seed);
}

}  // namespace weft
