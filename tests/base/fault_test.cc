// SPDX-License-Identifier: Apache-2.0
#include "base/fault.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "tests/support.h"

namespace weft {
namespace {

class Fault : public testing::Test {
 protected:
  void SetUp() override { log::bind_rank(1); }
  void TearDown() override {
    fault::clear();
    log::bind_rank(0);
  }
  static std::vector<int64_t> steps_of(const char* kind, int64_t end) {
    std::vector<int64_t> steps;
    for (int64_t step = 0; step < end; ++step)
      if (fault::due(kind, step)) steps.push_back(step);
    return steps;
  }
};

using Steps = std::vector<int64_t>;

TEST_F(Fault, WithoutAPlanNothingHappens) {
  for (const char* point : fault::kPoints) fault::at(point, 0);
  EXPECT_FALSE(fault::due("nan", 0));
}

TEST_F(Fault, StrikesItsRankAtItsStepOnce) {
  fault::add_plan({"nan:1:3", "nan:0:4", "oom:1:2:64"});
  EXPECT_EQ(steps_of("nan", 6), Steps{3});
  EXPECT_EQ(steps_of("nan", 6), Steps{});  // as when a step is taken again
  EXPECT_EQ(fault::due("oom", 2), 64);
}

TEST_F(Fault, AStarIsEveryRankOrStepAndAPlusEveryStepFromThereOn) {
  fault::add_plan({"nan:*:1", "oom:1:*", "flip:1:3+"});
  EXPECT_EQ(fault::due("nan", 1), 0);
  std::thread([] {
    log::bind_rank(7);
    EXPECT_EQ(fault::due("nan", 1), 0);
    EXPECT_FALSE(fault::due("oom", 1));
  }).join();
  EXPECT_EQ(steps_of("oom", 4), (Steps{0, 1, 2, 3}));
  EXPECT_EQ(steps_of("flip", 6), (Steps{3, 4, 5}));
}

TEST_F(Fault, ASeedDrawsOneStepBelowItsBound) {
  Steps drawn;
  for (int seed = 0; seed < 40; ++seed) {
    fault::clear();
    fault::add_plan({join("nan:1:~10/", seed)});
    const Steps steps = steps_of("nan", 20);
    ASSERT_EQ(steps.size(), 1u);
    ASSERT_LT(steps[0], 10);
    drawn.push_back(steps[0]);
  }
  std::sort(drawn.begin(), drawn.end());
  EXPECT_GE(std::unique(drawn.begin(), drawn.end()) - drawn.begin(), 8);
}

TEST_F(Fault, ActsAtItsPointAlone) {
  fault::add_plan({"throw:1:2", "throw:1:2@update"});
  fault::at("forward", 2);
  fault::at("update", 1);
  EXPECT_THROW(fault::at("batch", 2), std::runtime_error);
  EXPECT_THROW(fault::at("update", 2), std::runtime_error);
  fault::at("update", 2);
}

TEST_F(Fault, TwoFaultsStrikeAtOnePointInTheirOrder) {
  fault::add_plan({"slow:1:0:30", "throw:1:0"});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(fault::at("batch", 0), std::runtime_error);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
}

TEST_F(Fault, EndsTheProcessAsItsKindSays) {
  const auto ends = [](const char* item) {
    fault::clear();
    fault::add_plan({item});
    fault::at("batch", 0);
  };
  EXPECT_EXIT(ends("kill:1:0"), testing::KilledBySignal(SIGKILL), "a fault on purpose: kill:1:0 at step 0");
  EXPECT_EXIT(ends("exit:1:0:42"), testing::ExitedWithCode(42), "");
  EXPECT_EXIT(ends("abort:1:0"), testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(ends("segv:1:0"), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(ends("usr1:1:0"), testing::KilledBySignal(SIGUSR1), "");
}

TEST_F(Fault, ReadsTheEnvironment) {
  ::setenv("WEFT_FAULTS", "nan:1:1,oom:1:2", 1);
  fault::add_plan_from_environment();
  ::unsetenv("WEFT_FAULTS");
  EXPECT_TRUE(fault::due("nan", 1));
  EXPECT_TRUE(fault::due("oom", 2));
}

TEST_F(Fault, APlanThatCannotBeReadNamesTheItemAndWhatIsKnown) {
  const auto error = [](const char* item) { return error_of([&] { fault::add_plan({"nan:0:1", item}); }); };
  EXPECT_NE(error("kil:1:7").find("did you mean \"kill\"?"), std::string::npos) << error("kil:1:7");
  EXPECT_NE(error("kil:1:7").find("loader_hang"), std::string::npos);
  EXPECT_NE(error("kill:1:7@updated").find("did you mean \"update\"?"), std::string::npos);
  EXPECT_NE(error("nan:1:7@update").find("takes no @point"), std::string::npos);
  for (const char* item : {"", "kill", "kill:1", "kill:1:2:3:4", "kill:x:2", "kill:1:-2", "kill:1:", "kill:1:~5",
                           "kill:1:~0/1", "exit:1:2:much", "exit:1:2:", "kill:1:2@"})
    EXPECT_NE(error(item).find(join("reading the fault \"", item, "\"")), std::string::npos) << item;
  EXPECT_FALSE(fault::due("nan", 1)) << "a plan with a mistake leaves nothing behind";
}

}  // namespace
}  // namespace weft
