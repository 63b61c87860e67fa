// SPDX-License-Identifier: Apache-2.0
// Run by mpirun with 2 and 4 ranks of one host and of two.  Only rank 0 prints; the status is the worst of all ranks'.
#include "launch/mpi_comm.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/launch/flat_checks.h"
#include "tests/support.h"

namespace weft {
namespace {

MpiSession* session = nullptr;

// WEFT_TEST_HOSTS, which the one who calls mpirun sets.
int hosts_wanted() {
  const char* text = std::getenv("WEFT_TEST_HOSTS");
  return text == nullptr ? 1 : std::atoi(text);
}

TEST(MpiComm, EveryRankGetsTheSameSumAndMaximumOfLongBuffers) {
  Comm& comm = session->comm();
  const int ranks = comm.size(), sum_of_ranks = ranks * (ranks - 1) / 2;
  std::vector<float> sum((1 << 18) + 77);  // more than one mailbox
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<float>(i % 100) + static_cast<float>(comm.rank());
  comm.all_reduce(sum);
  for (size_t i = 0; i < sum.size(); i += 997)
    EXPECT_EQ(sum[i], static_cast<float>(static_cast<int>(i % 100) * ranks + sum_of_ranks));
  std::vector<double> most = {static_cast<double>(comm.rank()), -1.0 - comm.rank()};
  comm.all_reduce(most, Comm::Op::max);
  EXPECT_EQ(most, (std::vector<double>{ranks - 1.0, -1.0}));
}

TEST(MpiComm, GathersByRankAndBroadcastsFromAnyRoot) {
  Comm& comm = session->comm();
  std::vector<std::string> wanted;
  for (int rank = 0; rank < comm.size(); ++rank) wanted.push_back(std::string(static_cast<size_t>(50000 * rank), 'a'));
  EXPECT_EQ(comm.gather_texts(wanted[static_cast<size_t>(comm.rank())]), wanted);
  const int last = comm.size() - 1;
  EXPECT_EQ(comm.broadcast_text(comm.rank() == last ? "from the last" : "", last), "from the last");
}

TEST(MpiComm, KnowsTheRanksOfItsHost) {
  const HostPlace& place = session->comm().place();
  EXPECT_EQ(place.hosts, hosts_wanted());
  const std::vector<int> hosts = ranks_of_hosts(session->comm());
  EXPECT_EQ(session->local_ranks(), hosts[place.host]);
  int first = 0;
  for (int host = 0; host < place.host; ++host) first += hosts[host];
  EXPECT_EQ(session->comm().rank(), first + session->local_rank());
}

TEST(MpiComm, SumsAreOneTreeAndLeavesAreSharedForAnyBuckets) {
  for (const int64_t bucket_units : {1, 3, 7})
    for (const int leaf_bytes : {2, 4})
      expect_right_sums_and_leaves(session->comm(), {.bucket_units = bucket_units, .leaf_bytes = leaf_bytes});
  const FlatCase large{.unit = 64 * 12 * 1000, .units = 5, .bucket_units = 1, .steps = 2};  // messages with rendezvous
  expect_right_sums_and_leaves(session->comm(), large);
}

TEST(MpiComm, RandomDelaysChangeNothing) {
  expect_right_sums_and_leaves(session->comm(), {.units = 11, .bucket_units = 1, .steps = 20, .longest_delay_us = 300});
}

TEST(MpiComm, AllReduceGivesEveryRankTheWholeSum) {
  FlatRun run(session->comm(), {.unit = 64 * 12 * 50});
  for (int step = 0; step < 3; ++step) {
    run.fill_gradient(step);
    run.flats().all_reduce();
    EXPECT_EQ(run.wrong_sums({0, run.layout().count}, step), 0);
    session->comm().barrier();
  }
}

TEST(MpiComm, LeavesStillUnderWayAtTheEndHarmNobody) {
  for (int time = 0; time < 3; ++time) {
    FlatRun run(session->comm(), {.unit = 64 * 12 * 300});
    EXPECT_EQ(run.reduce(0), 0);
    for (int bucket = 0; bucket < run.layout().buckets(); ++bucket) run.flats().share(bucket);
  }
}

TEST(MpiComm, MoreSharedMemoryThanThereIsIsAnErrorWithBothSizes) {
  FlatLayout layout;
  layout.unit = FlatLayout::kPad * session->comm().size() << 22;
  layout.count = layout.unit << 14;
  layout.bucket_units = 1 << 14;
  layout.ranks = layout.virtual_ranks = session->comm().size();
  const std::string message = error_of([&] { session->comm().open_flats(layout, 4); });
  EXPECT_NE(message.find("the ranks of this host want to share "), std::string::npos) << message;
  EXPECT_NE(message.find("MiB free"), std::string::npos) << message;
  session->comm().barrier();
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weft::MpiSession the_session;
  the_session.set_deadline(60);
  weft::session = &the_session;
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!the_session.comm().is_first()) delete listeners.Release(listeners.default_result_printer());
  std::vector<double> status = {static_cast<double>(RUN_ALL_TESTS())};
  the_session.comm().all_reduce(status, weft::Comm::Op::max);
  return static_cast<int>(status[0]);
}
