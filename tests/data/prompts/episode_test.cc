// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/episode.h"

#include <algorithm>
#include <array>
#include <set>

#include "tests/data/planes.h"

namespace weft {
namespace {

Stream stream_of(uint64_t item) {
  return {7, Purpose::prompts, 2, item};
}

PromptSettings only(double PromptSettings::* share) {
  PromptSettings settings;
  settings.point = settings.box = 0;
  settings.*share = 1;
  return settings;
}

TEST(Episode, KindsComeByTheirShares) {
  PromptSettings settings;
  settings.point = 1, settings.box = 2, settings.scribble = 0, settings.negative_only = 4, settings.absent = 3;
  std::array<int, 5> counts{};
  for (uint64_t item = 0; item < 20000; ++item) {
    Stream stream = stream_of(item);
    ++counts[static_cast<size_t>(draw_kind(settings, stream))];
  }
  EXPECT_NEAR(counts[0], 2000, 200);
  EXPECT_NEAR(counts[1], 4000, 250);
  EXPECT_EQ(counts[2], 0);
  EXPECT_NEAR(counts[3], 8000, 300);
  EXPECT_NEAR(counts[4], 6000, 300);
}

TEST(Episode, EachKindOfPromptIsOfTheRightPlaceAndLabel) {
  TestMask truth(48, 40), elsewhere(48, 40);
  truth.fill(4, 6, 20, 30);
  elsewhere.fill(26, 2, 46, 38);
  for (uint64_t item = 0; item < 200; ++item) {
    Stream stream = stream_of(item);
    const MaskView nothing_here = elsewhere.view();
    FirstPrompt prompt = first_prompt(truth.view(), &nothing_here, only(&PromptSettings::point), stream);
    ASSERT_EQ(prompt.points.size(), 1u);
    EXPECT_TRUE(truth.at(prompt.points[0].x, prompt.points[0].y));
    EXPECT_FALSE(prompt.target_is_empty);

    prompt = first_prompt(truth.view(), &nothing_here, only(&PromptSettings::box), stream);
    ASSERT_EQ(prompt.points.size(), 2u);
    EXPECT_EQ(prompt.points[0].label, PointLabel::top_left);
    EXPECT_EQ(prompt.points[1].label, PointLabel::bottom_right);

    prompt = first_prompt(truth.view(), &nothing_here, only(&PromptSettings::scribble), stream);
    ASSERT_GE(prompt.points.size(), 1u);
    ASSERT_LE(prompt.points.size(), 5u);
    for (const PromptPoint& point : prompt.points) EXPECT_TRUE(truth.at(point.x, point.y));

    prompt = first_prompt(truth.view(), &nothing_here, only(&PromptSettings::negative_only), stream);
    ASSERT_GE(prompt.points.size(), 1u);
    ASSERT_LE(prompt.points.size(), 3u);
    EXPECT_TRUE(prompt.target_is_empty);
    for (const PromptPoint& point : prompt.points) {
      EXPECT_FALSE(truth.at(point.x, point.y));
      EXPECT_EQ(point.label, PointLabel::negative);
    }
  }
}

TEST(Episode, AnAbsentPromptAsksWhereNothingIsAndItsTargetIsEmpty) {
  TestMask truth(48, 40), elsewhere(48, 40);
  truth.fill(4, 6, 20, 30);
  elsewhere.fill(24, 2, 46, 38);
  const MaskView nothing_here = elsewhere.view();
  int boxes = 0;
  for (uint64_t item = 0; item < 300; ++item) {
    PromptSettings settings = only(&PromptSettings::absent);
    settings.point = settings.box = settings.scribble = 1e-9;  // the kinds among absent prompts, never the kind itself
    Stream stream = stream_of(item);
    const FirstPrompt prompt = first_prompt(truth.view(), &nothing_here, settings, stream);
    EXPECT_EQ(prompt.kind, PromptKind::absent);
    EXPECT_TRUE(prompt.target_is_empty);
    ASSERT_FALSE(prompt.points.empty());
    boxes += prompt.points[0].label == PointLabel::top_left;
    if (prompt.points[0].label == PointLabel::top_left) continue;
    for (const PromptPoint& point : prompt.points) {
      EXPECT_TRUE(elsewhere.at(point.x, point.y));
      EXPECT_EQ(point.label, PointLabel::positive);
    }
  }
  EXPECT_NEAR(boxes, 100, 35);
}

TEST(Episode, WhatCannotBeDrawnBecomesAPointAndNothingWhereNothingIsKnown) {
  const TestMask full(8, 8, 1), empty(8, 8);
  Stream stream = stream_of(1);
  FirstPrompt prompt = first_prompt(full.view(), nullptr, only(&PromptSettings::negative_only), stream);
  EXPECT_EQ(prompt.kind, PromptKind::point);
  EXPECT_FALSE(prompt.target_is_empty);
  EXPECT_EQ(prompt.points.size(), 1u);
  prompt = first_prompt(full.view(), nullptr, only(&PromptSettings::absent), stream);
  EXPECT_EQ(prompt.kind, PromptKind::point);
  EXPECT_FALSE(prompt.target_is_empty);
  const TestMask unknown({"??", "??"});
  for (const auto share : {&PromptSettings::point, &PromptSettings::box, &PromptSettings::scribble,
                           &PromptSettings::negative_only, &PromptSettings::absent})
    EXPECT_TRUE(first_prompt(unknown.view(), nullptr, only(share), stream).points.empty());
  prompt = first_prompt(empty.view(), nullptr, only(&PromptSettings::negative_only), stream);
  EXPECT_TRUE(prompt.target_is_empty);
  EXPECT_FALSE(prompt.points.empty());
}

TEST(Episode, TheSameStreamBeginsAndCorrectsAlike) {
  const TestMask truth = random_blob(40, 40, 4, 0, 1), prediction = random_blob(40, 40, 4, 0, 2);
  PromptSettings settings;
  settings.scribble = settings.negative_only = 0.5;
  settings.points = 4;
  std::set<size_t> sizes;
  for (uint64_t item = 0; item < 50; ++item) {
    Stream a = stream_of(item), b = stream_of(item);
    EXPECT_EQ(first_prompt(truth.view(), nullptr, settings, a).points,
              first_prompt(truth.view(), nullptr, settings, b).points);
    const PromptPoints points = correction(truth.view(), prediction.inside.data(), settings, a);
    EXPECT_EQ(points, correction(truth.view(), prediction.inside.data(), settings, b));
    for (const PromptPoint& point : points) EXPECT_EQ(std::count(points.begin(), points.end(), point), 1);
    sizes.insert(points.size());
  }
  EXPECT_TRUE(sizes.count(4));
}

TEST(Episode, OneMaskOnlyRoundIsLastAndTheOthersAnywhereBetween) {
  PromptSettings settings;  // SAM's: 11 rounds
  std::vector<int> at(settings.rounds(), 0);
  for (uint64_t item = 0; item < 9000; ++item) {
    Stream stream = stream_of(item);
    const auto plan = mask_only_rounds(settings, stream);
    ASSERT_EQ(plan.size(), 11u);
    EXPECT_FALSE(plan.front());
    EXPECT_TRUE(plan.back());
    EXPECT_EQ(std::count(plan.begin(), plan.end(), true), 2);
    for (size_t r = 0; r < plan.size(); ++r) at[r] += plan[r];
  }
  for (size_t r = 1; r + 1 < at.size(); ++r) EXPECT_NEAR(at[r], 1000, 120);
  settings.mask_only = 0, settings.corrections = 7;
  Stream stream = stream_of(0);
  EXPECT_EQ(mask_only_rounds(settings, stream), std::vector<bool>(8, false));
  settings.mask_only = 3, settings.corrections = 0;
  EXPECT_EQ(mask_only_rounds(settings, stream), (std::vector<bool>{false, true, true, true}));
}

}  // namespace
}  // namespace weft
