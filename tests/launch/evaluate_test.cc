// SPDX-License-Identifier: Apache-2.0
// Whole evaluations of a small run: the same bytes for any number of ranks, and what is judged and left out.
#include "launch/run_evaluate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "data/tokenizer.h"
#include "launch/run_train.h"
#include "launch/thread_comm.h"
#include "losses/metrics/retrieval.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

constexpr const char* kColors[] = {"red", "green", "blue", "yellow"};
constexpr const char* kFarben[] = {"rot", "gruen", "blau", "gelb"};
constexpr uint8_t kValues[][3] = {{220, 30, 30}, {30, 200, 40}, {40, 60, 220}, {230, 220, 40}};

// A coloured disc on noise, large or small.
Image disc(int number) {
  Stream stream(1, Purpose::augment, 0, static_cast<uint64_t>(number));
  Image image(32, 32, 3);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(90 + stream.below(60));
  const int radius = number / 4 % 2 == 0 ? 15 : 4;
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3 && (x - 16) * (x - 16) + (y - 16) * (y - 16) < radius * radius; ++c)
        image.row(y)[3 * x + c] = kValues[number % 4][c];
  return image;
}

// 96 pictures: `colors` is a closed list of classes, one of them never seen; of `sizes` some cells are verified, both
// ways for "large", one way for "round"; every eighth picture has two colours said of it.  `farben` has them in German.
void write_dataset(const ScratchFolder& scratch) {
  StoreWriter writer(scratch / "dataset", {.name = "discs", .licence = "none"});
  EvidenceWriter& colors = writer.layer("colors");
  for (const char* name : {"red", "green", "blue", "yellow", "violet"})
    colors.vocabulary().about(colors.vocabulary().row_of(name)).closed = true;
  colors.vocabulary().about(colors.vocabulary().row_of("red")).synonyms = {"crimson"};
  EvidenceWriter& farben = writer.layer("farben");
  EvidenceWriter& sizes = writer.layer("sizes");
  std::vector<std::string> held_back, dev;
  for (int i = 0; i < 96; ++i) {
    const std::string key = "disc-" + std::to_string(i);
    const Uid uid = writer.add(encode_png(disc(i)), key, key);
    colors.add(uid, kColors[i % 4]);
    farben.add(uid, kFarben[i % 4]);
    if (i == 16) farben.add(uid, "red");  // spelt alike in both languages
    if (i % 8 == 7) colors.add(uid, kColors[(i + 1) % 4]);
    if (i % 5 != 0) sizes.add(uid, "large", i / 4 % 2 == 0 ? Kind::pos : Kind::neg);
    sizes.add(uid, "round");
    if (i / 8 % 3 == 2) held_back.push_back(key);  // every eight pictures have every color in both sizes
    if (i / 8 % 6 == 1) dev.push_back(key);
  }
  writer.set_split("held_back", held_back);
  writer.set_split("dev", dev);
  train_tokenizer({"red green blue yellow violet crimson large round disc a"}, 20).save(scratch / "merges.txt");
  writer.set_tokenizer(scratch / "merges.txt");
  writer.finish();
}

nlohmann::json evaluate(const ScratchFolder& scratch, int ranks, const std::vector<std::string>& overrides = {}) {
  run_thread_ranks(ranks,
                   [&](Comm& comm) { EXPECT_EQ(run_evaluate({scratch / "run", overrides, 1}, comm), Exit::done); });
  return nlohmann::json::parse(read_text(scratch / "run" / "evaluation.json"));
}

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    write_dataset(scratch_);
    const Path recipe = toy::write_recipe(
        scratch_,
        "[evaluate]\nzero_shot = [\"colors\"]\nverified = [\"sizes\"]\ntemplates = [\"a {} disc\", \"{}\"]\n"
        "synonyms = true\nprobe = true\nneighbours = true\ngallery_texts = 2\n");
    run_thread_ranks(2, [&](Comm& comm) { EXPECT_EQ(run_train({recipe, {}, false, 1}, comm), Exit::done); });
  }
  static double figure(const nlohmann::json& evaluation, const std::string& name, const char* column = "weft") {
    for (const auto& metric : evaluation["metrics"])
      if (metric["name"] == name) return metric[column].is_number() ? metric[column].get<double>() : -1;
    ADD_FAILURE() << "no figure " << name;
    return -1;
  }
  ScratchFolder scratch_;
};

TEST_F(Evaluate, OneTwoAndFourRanksWriteTheSameBytes) {
  evaluate(scratch_, 1);
  const auto one = read_text(scratch_ / "run" / "evaluation.json"), queries = read_text(scratch_ / "run/queries.json");
  for (const int ranks : {2, 4}) {
    evaluate(scratch_, ranks);
    EXPECT_EQ(one, read_text(scratch_ / "run" / "evaluation.json")) << ranks;
    EXPECT_EQ(queries, read_text(scratch_ / "run" / "queries.json")) << ranks;
  }
}

TEST_F(Evaluate, ClassesAreJudgedOnImagesOfExactlyOne) {
  const auto evaluation = evaluate(scratch_, 1);
  ASSERT_EQ(evaluation["classifiers"].size(), 3u);  // texts, probe, neighbours
  const auto& zero_shot = evaluation["classifiers"][0];
  EXPECT_EQ(zero_shot["classes"], 5);
  EXPECT_EQ(zero_shot["images"], 28);
  EXPECT_EQ(zero_shot["several"], 4);
  EXPECT_EQ(zero_shot["without"], 0);
  EXPECT_DOUBLE_EQ(figure(evaluation, "colors.zero_shot_accuracy", "chance"), 0.2);
  EXPECT_GT(figure(evaluation, "colors.probe_accuracy"), 0.9);
  EXPECT_GT(figure(evaluation, "colors.neighbours_accuracy"), 0.9);
  for (const char* name :
       {"colors.zero_shot_recall", "colors.probe_ece", "colors.probe_ece_mass", "colors.probe_brier"})
    EXPECT_GE(figure(evaluation, name), 0) << name;
}

TEST_F(Evaluate, TextsAreJudgedOverVerifiedImagesAloneAndOneSidedOnesAreListed) {
  const auto evaluation = evaluate(scratch_, 1);
  ASSERT_EQ(evaluation["verified"].size(), 2u);  // by texts, by probes
  const auto& found = evaluation["verified"][0];
  ASSERT_EQ(found["concepts"].size(), 1u);
  EXPECT_EQ(found["concepts"][0]["text"], "large");
  EXPECT_EQ(found["concepts"][0]["true"], 13);
  EXPECT_EQ(found["concepts"][0]["false"], 12);
  ASSERT_EQ(found["one_sided"].size(), 1u);
  EXPECT_EQ(found["one_sided"][0]["text"], "round");
  EXPECT_GT(figure(evaluation, "sizes.probe_auroc"), 0.9);
  EXPECT_DOUBLE_EQ(figure(evaluation, "sizes.texts_ap", "chance"), chance_average_precision(13, 25));
}

TEST_F(Evaluate, TextsOfTwoLanguagesRankEachOtherByTheImagesOfBoth) {
  const auto evaluation = evaluate(scratch_, 2, {"evaluate.across=[\"colors\", \"farben\"]"});
  // Without "red", which needs no translation: three queries with one true candidate of four; then "rot" has none left,
  // and the others have one of three.
  EXPECT_DOUBLE_EQ(figure(evaluation, "colors to farben.text_to_text_map", "chance"), chance_average_precision(1, 4));
  EXPECT_DOUBLE_EQ(figure(evaluation, "farben to colors.text_to_text_map", "chance"), chance_average_precision(1, 3));
  const auto queries = nlohmann::json::parse(read_text(scratch_ / "run/queries.json"));
  EXPECT_EQ(queries["colors to farben"].size(), 3u);
  EXPECT_FALSE(queries["colors to farben"].contains("red"));
  EXPECT_FALSE(queries["farben to colors"].contains("rot"));
}

TEST_F(Evaluate, TheReportShowsEveryTask) {
  evaluate(scratch_, 1);
  const std::string html = read_text(scratch_ / "run" / "report.html");
  for (const char* part : {"Retrieval", "One class of several", "Each text by itself, over verified images",
                           "colors: linear probe", "sizes: by probes", "Taken for each other",
                           "Is it as sure as it is right?", "1 text of which one kind is known"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
}

TEST_F(Evaluate, WhatCannotBeJudgedIsAnErrorThatSaysWhy) {
  LocalComm alone;
  const auto message = [&](const std::vector<std::string>& overrides) {
    return error_of([&] { run_evaluate({scratch_ / "run", overrides, 1}, alone); });
  };
  EXPECT_NE(message({"evaluate.zero_shot=[\"colours\"]"}).find("did you mean \"colors\""), std::string::npos);
  EXPECT_NE(message({"evaluate.verified=[\"colors\"]"}).find("is known to be true of one image"), std::string::npos);
  EXPECT_NE(message({"evaluate.dev_split=nothing"}), "");
  EXPECT_NE(message({"evaluate.across=[\"colors\"]"}).find("names 1 layers; wanted two"), std::string::npos);
  EXPECT_NE(message({"evaluate.templates=[\"a disc\"]"}).find("texts with {} in them"), std::string::npos);
}

}  // namespace
}  // namespace weft
