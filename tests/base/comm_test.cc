// SPDX-License-Identifier: Apache-2.0
// What needs no second rank; launch tests the same calls with processes and with threads.
#include "base/comm.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ShareOf, CoversEverythingOnceInOrderAndEvenly) {
  for (const int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
    for (const int size : {1, 2, 3, 4, 7, 64}) {
      int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Range share = share_of(count, rank, size);
        EXPECT_EQ(share.begin, next);
        EXPECT_GE(share.size(), count / size);
        EXPECT_LE(share.size(), (count + size - 1) / size);
        next = share.end;
      }
      EXPECT_EQ(next, count);
    }
  }
}

TEST(LocalComm, OneRankHearsItself) {
  LocalComm local;
  Comm& comm = local;
  EXPECT_TRUE(comm.is_first());
  EXPECT_EQ(comm.size(), 1);
  std::vector<double> values = {1.5, -2};
  comm.all_reduce(std::span<double>(values));
  comm.all_reduce(std::span<double>(values), Comm::Op::max);
  EXPECT_EQ(values, (std::vector<double>{1.5, -2}));
  EXPECT_EQ(comm.broadcast_text("recipe"), "recipe");
  EXPECT_EQ(comm.gather_texts("one"), std::vector<std::string>{"one"});
  EXPECT_EQ(comm.gather_texts(""), std::vector<std::string>{""});
  comm.barrier();
}

}  // namespace
}  // namespace weft
