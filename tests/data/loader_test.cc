// SPDX-License-Identifier: Apache-2.0
// What the loader says when a thread of it fails or hangs.  That its batches are right: tests/launch/run_train_test.cc.
#include "data/loader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "base/fault.h"
#include "data/geometry.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

class FailingLoader : public testing::Test {
 protected:
  void SetUp() override {
    toy::import_pairs(scratch_, 12);
    sources_ = std::make_unique<Sources>(scratch_ / "dataset");
    tokenizer_ = std::make_unique<Tokenizer>(scratch_ / "dataset/tokenizer.txt");
  }
  void TearDown() override { fault::clear(); }

  // The Error of the first step that cannot be had, and its exit code.
  std::pair<std::string, Exit> error_of_steps(const char* fault, int64_t steps, double deadline_seconds) {
    fault::add_plan({fault});
    DataSettings settings;
    settings.threads = 2;
    Loader loader(*sources_, *tokenizer_, settings, {6, 16, 8, 1, 0, 1, deadline_seconds}, 0);
    try {
      for (int64_t step = 0; step < steps; ++step) damaged_ += loader.next().damaged.size();
    } catch (const Error& error) {
      return {error.what(), error.exit()};
    }
    return {"", Exit::done};
  }

  ScratchFolder scratch_;
  std::unique_ptr<Sources> sources_;
  std::unique_ptr<Tokenizer> tokenizer_;
  size_t damaged_ = 0;
};

TEST_F(FailingLoader, AnExceptionInAThreadReachesTheTrainerWithItsSample) {
  const auto [message, exit] = error_of_steps("loader_death:0:2", 5, 0);
  EXPECT_NE(message.find("on purpose\n  ... while making sample "), std::string::npos) << message;
  EXPECT_NE(message.find("of step 2"), std::string::npos) << message;
  EXPECT_EQ(exit, Exit::failed);
}

TEST_F(FailingLoader, AThreadThatHangsIsADeadlineErrorNamingTheSample) {
  const auto start = std::chrono::steady_clock::now();
  const auto [message, exit] = error_of_steps("loader_hang:0:2", 5, 0.5);
  EXPECT_NE(message.find("rank 0: the data of step 2 is not there after 0.4 s; 6 of its 7 parts are"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("a thread hangs at sample "), std::string::npos) << message;
  EXPECT_EQ(exit, Exit::peer_lost);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << "it must not wait for the thread";
}

TEST_F(FailingLoader, ADamagedImageIsListedAndTheRestGoesOn) {
  EXPECT_EQ(error_of_steps("damaged:0:1+", 4, 0).first, "");
  EXPECT_EQ(damaged_, 3u);
}

class LoaderEvidence : public FailingLoader {
 protected:
  // The mask of what the first view of a step's first picture does not know; nothing where it knows all.
  std::optional<Rle> unknown_in(const AugmentSettings& augment, std::vector<uint8_t>* pixels = nullptr) {
    DataSettings settings;
    settings.threads = 1, settings.regions = true, settings.augment = augment;
    Loader loader(*sources_, *tokenizer_, settings, {6, kSize, 8, 1, 0, 1, 0}, 0);
    const Batch& batch = loader.next();
    if (pixels) *pixels = batch.pixels;
    std::optional<Rle> found;
    for (const Record& record : batch.evidence.at(0)) {
      if (record.kind != Kind::unknown || record.scope != Scope::mask) continue;
      EXPECT_FALSE(found) << "once";
      EXPECT_EQ(record.concept_row, kAnyConcept);
      found = mask_of(record.geometry);
    }
    return found;
  }
  static constexpr int kSize = 16;
};

TEST_F(LoaderEvidence, PaddingIsUnknownAndWhatThePictureFillsIsNot) {
  AugmentSettings small;
  small.scale_jitter_min = small.scale_jitter_max = 0.5;
  std::vector<uint8_t> pixels;
  const std::optional<Rle> padding = unknown_in(small, &pixels);
  ASSERT_TRUE(padding);
  std::vector<uint8_t> bitmap(kSize * kSize);
  paint_rle(*padding, bitmap.data(), 1);
  EXPECT_GT(area_of(*padding), uint64_t{kSize * kSize / 2});
  for (size_t i = 0; i < bitmap.size(); ++i)
    if (bitmap[i]) {
      EXPECT_EQ(pixels[i], 127) << "padding is mid-grey";
    }
  EXPECT_FALSE(unknown_in({}));
}

TEST_F(LoaderEvidence, AMirroredEdgeAndACutoutAreUnknown) {
  AugmentSettings turned;
  turned.rotate_degrees = 90;
  EXPECT_TRUE(unknown_in(turned));
  AugmentSettings hidden;
  hidden.cutout = 1;
  const std::optional<Rle> mask = unknown_in(hidden);
  ASSERT_TRUE(mask);
  const auto [x, y, width, height] = box_of_rle(*mask);
  EXPECT_EQ(area_of(*mask), width * height) << "a rectangle";
}

}  // namespace
}  // namespace weft
