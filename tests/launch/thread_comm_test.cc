// SPDX-License-Identifier: Apache-2.0
#include "launch/thread_comm.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weft {
namespace {

TEST(ThreadComm, EveryRankGetsTheSameSumAndMaximum) {
  for (const int ranks : {1, 2, 3, 5}) {
    const int sum_of_ranks = ranks * (ranks - 1) / 2;
    run_thread_ranks(ranks, [&](Comm& comm) {
      std::vector<float> sum(7);
      for (size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<float>(i * 10 + static_cast<size_t>(comm.rank()));
      std::vector<double> most = {static_cast<double>(comm.rank()), -static_cast<double>(comm.rank())};
      comm.all_reduce(sum);
      comm.all_reduce(most, Comm::Op::max);
      for (size_t i = 0; i < sum.size(); ++i)
        EXPECT_EQ(sum[i], static_cast<float>(static_cast<int>(i) * 10 * ranks + sum_of_ranks));
      EXPECT_EQ(most, (std::vector<double>{ranks - 1.0, 0.0}));
    });
  }
}

TEST(ThreadComm, TextsOfDifferentLengthsAreGatheredByRank) {
  run_thread_ranks(3, [](Comm& comm) {
    const std::string mine(static_cast<size_t>(comm.rank()), 'x');
    EXPECT_EQ(comm.gather_texts(mine), (std::vector<std::string>{"", "x", "xx"}));
    EXPECT_EQ(comm.broadcast_text(comm.rank() == 2 ? "said by two" : "", 2), "said by two");
  });
}

TEST(ThreadComm, ARankThatFailsReleasesTheOthersAndItsErrorIsTheOneReported) {
  try {
    run_thread_ranks(3, [](Comm& comm) {
      if (comm.rank() == 1) fail("rank 1 has no data");
      comm.barrier();
    });
    FAIL() << "the error was lost";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "rank 1 has no data");
  }
}

}  // namespace
}  // namespace weft
