// SPDX-License-Identifier: Apache-2.0
#include "data/formats/pair_rle.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace weft {
namespace {

using Runs = std::vector<uint32_t>;

TEST(PairRle, StartsCountFromOneAndGapsFromTheRunBefore) {
  EXPECT_EQ(rle_from_pairs("2 3 7 1", RlePairs::starts, 4, 3).runs, (Runs{1, 3, 2, 1, 5}));
  EXPECT_EQ(rle_from_pairs("1 3 2 1", RlePairs::gaps, 4, 3).runs, (Runs{1, 3, 2, 1, 5}));
}

TEST(PairRle, RunsThatTouchAreOneAndNoneIsAnEmptyMask) {
  EXPECT_EQ(rle_from_pairs("1 2 3 2", RlePairs::starts, 4, 3).runs, (Runs{0, 4, 8}));
  EXPECT_EQ(rle_from_pairs("0 2 0 10", RlePairs::gaps, 4, 3).runs, (Runs{0, 12}));
  EXPECT_EQ(rle_from_pairs(" \n", RlePairs::starts, 4, 3).runs, (Runs{12}));
  for (const char* text : {"1 2 3 2", "2 11", "1 12", ""}) check_rle(rle_from_pairs(text, RlePairs::starts, 4, 3));
}

// Pixels run down the columns: the second column of 4 x 3 begins at pixel 5.
TEST(PairRle, GoesColumnByColumn) {
  uint8_t pixels[12] = {};
  paint_rle(rle_from_pairs("5 2", RlePairs::starts, 4, 3), pixels, 1);
  EXPECT_EQ(std::vector<uint8_t>(pixels, pixels + 12), (std::vector<uint8_t>{0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(PairRle, WhatIsNoSuchMaskIsAnError) {
  const auto error = [](const char* text, RlePairs dialect) {
    return error_of([&] { rle_from_pairs(text, dialect, 4, 3); });
  };
  EXPECT_EQ(error("1 2 5", RlePairs::starts), "the last run has no length");
  EXPECT_EQ(error("3 2 4 1", RlePairs::starts),
            "runs from 1 on must ascend and not overlap, found a start at 4 behind pixel 4");
  EXPECT_NE(error("0 2", RlePairs::starts), "");
  EXPECT_EQ(error("1 13", RlePairs::starts), "a run ends at pixel 13, but the picture has 12");
  EXPECT_EQ(error("12 1", RlePairs::gaps), "a run ends at pixel 13, but the picture has 12");
  EXPECT_EQ(error("3 0", RlePairs::gaps), "the run behind pixel 0 is empty");
  for (const char* text : {"-1", "1 x", "1.5 2", "4294967296 1", "99999999999999999999 1"})
    EXPECT_NE(error(text, RlePairs::starts).find("is no number of pixels"), std::string::npos) << text;
}

}  // namespace
}  // namespace weft
