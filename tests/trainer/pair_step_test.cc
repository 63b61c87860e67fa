// SPDX-License-Identifier: Apache-2.0
// What a step adds up to by parameter, seen through a model that is nothing but its features.
#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "launch/thread_comm.h"
#include "losses/infonce.h"
#include "losses/sigmoid.h"
#include "tests/trainer/table_model.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

constexpr int64_t kImages = 22, kTexts = 13;

std::unique_ptr<Loss> loss_of(const std::string& kind) {
  if (kind == "infonce") return InfoNceSettings().build();
  return SigmoidSettings().build();
}

struct Table {
  Tensor images, texts;
};
const Table& table() {
  static const Table numbers{at::randn({kImages, 8}), at::randn({kTexts, 8})};
  return numbers;
}

// The gradients of one step, from the first moments.
NamedTensors gradients(const std::string& kind, int ranks, int64_t micro_batch, int virtual_ranks = 0) {
  NamedTensors found;
  run_thread_ranks(ranks, [&](Comm& comm) {
    at::set_num_threads(1);
    OptimizerSettings settings;
    FlatSettings flat;
    flat.virtual_ranks = virtual_ranks;
    Learner learner(std::make_unique<TableModel>(table().images, table().texts, 1.5, -2), flat, settings, comm);
    std::vector<std::unique_ptr<Loss>> losses;
    losses.push_back(loss_of(kind));
    Trainer trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                    settings, {}, {.steps = 1, .micro_batch = micro_batch}, comm);
    std::vector<int32_t> pairs;
    for (int32_t i = 0; i < kImages; ++i) pairs.push_back(i * 5 % int32_t{kTexts});
    Batch batch = TableModel::batch(pairs, kTexts, comm.rank(), comm.size());
    EXPECT_FALSE(trainer.take(batch, {}).skipped);
    NamedTensors moments = learner.flat.gathered(State::moment1, comm);
    if (comm.is_first()) found = std::move(moments);
  });
  return found;
}

class PairStep : public testing::TestWithParam<const char*> {};

TEST_P(PairStep, GradientsAreThoseOfOneRankForAnyRanksAndMicroBatches) {
  const NamedTensors one = gradients(GetParam(), 1, 0);
  for (const int ranks : {1, 2, 4})
    for (const int64_t micro_batch : {0, 1, 3}) {
      const NamedTensors other = gradients(GetParam(), ranks, micro_batch);
      ASSERT_EQ(one.size(), 4u);  // two tables, scale and bias
      for (size_t i = 0; i < one.size(); ++i)
        EXPECT_LE((one[i].second - other[i].second).abs().max().item<double>(),
                  1e-6 * one[i].second.abs().max().item<double>())
            << one[i].first << " on " << ranks << " ranks in micro-batches of " << micro_batch;
    }
}

TEST_P(PairStep, FourVirtualRanksHaveTheSameBitsOnAnyRanks) {
  const NamedTensors one = gradients(GetParam(), 1, 0, 4);
  for (const int ranks : {2, 4}) {
    const NamedTensors other = gradients(GetParam(), ranks, 0, 4);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].second.equal(other[i].second)) << one[i].first;
  }
}

TEST_P(PairStep, TheBiasLearnsWhereTheLossKnowsIt) {
  for (const auto& [name, gradient] : gradients(GetParam(), 2, 0)) {
    const bool moves = name != "logit_bias" || std::string(GetParam()) == "sigmoid";  // a softmax does not see it
    EXPECT_EQ(gradient.abs().max().item<double>() > 0, moves) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, PairStep, testing::Values("infonce", "sigmoid"));

}  // namespace
}  // namespace weft
