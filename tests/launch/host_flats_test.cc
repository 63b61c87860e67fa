// SPDX-License-Identifier: Apache-2.0
#include "launch/host_flats.h"

#include <gtest/gtest.h>

#include <numeric>

#include "launch/thread_comm.h"
#include "tests/launch/flat_checks.h"
#include "tests/support.h"

namespace weft {
namespace {

const std::vector<std::vector<int>> kHosts = {{1}, {2}, {3}, {4}, {1, 1}, {2, 2}, {1, 1, 1, 1}, {3, 1}, {1, 2, 3}};

void run_on(const std::vector<int>& hosts, const std::function<void(Comm&)>& body) {
  run_thread_ranks({.ranks = std::accumulate(hosts.begin(), hosts.end(), 0), .hosts = hosts, .deadline_seconds = 60},
                   body);
}

TEST(HostFlats, SumsAreOneTreeAndLeavesAreSharedForAnyHostsAndBuckets) {
  for (const auto& hosts : kHosts)
    for (const int64_t bucket_units : {1, 2, 3, 7})
      for (const int leaf_bytes : {2, 4})
        run_on(hosts, [&](Comm& comm) {
          expect_right_sums_and_leaves(comm, {.bucket_units = bucket_units, .leaf_bytes = leaf_bytes});
        });
}

TEST(HostFlats, RandomDelaysChangeNothing) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      expect_right_sums_and_leaves(comm, {.units = 11, .bucket_units = 1, .steps = 12, .longest_delay_us = 300});
    });
}

TEST(HostFlats, APieceOfSeveralMessagesIsWhole) {
  run_on({1, 1}, [](Comm& comm) {
    expect_right_sums_and_leaves(comm, {.unit = 64 * 2 * 20000, .units = 1, .bucket_units = 1, .steps = 1});
  });
}

TEST(HostFlats, TwoOpenedAtOnceDoNotMix) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      FlatRun one(comm, {}), other(comm, {.unit = 64 * 24, .units = 3, .bucket_units = 1, .leaf_bytes = 2});
      for (int step = 0; step < 3; ++step) {
        EXPECT_EQ(one.reduce(2 * step), 0);
        EXPECT_EQ(other.reduce(2 * step + 1), 0);
        EXPECT_EQ(one.share(step), 0);
        EXPECT_EQ(other.share(step + 5), 0);
      }
    });
}

TEST(HostFlats, AllReduceGivesEveryRankTheWholeSum) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      FlatRun run(comm, {});
      for (int step = 0; step < 3; ++step) {
        run.fill_gradient(step);
        run.flats().all_reduce();
        EXPECT_EQ(run.wrong_sums({0, run.layout().count}, step), 0);
        comm.barrier();
      }
    });
}

TEST(HostFlats, LeavesThatNobodySharedAreNotWaitedFor) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      FlatRun run(comm, {});
      run.flats().wait_leaves(0);
      EXPECT_EQ(run.share(0), 0);
      run.flats().wait_leaves(0);
      EXPECT_EQ(run.reduce(0), 0);  // a step without a change of weights
      run.flats().wait_leaves(1);
      EXPECT_EQ(run.reduce(1), 0);
      EXPECT_EQ(run.share(1), 0);
    });
}

TEST(HostFlats, LeavesStillUnderWayAtTheEndHarmNobody) {
  for (const auto& hosts : kHosts)
    run_on(hosts, [](Comm& comm) {
      for (int time = 0; time < 3; ++time) {
        FlatRun run(comm, {});
        EXPECT_EQ(run.reduce(0), 0);
        for (int bucket = 0; bucket < run.layout().buckets(); ++bucket) run.flats().share(bucket);
      }
    });
}

TEST(HostFlats, OneRankOfAHostFillsTheLeaves) {
  run_on({2, 3}, [](Comm& comm) {
    FlatRun run(comm, {});
    EXPECT_EQ(run.flats().fills_leaves(), comm.place().local_rank == 0);
    if (run.flats().fills_leaves()) run.flats().leaves()[5] = std::byte{77};
    comm.barrier();
    EXPECT_EQ(run.flats().leaves()[5], std::byte{77});
    EXPECT_EQ(run.flats().leaves()[6], std::byte{0});
    EXPECT_EQ(run.flats().gradient()[5], 0.0f);
  });
}

TEST(HostFlats, TimeThatASlowRankCostsIsExposedAndTakenOnce) {
  run_on({2}, [](Comm& comm) {
    FlatRun run(comm, {});
    comm.barrier();
    run.flats().take_times();
    if (comm.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (int bucket = 0; bucket < run.layout().buckets(); ++bucket) run.flats().reduce(bucket);
    run.flats().progress();
    run.flats().finish_reduce();
    const FlatExchange::Times times = run.flats().take_times();
    if (comm.rank() == 0) {
      EXPECT_GT(times.exposed, 0.05);
    }
    EXPECT_GT(times.hidden, 0);
    EXPECT_EQ(run.flats().take_times().exposed, 0);
  });
}

TEST(HostFlats, RanksWithOtherModelsAreToldBoth) {
  const std::string message =
      error_of([] { run_on({2}, [](Comm& comm) { FlatRun(comm, {.units = 7, .bucket_units = 1 + comm.rank()}); }); });
  EXPECT_NE(message.find("the ranks' models differ: rank 0 has 5376 numbers in units of 768 and buckets of 1"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("rank 1 has 5376 numbers in units of 768 and buckets of 2"), std::string::npos) << message;
}

TEST(HostFlats, ARankThatLeavesASumOutIsFoundAtItsNextCollective) {
  for (const auto& hosts : {std::vector{2}, std::vector{2, 2}}) {
    const std::string message = error_of([&] {
      run_on(hosts, [](Comm& comm) {
        FlatRun run(comm, {});
        if (comm.rank() == 1) {
          comm.barrier();
        } else {
          run.reduce(0);
        }
      });
    });
    EXPECT_NE(message.find("rank 0 is at sum of gradients, bucket 0"), std::string::npos) << message;
    EXPECT_NE(message.find("rank 1 at all_gather number"), std::string::npos) << message;
  }
}

TEST(HostFlats, ADeadlineNamesTheBucketAndTheRankThatIsMissing) {
  const std::string message = error_of([] {
    run_thread_ranks({.ranks = 2, .deadline_seconds = 0.3}, [](Comm& comm) {
      FlatRun run(comm, {});
      if (comm.rank() == 0) run.reduce(0);
      comm.tell("backward", 7, "shapes-001:42");
      std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    });
  });
  EXPECT_NE(message.find("rank 0 waited 0.3 s in vain in sum of gradients, bucket 0"), std::string::npos) << message;
  EXPECT_NE(
      message.find("rank 1; it last told: step 7, backward, sample shapes-001:42; its last collective: all_gather"),
      std::string::npos)
      << message;
}

}  // namespace
}  // namespace weft
