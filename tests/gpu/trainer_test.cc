// SPDX-License-Identifier: Apache-2.0
// The trainer on a GPU takes the steps that it takes on the CPU.
#include "trainer/trainer.h"

#include <ATen/Context.h>
#include <ATen/ops/equal.h>

#include <cmath>

#include "launch/nccl_comm.h"
#include "tests/gpu/on_gpu.h"
#include "tests/support.h"
#include "tests/trainer/toy.h"
#include "trainer/checkpoint.h"

namespace weft {
namespace {

constexpr double kDeadline = 60;

struct Result {
  std::vector<double> losses;
  Tensor state;
};

Result run(const toy::Setup& setup, int device) {
  LocalComm control;
  const auto gpus = device == kCpu ? nullptr : make_nccl_comm(control, device, kDeadline);
  Comm& comm = gpus == nullptr ? control : *gpus;
  const auto learner = toy::learner(setup, comm);
  EXPECT_EQ(learner->flat.device(), device);
  Trainer trainer = toy::trainer(*learner, setup, comm);
  Result result;
  result.losses = toy::take_steps(trainer, setup, comm, 0, setup.steps);
  result.state = toy::all_state(*learner, comm);
  return result;
}

void expect_near(const Result& gpu, const Result& cpu, double relative) {
  ASSERT_EQ(gpu.losses.size(), cpu.losses.size());
  for (size_t step = 0; step < cpu.losses.size(); ++step)
    EXPECT_NEAR(gpu.losses[step], cpu.losses[step], relative * std::abs(cpu.losses[step])) << "at step " << step;
  EXPECT_LT(cpu.losses.back(), 0.9 * cpu.losses.front()) << "nothing was learned that could differ";
}

class GpuTrainer : public OnGpus {
 protected:
  GpuTrainer() : OnGpus(1) {}
};

TEST_F(GpuTrainer, ARunFollowsThatOfTheCpu) {
  expect_near(run({}, 0), run({}, kCpu), 1e-3);
}

TEST_F(GpuTrainer, ARunInBf16FollowsThatOfTheCpu) {
  toy::Setup setup;
  setup.precision = Precision::bf16;
  expect_near(run(setup, 0), run(setup, kCpu), 1e-2);
}

TEST_F(GpuTrainer, MicroBatchesVirtualRanksAndRecomputingFollowTheCpu) {
  toy::Setup setup;
  setup.micro_batch = 3;
  setup.virtual_ranks = 4;
  setup.recompute = true;
  setup.bucket_mib = 0.02;
  expect_near(run(setup, 0), run(setup, kCpu), 1e-3);
}

TEST_F(GpuTrainer, ACheckpointOfAGpuIsTheSameOnTheCpu) {
  const ScratchFolder folder;
  toy::Setup setup;
  setup.precision = Precision::bf16;
  LocalComm control;
  const auto comm = make_nccl_comm(control, 0, kDeadline);
  const auto saved = toy::learner(setup, *comm);
  Trainer trainer = toy::trainer(*saved, setup, *comm);
  toy::take_steps(trainer, setup, *comm, 0, 3);
  Checkpoints written(folder.path(), {}, *comm);
  written.begin(saved->flat, {.step = 3, .updates = 3}, 0);
  written.finish();

  const auto on_cpu = toy::learner(setup, control), on_gpu = toy::learner(setup, *comm);
  for (const auto& [learner, ranks] :
       {std::pair{on_cpu.get(), static_cast<Comm*>(&control)}, {on_gpu.get(), comm.get()}}) {
    ASSERT_TRUE(Checkpoints(folder.path(), {}, *ranks).restore_latest(learner->flat));
    EXPECT_TRUE(at::equal(toy::all_state(*learner, *ranks), toy::all_state(*saved, *comm)));
    for (size_t seat = 0; seat < learner->flat.seats().size(); ++seat)
      EXPECT_TRUE(at::equal(learner->flat.seats()[seat].parameter->value.cpu(),
                            saved->flat.seats()[seat].parameter->value.cpu()));
  }
}

TEST_F(GpuTrainer, TheSameRunGivesTheSameBits) {
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  const Result one = run({}, 0), two = run({}, 0);
  at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
  EXPECT_EQ(one.losses, two.losses);
  EXPECT_TRUE(at::equal(one.state, two.state));
}

}  // namespace
}  // namespace weft
