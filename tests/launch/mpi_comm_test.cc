// SPDX-License-Identifier: Apache-2.0
// Run by mpirun with 2 and 4 ranks.  Only rank 0 prints; the program's status is the worst of all ranks'.
#include "launch/mpi_comm.h"

#include <gtest/gtest.h>

#include <numeric>

namespace weft {
namespace {

MpiSession* session = nullptr;

TEST(MpiComm, EveryRankGetsTheSameSumAndMaximumOfLongBuffers) {
  Comm& comm = session->comm();
  const int ranks = comm.size(), sum_of_ranks = ranks * (ranks - 1) / 2;
  std::vector<float> sum((1 << 20) + 77);  // more than one piece
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
  for (int rank = 0; rank < comm.size(); ++rank) wanted.push_back(std::string(static_cast<size_t>(3 * rank), 'a'));
  EXPECT_EQ(comm.gather_texts(wanted[static_cast<size_t>(comm.rank())]), wanted);
  const int last = comm.size() - 1;
  EXPECT_EQ(comm.broadcast_text(comm.rank() == last ? "from the last" : "", last), "from the last");
}

TEST(MpiComm, KnowsTheRanksOfItsHost) {
  EXPECT_EQ(session->local_ranks(), session->comm().size());
  EXPECT_EQ(session->local_rank(), session->comm().rank());
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weft::MpiSession the_session;
  weft::session = &the_session;
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!the_session.comm().is_first()) delete listeners.Release(listeners.default_result_printer());
  std::vector<double> status = {static_cast<double>(RUN_ALL_TESTS())};
  the_session.comm().all_reduce(status, weft::Comm::Op::max);
  return static_cast<int>(status[0]);
}
