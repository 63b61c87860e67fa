// SPDX-License-Identifier: Apache-2.0
// HostComm by ranks that are threads; processes: mpi_comm_test.cc.
#include "launch/thread_comm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <thread>

#include "tests/support.h"

namespace weft {
namespace {

const std::vector<std::vector<int>> kHosts = {{1}, {2}, {5}, {1, 1}, {2, 2}, {1, 3, 2}};

void run_on(const std::vector<int>& hosts, const std::function<void(Comm&)>& body) {
  run_thread_ranks({.ranks = std::accumulate(hosts.begin(), hosts.end(), 0), .hosts = hosts, .deadline_seconds = 60},
                   body);
}

TEST(ThreadComm, EveryRankGetsTheSameSumAndMaximum) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      const int ranks = comm.size(), sum_of_ranks = ranks * (ranks - 1) / 2;
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

TEST(ThreadComm, RanksAreNumberedHostByHost) {
  run_on({1, 3, 2}, [](Comm& comm) {
    const HostPlace wanted[] = {{0, 3, 0, 1}, {1, 3, 0, 3}, {1, 3, 1, 3}, {1, 3, 2, 3}, {2, 3, 0, 2}, {2, 3, 1, 2}};
    const HostPlace &mine = comm.place(), &there = wanted[comm.rank()];
    EXPECT_EQ(mine.host, there.host);
    EXPECT_EQ(mine.hosts, there.hosts);
    EXPECT_EQ(mine.local_rank, there.local_rank);
    EXPECT_EQ(mine.local_ranks, there.local_ranks);
  });
}

TEST(ThreadComm, DataOfAnySizeAreGatheredAndBroadcast) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      for (const size_t bytes : {0, 1, 63, 65536, 65537, 300001}) {
        std::vector<uint8_t> mine(bytes), all(bytes * static_cast<size_t>(comm.size()));
        const auto byte_of = [&](int rank, size_t i) {
          return static_cast<uint8_t>(i * 13 + static_cast<size_t>(rank) + bytes);
        };
        for (size_t i = 0; i < bytes; ++i) mine[i] = byte_of(comm.rank(), i);
        comm.all_gather(mine.data(), bytes, all.data());
        size_t wrong = 0;
        for (size_t i = 0; i < all.size(); ++i) wrong += all[i] != byte_of(static_cast<int>(i / bytes), i % bytes);
        const int root = static_cast<int>(bytes) % comm.size();
        comm.broadcast(mine.data(), bytes, root);
        for (size_t i = 0; i < bytes; ++i) wrong += mine[i] != byte_of(root, i);
        EXPECT_EQ(wrong, 0u) << bytes << " bytes on rank " << comm.rank();
      }
    });
}

TEST(ThreadComm, TextsOfDifferentLengthsAreGatheredByRank) {
  for (const auto& hosts : {std::vector{3}, std::vector{2, 1}})
    run_on(hosts, [](Comm& comm) {
      const std::string mine(static_cast<size_t>(comm.rank()), 'x');
      EXPECT_EQ(comm.gather_texts(mine), (std::vector<std::string>{"", "x", "xx"}));
      EXPECT_EQ(comm.broadcast_text(comm.rank() == 2 ? "said by two" : "", 2), "said by two");
    });
}

TEST(ThreadComm, RandomDelaysBetweenManyCollectivesChangeNothing) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      unsigned random = static_cast<unsigned>(comm.rank()) * 7919 + 1;
      for (int i = 0; i < 300; ++i) {
        random = random * 1103515245 + 12345;
        if (random >> 28 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random >> 16 & 511));
        const int mine = comm.rank() + i;
        std::vector<int> all(static_cast<size_t>(comm.size()));
        comm.all_gather(&mine, sizeof mine, all.data());
        for (int r = 0; r < comm.size(); ++r) ASSERT_EQ(all[r], r + i);
      }
    });
}

TEST(ThreadComm, ARankThatFailsReleasesTheOthersAndItsErrorIsTheOneReported) {
  for (const auto& hosts : {std::vector{3}, std::vector{1, 2}}) {
    const std::string message = error_of([&] {
      run_on(hosts, [](Comm& comm) {
        if (comm.rank() == 1) fail("rank 1 has no data");
        comm.barrier();
      });
    });
    EXPECT_EQ(message, "rank 1 has no data");
  }
}

TEST(ThreadComm, RanksThatDoNotDoTheSameAreBothNamedBeforeDataMove) {
  for (const auto& hosts : {std::vector{2}, std::vector{1, 1}}) {
    std::vector<uint64_t> untouched(8, 7);
    const std::string message = error_of([&] {
      run_on(hosts, [&](Comm& comm) {
        comm.barrier();
        uint64_t value = 3;
        if (comm.rank() == 0) comm.all_gather(&value, sizeof value, untouched.data());
        if (comm.rank() == 1) comm.broadcast(&value, 4, 1);
      });
    });
    EXPECT_NE(message.find("all_gather number 2 of 8 bytes"), std::string::npos) << message;
    EXPECT_NE(message.find("broadcast number 2 of 4 bytes from rank 1"), std::string::npos) << message;
    EXPECT_EQ(untouched, std::vector<uint64_t>(8, 7));
  }
}

TEST(ThreadComm, OtherSizesAndRootsAreFoundToo) {
  EXPECT_NE(error_of([] {
              run_thread_ranks(3, [](Comm& comm) {
                std::vector<char> mine(200000), all(600000);
                comm.all_gather(mine.data(), comm.rank() == 2 ? 100000 : 200000, all.data());
              });
            }).find("the ranks do not do the same"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              run_thread_ranks(2, [](Comm& comm) { comm.broadcast_text("hello", comm.rank()); });
            }).find("from rank 1"),
            std::string::npos);
}

TEST(ThreadComm, ADeadlineNamesTheMissingRanksAndWhatTheyLastTold) {
  for (const auto& hosts : {std::vector{3}, std::vector{1, 2}}) {
    Exit exit = Exit::done;
    std::string message;
    try {
      run_thread_ranks({.ranks = 3, .hosts = hosts, .deadline_seconds = 0.3}, [](Comm& comm) {
        comm.tell("evaluation", 12, "emoji:3");
        comm.barrier();
        if (comm.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1000));
        comm.broadcast_text("");
      });
    } catch (const Error& error) {
      exit = error.exit();
      message = error.what();
    }
    EXPECT_EQ(exit, Exit::peer_lost);
    EXPECT_NE(message.find("waited 0.3 s in vain in broadcast number 2 of 8 bytes from rank 0"), std::string::npos)
        << message;
    EXPECT_NE(message.find("\n  rank 1"), std::string::npos) << message;
    EXPECT_NE(
        message.find("it last told: step 12, evaluation, sample emoji:3; its last collective: all_gather number 1"),
        std::string::npos)
        << message;
  }
}

TEST(ThreadComm, ARankThatIsOnlySlowIsWaitedFor) {
  run_thread_ranks({.ranks = 2, .deadline_seconds = 5}, [](Comm& comm) {
    if (comm.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(700));
    comm.barrier();
  });
}

}  // namespace
}  // namespace weft
