// SPDX-License-Identifier: Apache-2.0
#include "launch/engine_setup.h"

#include <gtest/gtest.h>

#include "launch/thread_comm.h"
#include "tests/support.h"
#include "trainer/device.h"

namespace weft {
namespace {

EngineSettings engine_on(const std::string& device, const std::string& determinism = "run") {
  EngineSettings engine;
  engine.device = device;
  engine.determinism = determinism;
  return engine;
}

// The device of every rank of one host, where rank r sees visible[r] GPUs.
std::vector<int> devices(const EngineSettings& engine, const std::vector<int>& visible) {
  std::vector<int> found(visible.size());
  run_thread_ranks(static_cast<int>(visible.size()), [&](Comm& comm) {
    const auto rank = static_cast<size_t>(comm.rank());
    found[rank] = device_of(engine, comm, visible[rank]);
  });
  return found;
}

TEST(EngineDevice, AutoTakesTheGpuOfTheRanksNumberWhereThereIsOne) {
  EXPECT_EQ(devices(engine_on("auto"), {0, 0}), (std::vector{kCpu, kCpu}));
  EXPECT_EQ(devices(engine_on("auto"), {4, 4, 4}), (std::vector{0, 1, 2}));
  EXPECT_EQ(devices(engine_on("cuda"), {2, 2}), (std::vector{0, 1}));
}

TEST(EngineDevice, ALauncherMayShowEachRankItsOwnGpuAlone) {
  EXPECT_EQ(devices(engine_on("auto"), {1, 1}), (std::vector{0, 0}));
}

TEST(EngineDevice, CpuMeansCpu) {
  EXPECT_EQ(devices(engine_on("cpu"), {8}), (std::vector{kCpu}));
}

TEST(EngineDevice, WhatCannotBeIsAnError) {
  const auto refused = [](const EngineSettings& engine, const std::vector<int>& visible, const char* why) {
    const std::string error = error_of([&] { devices(engine, visible); });
    EXPECT_NE(error.find(why), std::string::npos) << error;
  };
  refused(engine_on("cuda"), {0}, "sees no GPU");
  refused(engine_on("auto"), {2, 2, 2}, "at most one rank for each");
  refused(engine_on("auto"), {1, 0}, "some see none");
  refused(engine_on("auto", "elastic"), {2, 2}, "NCCL adds in an order of its own");
  EXPECT_EQ(devices(engine_on("auto", "elastic"), {1}), (std::vector{0}));
}

}  // namespace
}  // namespace weft
