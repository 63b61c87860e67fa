// SPDX-License-Identifier: Apache-2.0
#include "trainer/schedule.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace weft {
namespace {

ScheduleSettings shaped(const std::string& shape) {
  ScheduleSettings settings;
  settings.shape = shape;
  settings.warmup_steps = 4;
  return settings;
}

ScheduleSettings rsqrt() {
  ScheduleSettings settings = shaped("rsqrt");
  settings.timescale_steps = 12;
  settings.anneal_steps = 10;
  return settings;
}

ScheduleSettings infinite() {
  ScheduleSettings settings = shaped("infinite");
  settings.cooldown_steps = 8;
  settings.constant_share = 0.5;
  settings.anneal_steps = 10;
  settings.final_share = 0.1;
  return settings;
}

TEST(Schedule, WarmsUpLinearlyAndReachesThePeak) {
  for (const char* shape : {"constant", "cosine", "rsqrt", "infinite"})
    for (int64_t step = 0; step < 4; ++step)
      EXPECT_DOUBLE_EQ(learning_rate(shaped(shape), 2, step, 100), 2 * static_cast<double>(step + 1) / 4) << shape;
}

TEST(Schedule, ConstantStaysAtThePeak) {
  EXPECT_DOUBLE_EQ(learning_rate(shaped("constant"), 2, 4, 100), 2);
  EXPECT_DOUBLE_EQ(learning_rate(shaped("constant"), 2, 99, 100), 2);
}

TEST(Schedule, CosineEndsAtItsFinalShare) {
  ScheduleSettings settings = shaped("cosine");
  settings.final_share = 0.2;
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 4, 104), 2);
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 54, 104), 1.2);  // half way: (1 + 0.2) / 2
  EXPECT_NEAR(learning_rate(settings, 2, 29, 104), 2 * (0.2 + 0.8 * 0.8535533905932737), 1e-12);  // cos(pi / 4)
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 104, 104), 0.4);
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 200, 104), 0.4);
}

TEST(Schedule, RsqrtFallsWithTheRootAndAnnealsToItsFinalShare) {
  EXPECT_DOUBLE_EQ(learning_rate(rsqrt(), 2, 4, 1000), 2);
  EXPECT_DOUBLE_EQ(learning_rate(rsqrt(), 2, 4 + 36, 1000), 1);        // sqrt(12 / 48)
  EXPECT_DOUBLE_EQ(learning_rate(rsqrt(), 2, 4 + 96, 1000), 2 / 3.0);  // sqrt(12 / 108)
  // The anneal of a run of 105 steps begins at step 95; at step 100 it is half way to 0.
  EXPECT_DOUBLE_EQ(learning_rate(rsqrt(), 2, 100, 105), 1 / 3.0);
  EXPECT_DOUBLE_EQ(learning_rate(rsqrt(), 2, 105, 105), 0);
}

TEST(Schedule, InfiniteCoolsDownStaysAndAnneals) {
  EXPECT_DOUBLE_EQ(learning_rate(infinite(), 2, 4, 100), 2);
  EXPECT_DOUBLE_EQ(learning_rate(infinite(), 2, 8, 100), 1.5);
  for (const int64_t step : {12, 50, 90}) EXPECT_DOUBLE_EQ(learning_rate(infinite(), 2, step, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate(infinite(), 2, 95, 100), 0.6);  // between 1 and 0.2
  EXPECT_DOUBLE_EQ(learning_rate(infinite(), 2, 100, 100), 0.2);
}

TEST(Schedule, WithoutAnAnnealNothingAnneals) {
  ScheduleSettings settings = infinite();
  settings.anneal_steps = 0;
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 99, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate(settings, 2, 100, 100), 1);
}

// The steepest phase, the cool-down, falls by pi / 4 / 8 a step.
TEST(Schedule, PhasesMeetWithoutAJump) {
  for (const ScheduleSettings& settings : {rsqrt(), infinite()})
    for (int64_t step = settings.warmup_steps - 1; step < 100; ++step)
      EXPECT_NEAR(learning_rate(settings, 1, step + 1, 100), learning_rate(settings, 1, step, 100), 0.1)
          << settings.shape << " " << step;
}

TEST(Schedule, ALongerRunIsTheSameUntilTheAnneal) {
  for (const ScheduleSettings& settings : {rsqrt(), infinite()}) {
    for (int64_t step = 0; step <= 90; ++step)
      EXPECT_EQ(learning_rate(settings, 2, step, 100), learning_rate(settings, 2, step, 1000)) << settings.shape;
    EXPECT_LT(learning_rate(settings, 2, 91, 100), learning_rate(settings, 2, 91, 1000));
  }
}

TEST(Schedule, PhasesThatDoNotFitAreErrors) {
  EXPECT_EQ(error_of([] { check_schedule(infinite(), 22); }), "");
  EXPECT_EQ(error_of([] { check_schedule(infinite(), 21); }),
            "schedule: warm-up, cool-down and anneal take 4 + 8 + 10 = 22 steps, more than run.steps = 21");
  EXPECT_EQ(error_of([] { check_schedule(shaped("cosine"), 2); }), "");  // merely short
}

TEST(Schedule, KeysOfOtherShapesAreErrors) {
  ScheduleSettings settings = shaped("cosine");
  settings.anneal_steps = 10;
  EXPECT_NE(error_of([&] { check_schedule(settings, 100); }).find("schedule.anneal_steps = 10"), std::string::npos);
  settings = rsqrt();
  settings.cooldown_steps = 10;
  EXPECT_NE(error_of([&] { check_schedule(settings, 100); }).find("schedule.cooldown_steps = 10"), std::string::npos);
  settings = rsqrt();
  settings.constant_share = 0.5;
  EXPECT_NE(error_of([&] { check_schedule(settings, 100); }).find("schedule.constant_share = 0.5"), std::string::npos);
  settings = infinite();
  settings.cooldown_steps = 0;
  EXPECT_NE(error_of([&] { check_schedule(settings, 100); }).find("needs schedule.cooldown_steps"), std::string::npos);
}

}  // namespace
}  // namespace weft
