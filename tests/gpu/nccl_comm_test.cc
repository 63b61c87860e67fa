// SPDX-License-Identifier: Apache-2.0
#include "launch/nccl_comm.h"

#include <algorithm>

#include "base/error.h"
#include "launch/thread_comm.h"
#include "tests/gpu/on_gpu.h"

namespace weft {
namespace {

constexpr double kDeadline = 60;

FlatLayout layout_for(int ranks) {
  FlatLayout layout;
  layout.ranks = layout.virtual_ranks = ranks;
  layout.unit = FlatLayout::kPad * ranks * 3;
  layout.count = layout.unit * 7;
  layout.bucket_units = 3;  // 3 + 3 + 1
  return layout;
}

// Small whole numbers, whose sums are exact in any order.
std::vector<float> gradient_of_rank(const FlatLayout& layout, int rank) {
  std::vector<float> values(static_cast<size_t>(layout.count));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((i * 7 + static_cast<size_t>(rank) * 31) % 101) - 50;
  return values;
}

float leaf_value(int64_t number, int step) {
  return static_cast<float>(number % 1009) + 0.5f * static_cast<float>(step);
}

class Exchanges {
 public:
  static constexpr size_t kZeros = 1000;

  Exchanges(Comm& comm, int gpu)
      : comm_(comm), gpu_(gpu), layout_(layout_for(comm.size())), flats_(comm.open_flats(layout_, 4)) {}

  FlatExchange& flats() { return *flats_; }

  void begins_with_zeros() {
    EXPECT_EQ(flats_->device(), gpu_);
    EXPECT_TRUE(flats_->fills_leaves());
    const std::vector<float> zeros(static_cast<size_t>(layout_.count));
    EXPECT_EQ(fetched(gpu_, flats_->gradient(), layout_.count), zeros);
    EXPECT_EQ(fetched(gpu_, leaves(), layout_.count), zeros);
  }

  void set_gradient() {
    const std::vector<float> mine = gradient_of_rank(layout_, comm_.rank());
    copy_from_host(gpu_, flats_->gradient(), mine.data(), mine.size() * sizeof(float));
    zero(gpu_, flats_->gradient(), kZeros * sizeof(float));  // queued, and perhaps not done when the sum is asked for
  }

  void sums_what_it_owns() {
    set_gradient();
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) flats_->reduce(bucket);
    flats_->finish_reduce();
    const std::vector<float> wanted = sums(), found = fetched(gpu_, flats_->gradient(), layout_.count);
    for (int64_t u = 0; u < layout_.units(); ++u) {
      const Range mine = layout_.piece(u, comm_.rank());
      EXPECT_TRUE(std::equal(wanted.begin() + mine.begin, wanted.begin() + mine.end, found.begin() + mine.begin))
          << "unit " << u;
    }
  }

  void sums_everything() {
    set_gradient();
    flats_->all_reduce();
    EXPECT_EQ(fetched(gpu_, flats_->gradient(), layout_.count), sums());
  }

  // Every rank writes its pieces alone; then all have all.
  void shares_leaves(int step) {
    for (int bucket = layout_.buckets() - 1; bucket >= 0; --bucket) {
      const Range units = layout_.units_of(bucket);
      for (int64_t u = units.begin; u < units.end; ++u) {
        const Range mine = layout_.piece(u, comm_.rank());
        std::vector<float> values;
        for (int64_t i = mine.begin; i < mine.end; ++i) values.push_back(leaf_value(i, step));
        copy_from_host(gpu_, leaves() + mine.begin, values.data(), values.size() * sizeof(float));
      }
      flats_->share(bucket);
    }
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) flats_->wait_leaves(bucket);
    const std::vector<float> found = fetched(gpu_, leaves(), layout_.count);
    for (int64_t i = 0; i < layout_.count; ++i) ASSERT_EQ(found[static_cast<size_t>(i)], leaf_value(i, step)) << i;
  }

 private:
  float* leaves() { return reinterpret_cast<float*>(flats_->leaves()); }
  std::vector<float> sums() const {
    std::vector<float> all(static_cast<size_t>(layout_.count));
    for (int rank = 0; rank < comm_.size(); ++rank) {
      const std::vector<float> theirs = gradient_of_rank(layout_, rank);
      for (size_t i = kZeros; i < all.size(); ++i) all[i] += theirs[i];
    }
    return all;
  }

  Comm& comm_;
  int gpu_;
  FlatLayout layout_;
  std::unique_ptr<FlatExchange> flats_;
};

void exchange_everything(Comm& control, int gpu) {
  use_device(gpu);
  const auto comm = make_nccl_comm(control, gpu, kDeadline);
  EXPECT_EQ(comm->size(), control.size());
  Exchanges exchanges(*comm, gpu);
  exchanges.begins_with_zeros();
  for (int step = 0; step < 3; ++step) {
    exchanges.sums_what_it_owns();
    exchanges.shares_leaves(step);
    const FlatExchange::Times times = exchanges.flats().take_times();
    EXPECT_GE(times.hidden, 0);
    EXPECT_GT(times.hidden + times.exposed, 0);
    EXPECT_LT(times.hidden + times.exposed, kDeadline);
  }
  exchanges.sums_everything();
  EXPECT_EQ(comm->broadcast_text(comm->is_first() ? "loom" : ""), "loom");  // by the Comm below
}

class OneGpu : public OnGpus {
 protected:
  OneGpu() : OnGpus(1) {}
};

class TwoGpus : public OnGpus {
 protected:
  TwoGpus() : OnGpus(2) {}
};

TEST_F(OneGpu, ARankAloneGoesThroughNccl) {
  LocalComm control;
  exchange_everything(control, 0);
}

TEST_F(OneGpu, FlatBuffersMayBeOpenedAgain) {
  LocalComm control;
  const auto comm = make_nccl_comm(control, 0, kDeadline);
  for (int i = 0; i < 3; ++i) {
    Exchanges exchanges(*comm, 0);
    exchanges.begins_with_zeros();
    exchanges.sums_what_it_owns();
  }
}

TEST_F(TwoGpus, RanksSumAndShare) {
  run_thread_ranks(std::min(visible_gpus(), 4) / 2 * 2,
                   [](Comm& control) { exchange_everything(control, control.rank()); });
}

TEST_F(TwoGpus, ARankThatWaitsInVainEndsTheRun) {
  run_thread_ranks(2, [](Comm& control) {
    use_device(control.rank());
    const auto comm = make_nccl_comm(control, control.rank(), 3);
    Exchanges exchanges(*comm, control.rank());
    if (comm->is_first()) {
      const auto sum = [&] {
        exchanges.flats().reduce(0);  // rank 1 never does
        exchanges.flats().finish_reduce();
        fetched(0, exchanges.flats().gradient(), 1);  // returns when NCCL is given up
        exchanges.flats().reduce(1);
      };
      try {
        sum();
        ADD_FAILURE() << "nobody said that rank 1 is lost";
      } catch (const Error& error) {
        EXPECT_EQ(error.exit(), Exit::peer_lost) << error.what();
      }
    }
    control.barrier();
  });
}

}  // namespace
}  // namespace weft
