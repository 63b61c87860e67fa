// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support.h"

namespace weft {
namespace {

TEST(Error, CheckJoinsItsPartsIntoOneMessageOnlyWhereTheConditionFails) {
  EXPECT_EQ(error_of([] { check(false, "found ", 3, "; wanted ", 0.5); }), "found 3; wanted 0.5");
  EXPECT_EQ(error_of([] { check(true, "never seen"); }), "");
}

TEST(Error, LayersAddWhereWhileItUnwinds) {
  const std::string message = error_of(
      [] { in_context([] { in_context([] { fail("bad byte"); }, "reading sample ", 1042); }, "filling batch ", 7); });
  EXPECT_EQ(message, "bad byte\n  ... while reading sample 1042\n  ... while filling batch 7");
}

TEST(Error, ContextPassesAValueThrough) {
  EXPECT_EQ(in_context([] { return 5; }, "counting"), 5);
}

TEST(Error, IsTheUsersUnlessItSaysOtherwise) {
  EXPECT_EQ(Error("x").exit(), Exit::user_error);
  EXPECT_EQ(Error("x", Exit::peer_lost).exit(), Exit::peer_lost);
}

TEST(Error, ABugOfOurOwnAborts) {
  EXPECT_DEATH(WEFT_ASSERT(1 + 1 == 3), "a bug of weft: 1 \\+ 1 == 3 does not hold");
}

// Distances counted by hand; kitten and sitting are the textbook pair.
TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3);
  EXPECT_EQ(edit_distance("wieght", "weight"), 2);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("same", "same"), 0);
}

TEST(Nearest, SuggestsTheClosestNameAndNothingWhereNoneIsClose) {
  const std::vector<std::string> known = {"height", "weight", "width"};
  EXPECT_EQ(nearest("wieght", known), "weight");
  EXPECT_EQ(nearest("wdth", known), "width");
  EXPECT_EQ(nearest("temperature", known), "");
  EXPECT_EQ(nearest("weight", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace weft
