// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace weft
