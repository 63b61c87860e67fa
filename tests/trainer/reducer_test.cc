// SPDX-License-Identifier: Apache-2.0
#include "trainer/reducer.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/random.h"
#include "launch/thread_comm.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr int kParameters = 12;

ParameterSet some_parameters() {
  ParameterSet set(3);
  for (int i = 0; i < kParameters; ++i) set.add("p" + std::to_string(i), {100 + 37 * i}, Init::normal(1));
  return set;
}

// Differs from rank to rank and has every parameter from `first` on, each twice.
Tensor loss_of(ParameterSet& set, int rank, int step, int first = 0) {
  Tensor loss = at::zeros({});
  for (int i = first; i < kParameters; ++i) {
    const Tensor& p = set.find("p" + std::to_string(i))->use();
    loss = loss + (p * p * (0.1 + rank)).sum() + p.sin().sum() * (1 + step);
  }
  return loss;
}

// Left half plus right half.
Tensor tree_sum(const Tensor& all, int64_t begin, int64_t end) {
  if (end - begin == 1) return all.select(0, begin);
  const int64_t middle = begin + (end - begin) / 2;
  return tree_sum(all, begin, middle) + tree_sum(all, middle, end);
}

// The sum over ranks, without hooks, buckets or shards: each rank's gradients are gathered and added.
std::vector<Tensor> gathered_gradients(Comm& comm, int step) {
  ParameterSet set = some_parameters();
  std::vector<Tensor> leaves, sums;
  for (Parameter& p : set.all()) leaves.push_back(p.value.requires_grad_(true));
  for (const Tensor& g : torch::autograd::grad({loss_of(set, comm.rank(), step)}, leaves)) {
    const Tensor mine = g.contiguous(), all = at::empty({comm.size(), g.numel()});
    comm.all_gather(mine.data_ptr(), mine.nbytes(), all.data_ptr());
    sums.push_back(tree_sum(all, 0, comm.size()).clone());
  }
  return sums;
}

// Of the numbers that this rank owns, how many differ.
int64_t wrong_numbers(FlatParameters& flat, const std::vector<Tensor>& wanted) {
  int64_t wrong = 0;
  for (const auto& seat : flat.seats()) {
    const Tensor& sum = wanted[std::stoul(seat.parameter->name.substr(1))];
    for (int64_t i = 0; i < seat.count; ++i)
      if (flat.owns(seat.offset + i)) wrong += flat.gradient()[seat.offset + i] != sum.data_ptr<float>()[i];
  }
  return wrong;
}

void take_backward(GradientReducer& reducer, const Tensor& loss) {
  reducer.start(0);
  reducer.arm();
  torch::autograd::backward({loss}, {});
  reducer.finish(0);
}

class BucketSizes : public testing::TestWithParam<double> {};

TEST_P(BucketSizes, GiveTheGradientsOfAPlainGatherAndSum) {
  for (const int ranks : {1, 2, 3, 4})
    run_thread_ranks(ranks, [&](Comm& comm) {
      ParameterSet set = some_parameters();
      FlatParameters flat(set, {.bucket_mib = GetParam()}, comm);
      GradientReducer reducer(flat);
      for (int step = 0; step < 3; ++step) {  // the first only learns which hooks fire
        take_backward(reducer, loss_of(set, comm.rank(), step));
        EXPECT_EQ(wrong_numbers(flat, gathered_gradients(comm, step)), 0) << ranks << " ranks, step " << step;
        comm.barrier();
      }
      EXPECT_TRUE(reducer.never_reached().empty());
    });
}

INSTANTIATE_TEST_SUITE_P(InMib, BucketSizes, testing::Values(0.001, 0.02, 16.0));

TEST(GradientReducer, AParameterUnusedOnOneRankCountsAsZeroThere) {
  run_thread_ranks(2, [&](Comm& comm) {
    ParameterSet set = some_parameters();
    FlatParameters flat(set, {.bucket_mib = 0.001}, comm);
    GradientReducer reducer(flat);
    for (int step = 0; step < 2; ++step) {
      take_backward(reducer, loss_of(set, 0, step, comm.rank() == 1 ? 4 : 0));
      const auto alone = [&] {
        ParameterSet copy = some_parameters();
        const Tensor leaf = copy.find("p2")->value.requires_grad_(true);
        return torch::autograd::grad({loss_of(copy, 0, step)}, {leaf})[0];
      }();
      const auto& seat = flat.seat_of(*set.find("p2"));
      for (int64_t i = 0; i < seat.count; ++i)
        if (flat.owns(seat.offset + i)) {
          ASSERT_EQ(flat.gradient()[seat.offset + i], alone.data_ptr<float>()[i]);
        }
      comm.barrier();
    }
    const std::vector<std::string> unused = {"p3", "p2", "p1", "p0"};
    EXPECT_EQ(reducer.never_reached(), comm.rank() == 1 ? unused : std::vector<std::string>());
  });
}

TEST(GradientReducer, AParameterThatFiresTwiceInEveryStepIsSummedWhole) {
  LocalComm comm;
  ParameterSet set = some_parameters();
  FlatParameters flat(set, {.bucket_mib = 0.001}, comm);
  GradientReducer reducer(flat);
  for (int step = 0; step < 3; ++step) {
    reducer.start(0);
    reducer.arm();
    for (int part = 0; part < 2; ++part) torch::autograd::backward({set.find("p0")->use().sum()}, {});
    reducer.finish(0);
    EXPECT_EQ(flat.gradient_of(*set.find("p0")).sum().item<double>(), 200);
  }
}

TEST(GradientReducer, AParameterThatFiresAgainAfterItLeftIsAnErrorThatNamesIt) {
  LocalComm comm;
  ParameterSet set = some_parameters();
  FlatParameters flat(set, {.bucket_mib = 0.001}, comm);
  GradientReducer reducer(flat);
  take_backward(reducer, loss_of(set, 0, 0));
  const std::string message = error_of([&] {
    reducer.start(0);
    reducer.arm();
    for (int part = 0; part < 2; ++part) torch::autograd::backward({loss_of(set, 0, 1)}, {});
  });
  EXPECT_NE(message.find("the gradient of p11 grew after its bucket had left"), std::string::npos) << message;
}

}  // namespace
}  // namespace weft
