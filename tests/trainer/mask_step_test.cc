// SPDX-License-Identifier: Apache-2.0
// The step of a segmenter: prompts, rounds and gradients do not depend on how many ranks or micro-batches take it.
#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "launch/thread_comm.h"
#include "losses/infonce.h"
#include "losses/mask.h"
#include "models/segmenter.h"
#include "tests/trainer/toy.h"
#include "trainer/mask_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

constexpr int kSide = 32;
constexpr int64_t kImages = 8;

SegmenterSettings small_segmenter() {
  SegmenterSettings s;
  s.image_size_ = kSide;
  s.patch = 8;
  s.width = 16;
  s.layers = 2;
  s.heads = 2;
  s.window = 2;
  s.global_blocks = {"1"};
  s.channels = 16;
  s.decoder_mlp = 32;
  s.iou_hidden = 16;
  return s;
}

// Bright rectangles on dark ground: image i has i % 4 of them, each an object.
Batch batch_of(int64_t step, int rank, int ranks) {
  Batch b;
  b.step = step;
  b.image_size = kSide;
  b.images = share_of(kImages, rank, ranks);
  b.pixels.resize(static_cast<size_t>(b.images.size() * 3 * kSide * kSide));
  for (int64_t i = 0; i < kImages; ++i) b.picks.push_back({static_cast<uint32_t>(i), 0});
  for (int64_t i = b.images.begin; i < b.images.end; ++i) {
    ViewObjects& objects = b.objects.emplace_back();
    Stream stream(3, Purpose::scenes, static_cast<uint64_t>(step), static_cast<uint64_t>(i));
    uint8_t* pixels = b.pixels.data() + (i - b.images.begin) * 3 * kSide * kSide;
    for (int64_t n = 0; n < i % 4; ++n) {
      const int x0 = static_cast<int>(stream.below(20)), y0 = static_cast<int>(stream.below(20)),
                side = 5 + static_cast<int>(stream.below(8));
      ViewObject& object = objects.asked.emplace_back();
      object.number = n;
      object.region = n == 0 ? RegionIs::object : RegionIs::unsaid;
      object.box = {1. * x0, 1. * y0, 1. * x0 + side, 1. * y0 + side};
      object.inside.resize(kSide * kSide);
      if (n == 2) object.label = ObjectLabel::box;
      for (int y = y0; y < y0 + side; ++y)
        for (int x = x0; x < x0 + side; ++x) {
          object.inside[static_cast<size_t>(y * kSide + x)] = 1;
          for (int c = 0; c < 3; ++c) pixels[(c * kSide + y) * kSide + x] = 255;
        }
    }
  }
  return b;
}

struct MaskSetup {
  int64_t micro_batch = 0, steps = 3;
  int virtual_ranks = 0;
  double lr = 1e-3;
  Precision precision = Precision::fp32;
};

struct Taken {
  Tensor state;
  std::vector<double> losses;
};

// The world's state and losses after some steps.
Taken take(const MaskSetup& setup, int ranks) {
  Taken taken;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    OptimizerSettings optimizer;
    optimizer.lr = setup.lr;
    optimizer.clip_norm = 1;
    FlatSettings flat;
    flat.virtual_ranks = setup.virtual_ranks;
    flat.precision = setup.precision;
    Learner learner(small_segmenter().build(0, 5), flat, optimizer, comm);
    std::vector<std::unique_ptr<Loss>> losses;
    losses.push_back(MaskLossSettings().build());
    MaskObjectiveSettings asked;
    asked.prompts.corrections = 2;
    asked.prompts.mask_only = 1;
    asked.prompts.negative_only = 0.2;
    ScheduleSettings schedule;
    schedule.warmup_steps = 0;
    schedule.shape = "constant";
    Trainer trainer(learner, std::make_unique<MaskObjective>(learner, std::move(losses), asked, comm), optimizer,
                    schedule, {.steps = setup.steps, .micro_batch = setup.micro_batch}, comm);
    std::vector<double> mine;
    for (int64_t step = 0; step < setup.steps; ++step) {
      Batch batch = batch_of(step % 3, comm.rank(), comm.size());
      batch.step = step;
      const StepReport report = trainer.take(batch, {.updates = step});
      EXPECT_FALSE(report.skipped);
      mine.push_back(report.loss);
    }
    const Tensor state = toy::all_state(learner, comm);
    if (comm.is_first()) taken = {state, mine};
  });
  return taken;
}

double apart(const Tensor& a, const Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST(MaskStep, IsTheSameForAnyNumberOfRanksAndMicroBatches) {
  const Taken alone = take({}, 1);
  for (const int ranks : {2, 4})
    for (const int64_t micro : {0, 1}) {
      const Taken other = take({.micro_batch = micro}, ranks);
      EXPECT_LT(apart(other.state, alone.state), 1e-4) << ranks << " ranks, micro-batch " << micro;
      for (size_t i = 0; i < alone.losses.size(); ++i) EXPECT_NEAR(other.losses[i], alone.losses[i], 1e-4);
    }
}

TEST(MaskStep, IsTheSameBitForBitForAnyNumberOfRanksThatStandForTheSameVirtualOnes) {
  const MaskSetup elastic{.virtual_ranks = 4};
  const Taken alone = take(elastic, 1);
  for (const int ranks : {2, 4}) {
    const Taken other = take(elastic, ranks);
    EXPECT_TRUE(at::equal(other.state, alone.state)) << ranks << " ranks";
    EXPECT_EQ(other.losses, alone.losses) << ranks << " ranks";
  }
}

TEST(MaskStep, NarrowLeavesBeginWhereWideOnesDo) {
  const Taken wide = take({}, 1), narrow = take({.precision = Precision::bf16}, 1);
  EXPECT_NEAR(narrow.losses[0], wide.losses[0], 0.02 * wide.losses[0]);
}

TEST(MaskStep, WithoutAnyObjectIsZeroAndHangsNobody) {
  run_thread_ranks(2, [&](Comm& comm) {
    at::set_num_threads(1);
    Learner learner(small_segmenter().build(0, 5), {}, {}, comm);
    std::vector<std::unique_ptr<Loss>> losses;
    losses.push_back(MaskLossSettings().build());
    Trainer trainer(learner, std::make_unique<MaskObjective>(learner, std::move(losses), MaskObjectiveSettings{}, comm),
                    {}, {}, {.steps = 2}, comm);
    Batch batch = batch_of(0, comm.rank(), comm.size());
    for (ViewObjects& objects : batch.objects) objects.asked.clear();
    const StepReport report = trainer.take(batch, {});
    EXPECT_EQ(report.loss, 0);
    EXPECT_EQ(report.gradient_norm, 0);
    EXPECT_FALSE(report.skipped);
  });
}

TEST(MaskStep, ALossOfPairsIsRefusedByName) {
  LocalComm comm;
  Learner learner(small_segmenter().build(0, 5), {}, {}, comm);
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(InfoNceSettings().build());
  try {
    MaskObjective(learner, std::move(losses), {}, comm);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a model of prompts and masks takes losses of masks; found one of pairs");
  }
}

TEST(MaskStep, LearnsRectangles) {
  const Taken taken = take({.steps = 120, .lr = 3e-3}, 1);
  const auto mean = [&](size_t begin) {
    double sum = 0;
    for (size_t i = begin; i < begin + 12; ++i) sum += taken.losses[i];
    return sum / 12;
  };
  EXPECT_LT(mean(108), 0.5 * mean(0));
}

}  // namespace
}  // namespace weft
