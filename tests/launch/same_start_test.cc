// SPDX-License-Identifier: Apache-2.0
#include "launch/same_start.h"

#include <gtest/gtest.h>

#include "launch/thread_comm.h"
#include "tests/support.h"

namespace weft {
namespace {

using Pinned = std::map<std::string, std::string>;

class SameStart : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"one", "two"}) make_folder(scratch_ / name);
    write_atomically(scratch_ / "one" / "dataset.json", "{}");
    write_atomically(scratch_ / "two" / "dataset.json", "{ }");
  }
  // What 3 ranks say, of which the last starts with its own recipe, dataset and machine.
  std::string error(const std::string& recipe, const std::string& dataset, const Pinned& pinned) {
    return error_of([&] {
      run_thread_ranks(3, [&](Comm& comm) {
        const bool last = comm.rank() == 2;
        check_same_start(last ? recipe : "[run]\nsteps = 4\n", {scratch_.path() / (last ? dataset : "one")},
                         last ? pinned : Pinned{{"instruction set", "AVX2"}}, comm);
      });
    });
  }
  ScratchFolder scratch_;
};

TEST_F(SameStart, RanksThatAgreeStart) {
  EXPECT_EQ(error("[run]\nsteps = 4\n", "one", {{"instruction set", "AVX2"}}), "");
}

TEST_F(SameStart, AnotherRecipeNamesRankAndKey) {
  EXPECT_EQ(error("[run]\nsteps = 5\n", "one", {{"instruction set", "AVX2"}}),
            "rank 2 was not started as rank 0 was:\n  run.steps is 4 on rank 0, 5 there");
}

TEST_F(SameStart, AnotherDatasetOrMachineIsShown) {
  const std::string dataset = error("[run]\nsteps = 4\n", "two", {{"instruction set", "AVX2"}});
  EXPECT_NE(dataset.find("rank 2 was not started as rank 0 was:"), std::string::npos) << dataset;
  EXPECT_NE(dataset.find("content of"), std::string::npos) << dataset;
  const std::string machine = error("[run]\nsteps = 4\n", "one", {{"instruction set", "AVX512"}});
  EXPECT_NE(machine.find("instruction set: AVX512"), std::string::npos) << machine;
}

}  // namespace
}  // namespace weft
