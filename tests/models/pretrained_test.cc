// SPDX-License-Identifier: Apache-2.0
// Weights in and out by open_clip's and transformers' names.
#include "models/pretrained.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <map>

#include "models/exported.h"
#include "tests/models/counter_fill.h"
#include "tests/models/golden_models.h"
#include "tests/support.h"
#include "trainer/texts.h"

namespace weft {
namespace {

using golden::Json;

InitSettings init_from(const Path& file, std::vector<std::string> may_lack = {},
                       std::vector<std::string> may_ignore = {}) {
  InitSettings settings;
  settings.from = file.string();
  settings.may_lack = std::move(may_lack);
  settings.may_ignore = std::move(may_ignore);
  return settings;
}

std::unique_ptr<Model> filled(const TwoTowerSettings& settings) {
  auto model = settings.build(golden::kVocabulary, 1);
  fill_by_counter(model->parameters());
  return model;
}

TEST(Pretrained, BothNamingsComeBackAsTheyWent) {
  const ScratchFolder folder;
  for (const char* family : {"clip", "siglip"})
    for (const Naming naming : {Naming::original, Naming::hugging_face}) {
      const auto model = filled(golden::settings(family));
      const Path file = folder / "weights.safetensors";
      save_exported(file, *model, naming);
      const auto again = golden::settings(family).build(golden::kVocabulary, 2);
      const LoadReport report = load_pretrained(init_from(file), again->parameters());
      EXPECT_EQ(report.naming, naming);
      EXPECT_EQ(report.matched, model->parameters().all().size());
      for (const Parameter& parameter : model->parameters().all())
        EXPECT_TRUE(parameter.value.equal(again->parameters().find(parameter.name)->value)) << parameter.name;
    }
}

// tests/golden/make_hugging_face.py: models of transformers, filled by their own names.
TEST(Pretrained, WeightsOfTransformersGiveItsFeatures) {
  at::NoGradGuard no_grad;
  const ScratchFolder folder;
  const Json golden = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/hugging_face.json"));
  for (const char* family : {"clip", "siglip"}) {
    const auto shapes = golden[family]["shapes"].get<std::map<std::string, std::vector<int64_t>>>();
    ParameterSet theirs(1);
    for (const auto& [name, shape] : shapes) theirs.add(name, shape, Init::constant(0));
    fill_by_counter(theirs);
    save_tensors(folder / "theirs.safetensors", named_values(theirs));
    const auto model = golden::settings(family).build(golden::kVocabulary, 1);
    load_pretrained(init_from(folder / "theirs.safetensors"), model->parameters());
    const Tensor image = model->encode(pixels_by_counter(2, 16), Draws{});
    const auto tokens = golden[family == std::string("clip") ? "texts" : "padded"].get<Tokens>();
    const Tensor text = embed_trimmed(*model, tokens, {0, 3}, Draws{});
    EXPECT_LT((image - golden::tensor_of(golden[family]["image"])).abs().max().item<double>(), 2e-6) << family;
    EXPECT_LT((text - golden::tensor_of(golden[family]["text"])).abs().max().item<double>(), 2e-6) << family;
    std::map<std::string, std::vector<int64_t>> out;
    for (const auto& [name, value] : exported(model->parameters(), Naming::hugging_face))
      out[name] = value.sizes().vec();
    EXPECT_EQ(out, shapes);
  }
}

TEST(Pretrained, OpenClipsNamesGoOut) {
  for (const char* family : {"clip", "siglip"}) {
    std::map<std::string, std::vector<int64_t>> out;
    for (const auto& [name, value] : exported(filled(golden::settings(family))->parameters(), Naming::original))
      out[name] = value.sizes().vec();
    EXPECT_EQ(out, (golden::file()[family]["shapes"].get<decltype(out)>()));
  }
}

TEST(Pretrained, PreprocessingIsStoredBesideTheWeights) {
  const ScratchFolder folder;
  save_exported(folder / "weights.safetensors", *filled(golden::settings("siglip")), Naming::original);
  const Json cfg = Json::parse(read_safetensors_header(folder / "weights.safetensors").metadata.at("preprocess_cfg"));
  EXPECT_EQ(cfg["resize_mode"], "squash");
  EXPECT_EQ(cfg["size"], (std::vector<int>{16, 16}));
  EXPECT_EQ(cfg["mean"], (std::vector<double>{0.5, 0.5, 0.5}));
}

TEST(Pretrained, PositionsAreResizedAsOpenClipDoes) {
  const ScratchFolder folder;
  for (const Json& each : golden::file()["resized"]) {
    const std::string name = each["name"];
    ParameterSet from(1), to(1);
    from.add(name, each["from"].get<std::vector<int64_t>>(), Init::constant(0));
    fill_by_counter(from);
    to.add(name, each["to"].get<std::vector<int64_t>>(), Init::constant(0));
    save_tensors(folder / "positions.safetensors", named_values(from));
    const LoadReport report = load_pretrained(init_from(folder / "positions.safetensors"), to);
    EXPECT_EQ(report.resized.size(), 1u);
    EXPECT_LT((to.find(name)->value - golden::tensor_of(each["values"])).abs().max().item<double>(), 1e-6)
        << each["to"];
  }
}

TEST(Pretrained, TimmsPositionsHaveNoClassRow) {
  const ScratchFolder folder;
  ParameterSet from(1), to(1);
  from.add("visual.trunk.pos_embed", {1, 9, 4}, Init::constant(0.25));
  to.add("visual.trunk.pos_embed", {1, 16, 4}, Init::constant(0));
  save_tensors(folder / "positions.safetensors", named_values(from));
  const LoadReport report = load_pretrained(init_from(folder / "positions.safetensors"), to);
  EXPECT_EQ(report.resized, std::vector<std::string>{"visual.trunk.pos_embed [1,9,4] -> [1,16,4]"});
  EXPECT_LT((to.find("visual.trunk.pos_embed")->value - 0.25).abs().max().item<double>(), 1e-6);
}

TEST(Pretrained, HalfPrecisionIsRead) {
  const ScratchFolder folder;
  for (const auto& [type, dtype] : {std::pair{at::kHalf, "F16"}, std::pair{at::kBFloat16, "BF16"}}) {
    const auto model = filled(golden::settings("clip"));
    std::vector<Tensor> kept;
    std::vector<SafetensorsTensor> list;
    for (const auto& [name, value] : named_values(model->parameters())) {
      kept.push_back(value.to(type));
      list.push_back({name, dtype, value.sizes().vec(), kept.back().data_ptr()});
    }
    write_safetensors(folder / "half.safetensors", list);
    const auto again = golden::settings("clip").build(golden::kVocabulary, 2);
    load_pretrained(init_from(folder / "half.safetensors"), again->parameters());
    for (const Parameter& parameter : model->parameters().all())
      EXPECT_TRUE(parameter.value.to(type).to(at::kFloat).equal(again->parameters().find(parameter.name)->value));
  }
}

TEST(Pretrained, NothingIsSilent) {
  const ScratchFolder folder;
  const auto model = filled(golden::settings("clip"));
  NamedTensors values = named_values(model->parameters());
  std::erase_if(values, [](const auto& v) { return v.first == "visual.proj"; });
  values.emplace_back("head.weight", at::zeros({3}));
  values.emplace_back("context_length", at::zeros({}));
  for (auto& [name, value] : values)
    if (name == "token_embedding.weight") value = at::zeros({41, 32});
  const Path file = folder / "other.safetensors";
  save_tensors(file, values);
  ParameterSet& into = model->parameters();
  EXPECT_EQ(error_of([&] { load_pretrained(init_from(file), into); }),
            file.string() +
                ": 60 tensors fit the model, but\n  missing: visual.proj\n  unexpected: head.weight\n"
                "  mismatched: token_embedding.weight ([41,32] in the file, wanted [40,32])\n"
                "hint: init.may_lack and init.may_ignore take globs of what is meant to be so");
  const Tensor before = into.find("visual.proj")->value.clone();
  const LoadReport report = load_pretrained(init_from(file, {"visual.proj", "token_*"}, {"head.*"}), into);
  EXPECT_EQ(report.missing.size(), 2u);
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"head.weight"});
  EXPECT_EQ(report.buffers, std::vector<std::string>{"context_length"});
  EXPECT_TRUE(into.find("visual.proj")->value.equal(before));
  EXPECT_NE(report.text().find("60 tensors taken, 0 resized, 2 missing, 1 unexpected"), std::string::npos);
}

TEST(Pretrained, TextsAreFoundWithAndWithoutTheirPrefix) {
  const ScratchFolder folder;
  const auto model = filled(golden::settings("clip"));
  NamedTensors values = named_values(model->parameters());
  for (auto& [name, value] : values)
    if (!name.starts_with("visual.") && name != "logit_scale") name = "text." + name;
  save_tensors(folder / "custom.safetensors", values);
  const auto again = golden::settings("clip").build(golden::kVocabulary, 2);
  EXPECT_EQ(load_pretrained(init_from(folder / "custom.safetensors"), again->parameters()).matched, values.size());
}

TEST(LowRankWeights, StartAsNothingAndAreAddedOnTheWayOut) {
  at::NoGradGuard no_grad;
  TwoTowerSettings settings = golden::settings("clip");
  const auto plain = filled(settings);
  const ScratchFolder folder;
  save_exported(folder / "plain.safetensors", *plain, Naming::original);
  settings.lora = {"visual.*attn*", "transformer.resblocks.1.mlp.*"};
  settings.lora_rank = 4;
  settings.lora_alpha = 2;
  const auto adapted = settings.build(golden::kVocabulary, 1);
  const LoadReport report = load_pretrained(init_from(folder / "plain.safetensors"), adapted->parameters());
  EXPECT_EQ(report.own.size(), 2u * (4 + 2));
  const Tensor pixels = pixels_by_counter(2, 16), before = plain->encode(pixels, Draws{});
  EXPECT_TRUE(before.equal(adapted->encode(pixels, Draws{})));

  for (Parameter& parameter : adapted->parameters().all())
    if (parameter.name.ends_with(".up")) parameter.value.fill_(0.05);
  const Tensor after = adapted->encode(pixels, Draws{});
  EXPECT_GT((after - before).abs().max().item<double>(), 1e-3);
  save_exported(folder / "merged.safetensors", *adapted, Naming::original);
  const auto merged = golden::settings("clip").build(golden::kVocabulary, 3);
  load_pretrained(init_from(folder / "merged.safetensors"), merged->parameters());
  EXPECT_LT((merged->encode(pixels, Draws{}) - after).abs().max().item<double>(), 2e-6);
}

TEST(LowRankWeights, AGlobThatNamesNoLinearLayerIsAnError) {
  TwoTowerSettings settings = golden::settings("clip");
  settings.lora = {"visual.proj"};
  EXPECT_EQ(error_of([&] { settings.build(golden::kVocabulary, 1); }),
            "model.two_tower.lora: \"visual.proj\" matches no weight of a linear layer, as "
            "\"*.attn.out_proj.weight\" does");
}

}  // namespace
}  // namespace weft
