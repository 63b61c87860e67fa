// SPDX-License-Identifier: Apache-2.0
// Which sample is when: shares of sources, rounds of a stratum, replacements.
#include "data/order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "data/image.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(ShareSchedule, IsLinearBetweenItsPointsAndConstantOutside) {
  const ShareSchedule schedule = ShareSchedule::parse("10:1, 20:3");
  EXPECT_EQ(schedule.at(0), 1);
  EXPECT_EQ(schedule.at(15), 2);
  EXPECT_EQ(schedule.at(1000), 3);
  EXPECT_EQ(ShareSchedule::parse("2.5").at(7), 2.5);
}

TEST(ShareSchedule, NonsenseIsNamed) {
  for (const char* bad : {"", "much", "-1", "1,2", "5:1,5:2", "5:1,3:2", "1.5:1", "0:1,", "0:nan"})
    EXPECT_NE(error_of([&] { ShareSchedule::parse(bad); }).find(std::string("a share is \"") + bad + "\""),
              std::string::npos)
        << bad;
}

TEST(Mixture, EveryStepIsFullAndNoPartStraysByOneDraw) {
  const std::vector<ShareSchedule> parts = {ShareSchedule::parse("0:3, 100:0"), ShareSchedule::parse("1"),
                                            ShareSchedule::parse("0.013"), ShareSchedule::parse("50:0, 60:2")};
  const Mixture mixture(parts, 10);
  std::vector<int64_t> given(parts.size());
  std::vector<double> due(parts.size());
  for (int64_t step = 0; step < 400; ++step) {
    const Mixture::Counts counts = mixture.at(step);
    EXPECT_EQ(counts.before, given) << step;
    double all = 0;
    int64_t sum = 0;
    for (const ShareSchedule& part : parts) all += part.at(step);
    for (size_t i = 0; i < parts.size(); ++i) {
      EXPECT_GE(counts.in_step[i], 0);
      given[i] += counts.in_step[i];
      sum += counts.in_step[i];
      due[i] += 10 * parts[i].at(step) / all;
      EXPECT_LT(std::fabs(due[i] - static_cast<double>(given[i])), 1.5) << "part " << i << " at step " << step;
    }
    EXPECT_EQ(sum, 10);
  }
}

TEST(Mixture, AStepIsTheSameWhetherOthersWereAskedBefore) {
  const std::vector<ShareSchedule> parts = {ShareSchedule::parse("0:1, 1000:7"), ShareSchedule::parse("2")};
  const Mixture asked(parts, 7), fresh(parts, 7);
  for (int64_t step = 0; step < 700; ++step) asked.at(step);
  for (const int64_t step : {699, 64, 63, 1, 500}) {
    EXPECT_EQ(asked.at(step).before, fresh.at(step).before);
    EXPECT_EQ(asked.at(step).in_step, fresh.at(step).in_step);
  }
}

TEST(Mixture, SharesThatAreAllZeroAreAnError) {
  const Mixture mixture({ShareSchedule::parse("0:1, 10:0"), ShareSchedule::parse("0")}, 4);
  EXPECT_NE(error_of([&] { mixture.at(10); }).find("at step 10"), std::string::npos);
}

// Pictures of one colour each, in groups of three; class "rare" on one of them, "common" on all.
class Ordered : public testing::Test {
 protected:
  void make(const std::string& name, int samples, int shade) {
    StoreWriter writer(scratch_ / name, {.name = name, .licence = "none"});
    for (int i = 0; i < samples; ++i) {
      Image image(8, 8, 3);
      std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(shade + i));
      const Uid uid = writer.add(encode_png(image), name + std::to_string(i), name + std::to_string(i / 3));
      EvidenceWriter& layer = writer.layer("classes");
      layer.add(uid, "common");
      if (i == 0) layer.add(uid, "rare");
      if (i % 4 == 0)
        layer.add({.item = uid,
                   .scope = Scope::box,
                   .concept_row = layer.vocabulary().row_of("common"),
                   .geometry = box_bytes({0, 0, 4, 4})});
    }
    writer.finish();
  }
  SourceSettings source(const std::string& name, const std::string& draw, double share = 1) {
    SourceSettings settings;
    settings.dataset = (scratch_ / name).string();
    settings.draw = draw;
    settings.share = share;
    return settings;
  }
  std::map<std::string, int> counts(const Order& order, int64_t steps, int64_t batch) {
    std::map<std::string, int> by_key;
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t slot = 0; slot < batch; ++slot) ++by_key[order.sources().info(order.at(step, slot).sample).key];
    return by_key;
  }
  ScratchFolder scratch_;
};

TEST_F(Ordered, ARoundVisitsEverySampleOnce) {
  make("a", 12, 0);
  const Sources sources({{"a", source("a", "samples")}});
  const Order order(sources, {4, 1, 5});
  for (const auto& [key, times] : counts(order, 6, 4)) EXPECT_EQ(times, 2) << key;
}

TEST_F(Ordered, GroupsAreVisitedAlikeAndTheirMembersInTurn) {
  make("a", 11, 0);  // the last group has two
  const Sources sources({{"a", source("a", "groups")}});
  const Order order(sources, {2, 1, 5});
  EXPECT_EQ(order.units(), 4);
  const auto times = counts(order, 12, 2);  // six rounds
  for (const auto& [key, found] : times) EXPECT_EQ(found, key == "a9" || key == "a10" ? 3 : 2) << key;
}

TEST_F(Ordered, ClassesAreBalanced) {
  make("a", 9, 0);
  const Sources sources({{"a", source("a", "classes")}});
  const Order order(sources, {2, 1, 5});
  const auto times = counts(order, 90, 2);
  EXPECT_EQ(times.at("a0"), 90 + 10);  // always for "rare", one time in nine for "common"
  EXPECT_EQ(times.at("a5"), 10);
}

TEST_F(Ordered, RareClassesAreRepeatedByTheSquareRootOfTheirRarity) {
  make("a", 16, 0);
  SourceSettings settings = source("a", "repeat_factor");
  settings.repeat_threshold = 1;  // f = 1/16: four times; "common": once
  const Sources sources({{"a", settings}});
  const Order order(sources, {1, 1, 5});
  const auto times = counts(order, order.units(), 1);
  EXPECT_EQ(times.at("a0"), 16);  // in quarters
  EXPECT_EQ(times.at("a7"), 4);
}

TEST_F(Ordered, ForegroundHasItsShare) {
  make("a", 16, 0);
  SourceSettings settings = source("a", "foreground");
  settings.foreground = 0.75;
  const Sources sources({{"a", settings}});
  int found = 0, all = 0;
  for (const auto& [key, times] : counts(Order(sources, {4, 1, 5}), 10, 4)) {
    all += times;
    if (std::stoi(key.substr(1)) % 4 == 0) found += times;
  }
  EXPECT_EQ(found, 30);
  EXPECT_EQ(all, 40);
}

TEST_F(Ordered, SourcesShareTheBatchAndOneVocabulary) {
  make("a", 12, 0);
  make("b", 12, 100);
  const Sources sources({{"a", source("a", "samples", 3)}, {"b", source("b", "samples", 1)}});
  EXPECT_EQ(sources.size(), 24u);
  EXPECT_EQ(sources.vocabulary().size(), 2u);
  const Order order(sources, {8, 2, 5});
  for (int64_t step = 0; step < 5; ++step) {
    int of_b = 0;
    std::set<int64_t> places;
    for (int64_t slot = 0; slot < 8; ++slot) {
      if (order.at(step, slot).sample < 12) continue;
      ++of_b;
      places.insert(slot);
    }
    EXPECT_EQ(of_b, 2);
  }
  const Order::Plan plan = order.plan(3);
  for (int64_t slot = 0; slot < 8; ++slot) EXPECT_EQ(plan.picks[static_cast<size_t>(slot)], order.at(3, slot));
}

TEST_F(Ordered, AReplacementIsOfTheSameSourceAndTheSameEachTime) {
  make("a", 12, 0);
  make("b", 12, 100);
  const Sources sources({{"a", source("a", "samples")}, {"b", source("b", "samples")}});
  const Order order(sources, {8, 1, 5}), again(sources, {8, 1, 5});
  std::set<uint32_t> different;
  for (int64_t slot = 0; slot < 8; ++slot)
    for (int attempt = 0; attempt < 4; ++attempt) {
      const Pick pick = order.replacement(2, slot, attempt);
      EXPECT_EQ(pick.sample < 12, order.at(2, slot).sample < 12);
      EXPECT_EQ(pick, again.replacement(2, slot, attempt));
      different.insert(pick.sample);
    }
  EXPECT_GT(different.size(), 8u);
}

TEST_F(Ordered, AReplacedImageHasTheCellsOfWhatCameAndNoDrawnPair) {
  make("a", 12, 0);
  const Sources sources({{"a", source("a", "samples")}});
  const Order order(sources, {12, 2, 5});
  Order::Plan plan = order.plan(0);
  Batch batch;
  batch.order = &order;
  batch.picks = plan.picks;
  batch.said = plan.texts;
  batch.cells = plan.cells;
  const auto rare = std::find_if(plan.picks.begin(), plan.picks.end(),
                                 [&](const Pick& pick) { return sources.info(pick.sample).key == "a0"; });
  ASSERT_NE(rare, plan.picks.end());
  const auto position = static_cast<int32_t>(rare - plan.picks.begin());
  int attempt = 0;
  while (order.replacement(0, position, attempt).sample == rare->sample) ++attempt;
  batch.mend(position, attempt);
  const auto cells_at = [](const PairCells& cells, int64_t image) {
    return cells.begin[image + 1] - cells.begin[image];
  };
  EXPECT_EQ(cells_at(plan.cells, position), 2);
  EXPECT_EQ(cells_at(batch.cells, position), 1);
  for (int64_t image = 0; image < 12; ++image) {
    if (image == position) continue;
    EXPECT_EQ(cells_at(batch.cells, image), cells_at(plan.cells, image));
  }
  for (const auto& [image, text] : batch.cells.drawn) EXPECT_NE(image, position);
  EXPECT_TRUE(batch.cells.unreadable.empty());
  batch.mend(position == 0 ? 1 : 0, Damage::kNone);
  EXPECT_EQ(batch.cells.unreadable.size(), 1u);
}

}  // namespace
}  // namespace weft
