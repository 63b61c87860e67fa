// SPDX-License-Identifier: Apache-2.0
#include "launch/launcher.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/support.h"

namespace weft {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

// The environment has these of all the variables that launchers set, and no others.
class Launcher : public testing::Test {
 protected:
  void TearDown() override { started_with({}); }
  static void started_with(const Variables& variables) {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "SLURM_STEP_ID",
                             "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_PROCID"})
      ::unsetenv(name);
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  }
};

TEST_F(Launcher, AProgramStartedByHandHasNone) {
  started_with({});
  EXPECT_FALSE(started_by_mpi());
  check_world_size(1);
}

TEST_F(Launcher, AProgramStartedInABatchScriptHasNone) {
  started_with({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}});
  EXPECT_FALSE(started_by_mpi());
  started_with({{"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "batch"}});
  EXPECT_FALSE(started_by_mpi());
  started_with({{"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "4294967291"}, {"SLURM_STEP_NUM_TASKS", "1"}});
  EXPECT_FALSE(started_by_mpi());
}

TEST_F(Launcher, MpirunInABatchScriptIsTheLauncher) {
  started_with(
      {{"OMPI_COMM_WORLD_SIZE", "1"}, {"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_TRUE(started_by_mpi());
  check_world_size(1);
  started_with({{"PMI_SIZE", "8"}, {"PMI_RANK", "3"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_TRUE(started_by_mpi());
  check_world_size(8);
}

TEST_F(Launcher, SrunThatSpeaksPmixIsTheLauncher) {
  started_with({{"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_NTASKS", "4"}});
  EXPECT_TRUE(started_by_mpi());
  check_world_size(4);
}

TEST_F(Launcher, SrunOfOneRankNeedsNoMpi) {
  started_with({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_NTASKS", "4"}});
  EXPECT_FALSE(started_by_mpi());
}

TEST_F(Launcher, RanksThatSrunStartsButNoMpiJoinsAreRefused) {
  for (const char* variable : {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}) {
    started_with({{"SLURM_STEP_ID", "3"}, {variable, "4"}});
    const std::string message = error_of([] { started_by_mpi(); });
    EXPECT_NE(message.find("4 ranks were started, but each of them is alone"), std::string::npos) << message;
    EXPECT_NE(message.find("--mpi=pmix"), std::string::npos) << message;
  }
}

TEST_F(Launcher, AWorldOfOneWhereMoreWereStartedIsRefused) {
  for (const Variables& variables :
       {Variables{{"OMPI_COMM_WORLD_SIZE", "2"}}, Variables{{"PMI_SIZE", "2"}},
        Variables{{"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}}}) {
    started_with(variables);
    EXPECT_TRUE(started_by_mpi());
    EXPECT_NE(error_of([] { check_world_size(1); }).find("2 ranks were started"), std::string::npos);
    check_world_size(2);
  }
}

}  // namespace
}  // namespace weft
