// SPDX-License-Identifier: Apache-2.0
// Effect sizes: what must be learned from pictures and words, not only that numbers move.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "launch/run_evaluate.h"
#include "launch/run_train.h"
#include "launch/thread_comm.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

constexpr const char* kColors[] = {"red", "green", "blue", "yellow", "white", "black"};
constexpr uint8_t kValues[][3] = {{220, 30, 30},  {30, 200, 40},   {40, 60, 220},
                                  {230, 220, 40}, {240, 240, 240}, {20, 20, 20}};
constexpr const char* kShapes[] = {"disc", "bar"};

// A coloured disc or bar at a random place on noise; its color and its shape are two texts, each true of many pictures.
Image scene(int number, int color, int shape) {
  Stream stream(1, Purpose::augment, 0, static_cast<uint64_t>(number));
  Image image(32, 32, 3);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(100 + stream.below(60));
  const double cx = stream.uniform(9, 23), cy = stream.uniform(9, 23);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) {
      const double dx = x - cx, dy = y - cy;
      const bool inside = shape == 0 ? dx * dx + dy * dy < 60 : std::abs(dx) < 14 && std::abs(dy) < 3;
      for (int c = 0; c < 3 && inside; ++c) image.row(y)[3 * x + c] = kValues[color][c];
    }
  return image;
}

double figure(const nlohmann::json& evaluation, const std::string& name, const char* column) {
  for (const auto& metric : evaluation["metrics"])
    if (metric["name"] == name) return metric[column];
  return -1;
}

TEST(Learning, ColorsAndShapesOfUnseenPicturesAreRetrieved) {
  ScratchFolder scratch;
  std::string lines;
  for (int i = 0; i < 300; ++i) {
    const int color = i % 6, shape = i / 6 % 2;
    const std::string name = "s" + std::to_string(i) + ".png";
    write_atomically(scratch / name, encode_png(scene(i, color, shape)));
    for (const char* text : {kColors[color], kShapes[shape]}) lines += name + "\t" + text + "\n";
  }
  write_atomically(scratch / "pairs.tsv", lines);
  TsvImporter importer;
  importer.held_back = 0.25;
  importer.tokenizer_merges = 30;
  importer.run({scratch / "pairs.tsv", scratch / "dataset", "scenes"});

  const Path recipe = toy::write_recipe(scratch);
  const std::vector<std::string> overrides = {"run.steps=700",
                                              "run.save_every=700",
                                              "run.log_every=50",
                                              "batch.global=32",
                                              "optimizer.lr=2e-3",
                                              "schedule.warmup_steps=10",
                                              "data.texts_per_image=2",
                                              "model.two_tower.image_size=32",
                                              "model.two_tower.image_layers=2"};
  run_thread_ranks(2, [&](Comm& comm) { EXPECT_EQ(run_train({recipe, overrides, false, 1}, comm), Exit::done); });
  LocalComm alone;
  ASSERT_EQ(run_evaluate({scratch / "run", {"evaluate.split=held_back"}, 1}, alone), Exit::done);
  const auto evaluation = nlohmann::json::parse(read_text(scratch / "run" / "evaluation.json"));
  EXPECT_GT(figure(evaluation, "captions.text_to_image_map", "weft"), 0.9);
  EXPECT_LT(figure(evaluation, "captions.text_to_image_map", "chance"), 0.4);
}

}  // namespace
}  // namespace weft
