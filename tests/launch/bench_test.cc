// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "launch/bench_comm.h"
#include "launch/run_bench.h"
#include "launch/thread_comm.h"
#include "tests/launch/toy_dataset.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// What the verb wrote with json=FILE, by this many ranks.
Json figures_of(int ranks, BenchRequest request, const Path& file) {
  request.overrides.push_back("json=" + file.string());
  run_thread_ranks(ranks, [&](Comm& comm) { EXPECT_EQ(run_bench(request, comm), Exit::done); });
  return Json::parse(read_text(file));
}

std::string failure_of(const BenchRequest& request) {
  LocalComm comm;
  return error_of([&] { run_bench(request, comm); });
}

TEST(Bench, EveryCollectiveIsTimedAtGrowingSizesAndFittedByALine) {
  const ScratchFolder scratch;
  const Json all = figures_of(2, {{"comm"}, {"most_mb=0.5", "repeats=3"}}, scratch / "comm.json");
  EXPECT_EQ(all["ranks"], 2);
  EXPECT_EQ(all["hosts"], 1);
  EXPECT_EQ(all["collectives"].size(), 5);  // MPI did not start these ranks, so its own is not among them
  for (const auto& [name, sweep] : all["collectives"].items()) {
    const auto bytes = sweep["bytes"].get<std::vector<double>>(), seconds = sweep["seconds"].get<std::vector<double>>();
    ASSERT_GE(bytes.size(), 5) << name;
    ASSERT_EQ(seconds.size(), bytes.size()) << name;
    EXPECT_TRUE(std::is_sorted(bytes.begin(), bytes.end())) << name;
    EXPECT_GE(bytes.back(), 0.5e6) << name;
    for (const double s : seconds) EXPECT_GT(s, 0) << name;
    EXPECT_GE(sweep["latency"].get<double>(), 0) << name;
  }
}

TEST(Bench, TheMedianIsTheMiddleOrTheMeanOfBothMiddles) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(Bench, TheSlowestRankCounts) {
  run_thread_ranks(2, [](Comm& comm) {
    const double seconds = median_of_slowest(
        comm, 3, [] {},
        [&] {
          if (comm.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        });
    EXPECT_GE(seconds, 0.02) << "on rank " << comm.rank();
  });
}

TEST(Bench, AStepIsPredictedFromItsPartsAndMeasuredWithoutADataset) {
  const ScratchFolder scratch;
  const BenchRequest request{{"predict", toy::write_recipe(scratch).string()}, {"rounds=3"}, 2};
  const Json here = figures_of(2, request, scratch / "step.json")["here"];
  EXPECT_EQ(here["ranks"], 2);
  EXPECT_EQ(here["images"], 4);
  const Json &predicted = here["predicted"], &measured = here["measured"];
  for (const char* part : {"compute_alone", "compute_beside", "step", "compute"})
    EXPECT_GT(measured[part].get<double>(), 0) << part;
  const double parts = predicted["compute"].get<double>() + predicted["exposed"].get<double>() +
                       predicted["optimizer"].get<double>() + predicted["control"].get<double>();
  EXPECT_DOUBLE_EQ(predicted["step"].get<double>(), parts);
  EXPECT_DOUBLE_EQ(here["error"].get<double>(), parts / measured["step"].get<double>() - 1);
  EXPECT_FALSE(std::filesystem::exists(scratch / "run"));
}

TEST(Bench, GivenTheComputationNothingIsMeasured) {
  const ScratchFolder scratch;
  const BenchRequest request{
      {"predict", toy::write_recipe(scratch).string()},
      {"ranks=64", "compute_seconds=2", "bandwidth_gbs=46", "latency_us=1000000", "memory_gbs=1"}};
  const Json all = figures_of(1, request, scratch / "step.json");
  EXPECT_FALSE(all.contains("here"));
  EXPECT_EQ(all["elsewhere"]["ranks"], 64);
  EXPECT_EQ(all["elsewhere"]["compute"], 2);
  // One bucket each way, and 4 control exchanges, of a second each.
  EXPECT_NEAR(all["elsewhere"]["step"].get<double>(), 2 + 2 + 4, 0.01);
}

TEST(Bench, MistakesAreNamed) {
  const ScratchFolder scratch;
  const std::string recipe = toy::write_recipe(scratch).string();
  EXPECT_NE(failure_of({{"comm"}, {}}).find("mpirun -np N"), std::string::npos);
  EXPECT_NE(failure_of({{"comm"}, {"repeat=3"}}).find("repeats"), std::string::npos);
  EXPECT_NE(failure_of({{"comm"}, {"batch.global=3"}}).find("no recipe"), std::string::npos);
  EXPECT_NE(failure_of({{"predict"}, {}}).find("RECIPE.toml"), std::string::npos);
  EXPECT_NE(failure_of({{"predict", recipe}, {"compute_seconds=1"}}).find("bandwidth_gbs"), std::string::npos);
  EXPECT_NE(failure_of({{"predict", recipe}, {"text_tokens=9"}}).find("2 to 8"), std::string::npos);
}

}  // namespace
}  // namespace weft
