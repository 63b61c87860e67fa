// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/manifest.h"
#include "data/store.h"

namespace weft {
namespace {

// Numbers: tests/golden/make_draw_groups.py.
TEST(DrawGroups, DrawsTheGroupsWhoseHashIsBelowTheFraction) {
  std::vector<std::string> groups;
  for (int i = 0; i < 20; ++i) groups.push_back("group-" + std::to_string(i));
  using Names = std::vector<std::string>;
  EXPECT_EQ(draw_groups(groups, 0.3, 7), (Names{"group-0", "group-1", "group-10", "group-19", "group-5", "group-6"}));
  EXPECT_EQ(draw_groups(groups, 0.3, 8),
            (Names{"group-0", "group-10", "group-11", "group-16", "group-17", "group-18", "group-19", "group-6"}));
  EXPECT_EQ(draw_groups(groups, 0.5, 7), (Names{"group-0", "group-1", "group-10", "group-14", "group-18", "group-19",
                                                "group-5", "group-6", "group-8"}));
  EXPECT_EQ(draw_groups(groups, 0.0, 7), Names{});
  EXPECT_EQ(draw_groups(groups, 1.0, 7).size(), 20u);
}

TEST(DrawGroups, LaterGroupsNeverMoveEarlierOnes) {
  const auto before = draw_groups({"a", "b", "c", "d", "e", "f"}, 0.5, 3);
  const auto after = draw_groups({"z", "a", "y", "b", "x", "c", "d", "e", "f"}, 0.5, 3);
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  for (const std::string& group : after)
    EXPECT_TRUE(group >= "x" || std::binary_search(before.begin(), before.end(), group)) << group;
}

// Numbers: tests/golden/make_draw_groups.py.
TEST(Folds, AreTheRemaindersOfTheGroupsHashes) {
  using Numbers = std::vector<uint64_t>;
  const auto folds_of = [](const Folds& folds) {
    Numbers numbers;
    for (int i = 0; i < 20; ++i) numbers.push_back(folds.of("group-" + std::to_string(i)));
    return numbers;
  };
  EXPECT_EQ(folds_of({5, 0}), (Numbers{0, 2, 2, 3, 4, 2, 2, 3, 2, 0, 1, 0, 4, 0, 0, 2, 2, 3, 3, 0}));
  EXPECT_EQ(folds_of({3, 7}), (Numbers{0, 0, 1, 2, 0, 1, 1, 0, 2, 2, 2, 0, 1, 2, 0, 2, 2, 1, 2, 1}));
}

// The folds of the groups that draw_groups leaves are as even as those of all: the two draws know nothing of each
// other.
TEST(Folds, AreAboutEvenAmongTheGroupsThatADrawLeaves) {
  constexpr int kGroups = 10'000, kFolds = 10;
  std::vector<std::string> groups;
  for (int i = 0; i < kGroups; ++i) groups.push_back("patient " + std::to_string(i));
  const std::vector<std::string> drawn = draw_groups(groups, 0.5, 1);
  const std::set<std::string> gone(drawn.begin(), drawn.end());
  std::vector<double> sizes(kFolds);
  for (const std::string& group : groups)
    if (!gone.contains(group)) ++sizes[Folds{kFolds, 1}.of(group)];
  const double mean = static_cast<double>(kGroups - drawn.size()) / kFolds;
  for (const double size : sizes) EXPECT_NEAR(size, mean, 4 * std::sqrt(mean));
}

}  // namespace
}  // namespace weft
