// SPDX-License-Identifier: Apache-2.0
// Against tests/golden/make_sam.py: segment-anything 1.0.
#include "models/segmenter.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>

#include "models/exported.h"
#include "models/pretrained.h"
#include "models/sam_prompt_encoder.h"
#include "tests/models/golden_sam.h"
#include "tests/support.h"

namespace weft {
namespace {

using golden_sam::Json;

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

std::vector<Json> answers(const std::string& config) {
  return golden_sam::file()[config]["answers"].get<std::vector<Json>>();
}

Tensor features_of(const Model& model) {
  return model.encode(pixels_by_counter(golden_sam::file()["images"], model.preprocess().image_size), Draws{});
}

void expect_answers(const MaskOutputs& found, const std::vector<Json>& cases, const char* answer,
                    double tolerance = 2e-5) {
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const Json& wanted = cases[i][answer];
    const Tensor masks = golden_sam::sampled(found.logits_PMHW[row]);
    EXPECT_LT(largest(masks - golden_sam::numbers(wanted["low_res_masks"])), tolerance) << cases[i]["case"];
    EXPECT_LT(largest(found.iou_PM[row] - golden_sam::numbers(wanted["iou"])), tolerance) << cases[i]["case"];
  }
}

TEST(Segmenter, NamesAndShapesAreSegmentAnythings) {
  for (const char* config : {"test", "wide"}) {
    std::map<std::string, std::vector<int64_t>> ours;
    const auto model = golden_sam::settings(config).build(0, 1);
    for (const auto& [name, value] : exported(model->parameters(), Naming::original)) ours[name] = value.sizes().vec();
    EXPECT_EQ(ours, (golden_sam::file()[config]["shapes"].get<decltype(ours)>())) << config;
  }
}

int64_t count_of(const Model& model, const std::string& start) {
  int64_t count = 0;
  for (const Parameter& parameter : model.parameters().all())
    if (parameter.name.starts_with(start) && !parameter.is_fixed) count += parameter.value.numel();
  return count;
}

TEST(Segmenter, ItsSizesHaveSegmentAnythingsParameters) {
  const auto tested = golden_sam::settings("test").build(0, 1);
  EXPECT_EQ(count_of(*tested, "image_encoder."), 594656);
  EXPECT_EQ(count_of(*tested, "prompt_encoder."), 1804);
  EXPECT_EQ(count_of(*tested, "mask_decoder."), 158268);
  SegmenterSettings settings;
  settings.size = "vit_b";
  const auto vit_b = settings.build(0, 1);
  EXPECT_EQ(count_of(*vit_b, "image_encoder."), 89670912);
  EXPECT_EQ(count_of(*vit_b, "prompt_encoder."), 6220);
  EXPECT_EQ(count_of(*vit_b, "mask_decoder."), 4058340);
}

TEST(Segmenter, EveryParameterStartsBySegmentAnythingsLaw) {
  const auto model = golden_sam::settings("wide").build(0, 1);
  for (const Parameter& parameter : model->parameters().all()) {
    if (is_our_own(parameter.name)) continue;
    const Tensor value = parameter.value.to(at::kDouble).flatten();
    const Json& wanted = golden_sam::file()["wide"]["starts"][parameter.name];
    const double deviation = wanted[1], numbers = static_cast<double>(value.numel());
    const double mean = value.mean().item<double>(), found = std::sqrt(value.var(/*unbiased=*/false).item<double>());
    EXPECT_NEAR(mean, wanted[0], 1e-6 + 6 * deviation / std::sqrt(numbers)) << parameter.name;
    EXPECT_NEAR(found, deviation, 1e-9 + 5 * deviation / std::sqrt(2 * numbers)) << parameter.name;
  }
}

TEST(Segmenter, FeaturesAreSegmentAnythings) {
  at::NoGradGuard no_grad;
  for (const char* config : {"test", "wide"})
    for (const char* attention : {"explicit", "sdpa"}) {
      SegmenterSettings settings = golden_sam::settings(config);
      settings.attention = attention;
      const Tensor features = features_of(*golden_sam::filled(settings));
      for (int64_t i = 0; i < 2; ++i)
        EXPECT_LT(largest(golden_sam::sampled(features[i]) -
                          golden_sam::numbers(golden_sam::file()[config]["features"][static_cast<size_t>(i)])),
                  2e-5)
            << config << " " << attention;
    }
}

TEST(Segmenter, PromptsOfEveryKindAreEncodedAsSegmentAnythingDoes) {
  at::NoGradGuard no_grad;
  ParameterSet set(1);
  const SamPromptEncoder encoder(set, {.image_size = 128, .grid = 8, .channels = 128});
  fill_by_counter(set);
  for (const Json& each : answers("wide")) {
    const PromptSet prompts = golden_sam::prompts({each}, 32);
    const Tensor tokens = encoder.tokens(prompts);
    if (tokens.numel() > 0) {
      EXPECT_LT(largest(tokens.flatten() - golden_sam::numbers(each["three"]["sparse"])), 1e-5) << each["case"];
    }
    const Tensor map = encoder.map(prompts).expand({1, 64, 128}).transpose(1, 2).contiguous();
    EXPECT_LT(largest(golden_sam::sampled(map) - golden_sam::numbers(each["three"]["dense"])), 1e-5) << each["case"];
  }
}

TEST(Segmenter, MasksAreSegmentAnythings) {
  at::NoGradGuard no_grad;
  for (const char* config : {"test", "wide"}) {
    const auto model = golden_sam::filled(golden_sam::settings(config));
    const Tensor features = features_of(*model);
    const int64_t side = model->preprocess().image_size / 4;
    for (const Json& each : answers(config)) {
      const PromptSet prompts = golden_sam::prompts({each}, side);
      expect_answers(model->decode(features, prompts, true, Draws{}), {each}, "three");
      expect_answers(model->decode(features, prompts, false, Draws{}), {each}, "one");
    }
  }
}

TEST(Segmenter, PromptsOfManyImagesAreAnsweredTogether) {
  at::NoGradGuard no_grad;
  for (const char* config : {"test", "wide"}) {
    const auto model = golden_sam::filled(golden_sam::settings(config));
    const PromptSet prompts = golden_sam::prompts(answers(config), model->preprocess().image_size / 4);
    expect_answers(model->decode(features_of(*model), prompts, true, Draws{}), answers(config), "three");
    expect_answers(model->decode(features_of(*model), prompts, false, Draws{}), answers(config), "one");
  }
}

TEST(Segmenter, PaddingChangesNothingWhereverItStands) {
  at::NoGradGuard no_grad;
  const auto model = golden_sam::filled(golden_sam::settings("wide"));
  const Tensor features = features_of(*model);
  const PromptSet plain = golden_sam::prompts({answers("wide")[0]}, 32);
  PromptSet padded = plain;
  padded.points_PN2 = at::cat({at::full({1, 1, 2}, 55, at::kFloat), plain.points_PN2}, 1);
  padded.labels_PN = at::cat({at::full({1, 1}, PromptSet::kNothing, at::kLong), plain.labels_PN}, 1);
  const MaskOutputs one = model->decode(features, plain, true, Draws{}),
                    other = model->decode(features, padded, true, Draws{});
  EXPECT_LT(largest(one.logits_PMHW - other.logits_PMHW), 1e-5);
  EXPECT_LT(largest(one.objectness_PM - other.objectness_PM), 1e-5);
  EXPECT_LT(largest(one.object_P - other.object_P), 1e-5);
}

Tensor loss_of(const Model& model, bool multimask) {
  const PromptSet prompts = golden_sam::prompts(answers("wide"), 32);
  const MaskOutputs out = model.decode(model.encode(pixels_by_counter(2, 128), Draws{}), prompts, multimask, Draws{});
  return out.logits_PMHW.square().sum() + out.iou_PM.sum() + out.object_P.sum() + out.objectness_PM.sum();
}

TEST(Segmenter, EveryParameterGetsAGradientButTheFixedOne) {
  const auto model = golden_sam::filled(golden_sam::settings("wide"));
  for (Parameter& parameter : model->parameters().all()) parameter.value.requires_grad_(!parameter.is_fixed);
  torch::autograd::backward({loss_of(*model, true) + loss_of(*model, false)}, {});
  for (const Parameter& parameter : model->parameters().all()) {
    if (parameter.is_fixed) continue;
    ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
    // A bias of all keys is nothing to a softmax.
    if (!parameter.name.ends_with(".k_proj.bias")) {
      EXPECT_GT(largest(parameter.value.grad()), 0) << parameter.name;
    }
  }
}

TEST(Segmenter, RecomputedBlocksGiveTheSameGradients) {
  std::vector<Tensor> gradients;
  for (const bool recompute : {false, true}) {
    SegmenterSettings settings = golden_sam::settings("wide");
    settings.recompute = recompute;
    const auto model = golden_sam::filled(settings);
    for (Parameter& parameter : model->parameters().all()) parameter.value.requires_grad_(!parameter.is_fixed);
    torch::autograd::backward({loss_of(*model, true)}, {});
    gradients.push_back(model->parameters().find("image_encoder.blocks.0.attn.rel_pos_h")->value.grad());
  }
  EXPECT_GT(largest(gradients[0]), 0);
  EXPECT_TRUE(gradients[0].equal(gradients[1]));
}

TEST(Segmenter, DropPathDrawsByStepAndOnlyInTraining) {
  at::NoGradGuard no_grad;
  SegmenterSettings settings = golden_sam::settings("wide");
  const auto plain = golden_sam::filled(settings);
  settings.drop_path = 0.9;
  const auto model = golden_sam::filled(settings);
  const Tensor pixels = pixels_by_counter(2, 128);
  const auto at_step = [](int64_t step) { return Draws{.training = true, .seed = 3, .step = step}; };
  EXPECT_TRUE(model->encode(pixels, Draws{}).equal(plain->encode(pixels, Draws{})));
  EXPECT_TRUE(model->encode(pixels, at_step(1)).equal(model->encode(pixels, at_step(1))));
  double most = 0;
  for (int64_t step = 2; step < 8; ++step)
    most = std::max(most, largest(model->encode(pixels, at_step(1)) - model->encode(pixels, at_step(step))));
  EXPECT_GT(most, 1e-3);
}

TEST(Segmenter, NarrowLeavesAnswerInFullWidth) {
  at::NoGradGuard no_grad;
  const auto model = golden_sam::filled(golden_sam::settings("wide"));
  const PromptSet prompts = golden_sam::prompts(answers("wide"), 32);
  const MaskOutputs wide = model->decode(features_of(*model), prompts, true, Draws{});
  for (Parameter& parameter : model->parameters().all()) parameter.value = parameter.value.to(at::kBFloat16);
  const MaskOutputs narrow = model->decode(features_of(*model), prompts, true, Draws{});
  EXPECT_EQ(narrow.logits_PMHW.scalar_type(), at::kFloat);
  EXPECT_EQ(narrow.iou_PM.scalar_type(), at::kFloat);
  EXPECT_LT(largest(narrow.logits_PMHW - wide.logits_PMHW), 0.1 * largest(wide.logits_PMHW));
}

TEST(Segmenter, LowRankNeighboursStartAsNothingAndAreAddedOnTheWayOut) {
  at::NoGradGuard no_grad;
  const ScratchFolder folder;
  SegmenterSettings settings = golden_sam::settings("wide");
  settings.lora = {"image_encoder.*.attn.qkv.weight", "mask_decoder.*_proj.weight"};
  settings.lora_rank = 2;
  const auto plain = golden_sam::filled(golden_sam::settings("wide")), adapted = golden_sam::filled(settings);
  for (Parameter& parameter : adapted->parameters().all())
    if (parameter.name.ends_with(".up")) parameter.value.fill_(0);
  const PromptSet prompts = golden_sam::prompts(answers("wide"), 32);
  const auto masks = [&](const Model& model) {
    return model.decode(features_of(model), prompts, true, Draws{}).logits_PMHW;
  };
  EXPECT_LT(largest(masks(*plain) - masks(*adapted)), 1e-5);
  for (Parameter& parameter : adapted->parameters().all())
    if (parameter.name.ends_with(".up")) parameter.value.fill_(0.05);
  const Tensor after = masks(*adapted);
  EXPECT_GT(largest(after - masks(*plain)), 1e-3);
  save_exported(folder / "merged.safetensors", *adapted, Naming::original);
  const auto merged = golden_sam::settings("wide").build(0, 1);
  InitSettings init;
  init.from = (folder / "merged.safetensors").string();
  load_pretrained(init, merged->parameters());
  EXPECT_LT(largest(masks(*merged) - after), 2e-5);
}

TEST(Segmenter, BothNamingsComeBackAsTheyWent) {
  const ScratchFolder folder;
  const auto model = golden_sam::filled(golden_sam::settings("wide"));
  for (const Naming naming : {Naming::original, Naming::hugging_face}) {
    InitSettings init;
    init.from = (folder / "weights.safetensors").string();
    save_exported(init.from, *model, naming);
    const auto again = golden_sam::settings("wide").build(0, 2);
    const LoadReport report = load_pretrained(init, again->parameters());
    EXPECT_EQ(report.naming, naming);
    EXPECT_EQ(report.own.size(), 12u);
    for (const Parameter& parameter : model->parameters().all())
      if (!is_our_own(parameter.name)) {
        EXPECT_TRUE(parameter.value.equal(again->parameters().find(parameter.name)->value)) << parameter.name;
      }
  }
}

TEST(Segmenter, WeightsOfTransformersGiveItsAnswers) {
  at::NoGradGuard no_grad;
  const ScratchFolder folder;
  const Json& golden = golden_sam::file()["hugging_face"];
  const auto shapes = golden["shapes"].get<std::map<std::string, std::vector<int64_t>>>();
  ParameterSet theirs(1);
  for (const auto& [name, shape] : shapes) theirs.add(name, shape, Init::constant(0));
  fill_by_counter(theirs);
  theirs.find("prompt_encoder.shared_embedding.positional_embedding")
      ->value.copy_(theirs.find("shared_image_embedding.positional_embedding")->value);
  NamedTensors values = named_values(theirs);
  const auto model = golden_sam::settings("wide").build(0, 1);
  InitSettings init;
  init.from = (folder / "theirs.safetensors").string();
  for (const bool has_both : {true, false}) {  // safetensors keeps a tensor that is shared once
    if (!has_both)
      std::erase_if(values, [](const auto& v) { return v.first.starts_with("prompt_encoder.shared_embedding."); });
    save_tensors(init.from, values);
    load_pretrained(init, model->parameters());
    const std::vector<Json> cases = {golden["answer"]};
    // Its decoder's LayerNorm has 1e-6 where segment-anything's has 1e-5.
    expect_answers(model->decode(features_of(*model), golden_sam::prompts(cases, 32), true, Draws{}), cases, "three",
                   5e-4);
  }
  std::map<std::string, std::vector<int64_t>> out;
  for (const auto& [name, value] : exported(model->parameters(), Naming::hugging_face)) out[name] = value.sizes().vec();
  EXPECT_EQ(out, shapes);
}

TEST(Segmenter, WeightsOfAnotherSizeAreResized) {
  at::NoGradGuard no_grad;
  const ScratchFolder folder;
  SegmenterSettings settings = golden_sam::settings("wide");
  const auto model = golden_sam::filled(settings);
  model->parameters().find("image_encoder.pos_embed")->value.fill_(0.25);
  save_exported(folder / "small.safetensors", *model, Naming::original);
  settings.image_size_ = 192;
  const auto larger = settings.build(0, 1);
  InitSettings init;
  init.from = (folder / "small.safetensors").string();
  const LoadReport report = load_pretrained(init, larger->parameters());
  EXPECT_EQ(report.resized, (std::vector<std::string>{"image_encoder.pos_embed [1,8,8,64] -> [1,12,12,64]",
                                                      "image_encoder.blocks.1.attn.rel_pos_h [15,32] -> [23,32]",
                                                      "image_encoder.blocks.1.attn.rel_pos_w [15,32] -> [23,32]"}));
  EXPECT_LT(largest(larger->parameters().find("image_encoder.pos_embed")->value - 0.25), 1e-6);
  // torch.nn.functional.interpolate(linear): the middle of an odd table stays the middle.
  const auto middle = [](const Model& m) {
    const Tensor& table = m.parameters().find("image_encoder.blocks.1.attn.rel_pos_h")->value;
    return table[table.size(0) / 2];
  };
  EXPECT_LT(largest(middle(*model) - middle(*larger)), 1e-6);
}

TEST(Segmenter, SaysWhatItOffers) {
  const auto model = golden_sam::settings("wide").build(0, 1);
  EXPECT_TRUE(model->has_masks());
  EXPECT_FALSE(model->has_pairs());
  EXPECT_EQ(error_of([&] { model->embed({}, Draws{}); }), "this model reads no texts; model.two_tower does");
  EXPECT_EQ(error_of([&] { model->logit_scale(); }), "this model compares no images with texts; model.two_tower does");
}

TEST(Segmenter, WrongSizesAreNamed) {
  SegmenterSettings settings = golden_sam::settings("wide");
  settings.image_size_ = 120;
  EXPECT_EQ(error_of([&] { settings.build(0, 1); }),
            "model.segmenter: image_size is 120, which patch 16 does not divide");
  settings = golden_sam::settings("wide");
  settings.global_blocks = {"2"};
  EXPECT_EQ(error_of([&] { settings.build(0, 1); }),
            "model.segmenter.global_blocks: found \"2\", wanted the number of a block, 0 to 1");
  const auto model = golden_sam::settings("wide").build(0, 1);
  EXPECT_EQ(error_of([&] {
              model->decode(features_of(*model), golden_sam::prompts({answers("wide")[4]}, 64), true, Draws{});
            }),
            "a mask prompt is 64 x 64, wanted 32 x 32 (low-resolution logits)");
}

}  // namespace
}  // namespace weft
