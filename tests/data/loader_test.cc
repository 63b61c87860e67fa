// SPDX-License-Identifier: Apache-2.0
// What the loader says when a thread of it fails or hangs.  That its batches are right: tests/launch/run_train_test.cc.
#include "data/loader.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/fault.h"
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

}  // namespace
}  // namespace weft
