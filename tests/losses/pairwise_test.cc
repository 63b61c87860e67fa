// SPDX-License-Identifier: Apache-2.0
// The pairwise losses against tests/golden/make_pairwise.py, however blocks, ranks and tiles divide the step.
#include <ATen/Parallel.h>
#include <ATen/ops/eye.h>
#include <gtest/gtest.h>

#include <limits>

#include "launch/thread_comm.h"
#include "losses/parallel.h"
#include "tests/losses/identity_pairs.h"
#include "tests/losses/pair_case.h"
#include "tests/support.h"

namespace weft {
namespace {

using pair::Json;

class PairwiseGolden : public testing::TestWithParam<std::string> {};

TEST_P(PairwiseGolden, SumsCountsAndGradientsEqualTheDenseFormForAnyNumberOfBlocks) {
  const Json& wanted = pair::golden()[GetParam()];
  const auto loss = pair::loss_of(wanted);
  LocalComm comm;
  for (const int blocks : {1, 2, 4, 8}) {
    SCOPED_TRACE(blocks);
    pair::expect_golden(loss->judge(pair::features_of(wanted), pair::cells_of(wanted), {blocks, 0, blocks}, comm),
                        wanted);
  }
}

TEST_P(PairwiseGolden, RanksGiveTheBitsOfOneThatStandsForThemAll) {
  const Json& wanted = pair::golden()[GetParam()];
  const auto loss = pair::loss_of(wanted);
  LocalComm alone;
  const PairFeatures features = pair::features_of(wanted);
  const PairCells cells = pair::cells_of(wanted);
  const Judgement one = loss->judge(features, cells, {4, 0, 4}, alone);
  for (const int ranks : {2, 4})
    run_thread_ranks(ranks, [&](Comm& comm) {
      const PairBlocks blocks{4, comm.rank() * 4 / ranks, 4 / ranks};
      const Judgement mine = loss->judge(features, cells, blocks, comm);
      const auto share = [&](const Tensor& all) {
        return all.narrow(0, blocks.mine(all.size(0)).begin, blocks.mine(all.size(0)).size());
      };
      EXPECT_TRUE(mine.image_gradient.equal(share(one.image_gradient)));
      EXPECT_TRUE(mine.text_gradient.equal(share(one.text_gradient)));
      for (size_t i = 0; i < one.terms.size(); ++i) EXPECT_EQ(mine.terms[i].sum, one.terms[i].sum);
      for (int b = 0; b < blocks.count; ++b) {
        const auto mine_at = static_cast<size_t>(b), one_at = static_cast<size_t>(blocks.first + b);
        EXPECT_EQ(mine.log_scale_gradient[mine_at], one.log_scale_gradient[one_at]);
        EXPECT_EQ(mine.bias_gradient[mine_at], one.bias_gradient[one_at]);
      }
    });
}

TEST(InParallel, EveryPlaceIsVisitedOnceWhateverTheThreads) {
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    for (const int64_t count : {0, 1, 2, 7, 100}) {
      std::vector<int> visits(static_cast<size_t>(count));
      in_parallel(count, [&](int64_t i) { ++visits[static_cast<size_t>(i)]; });
      EXPECT_EQ(visits, std::vector<int>(visits.size(), 1)) << count << " on " << threads;
    }
  }
  at::set_num_threads(1);
}

TEST(Pairwise, SeveralThreadsGiveTheSameLossAndGradients) {
  LocalComm comm;
  at::set_num_threads(3);
  for (const char* name : {"clip_tiles", "siglip_tiles", "evidence", "sigmoid_guided"}) {
    SCOPED_TRACE(name);
    const Json& wanted = pair::golden()[name];
    pair::expect_golden(pair::loss_of(wanted)->judge(pair::features_of(wanted), pair::cells_of(wanted), {}, comm),
                        wanted);
  }
  at::set_num_threads(1);
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& [name, wanted] : pair::golden().items()) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Of, PairwiseGolden, testing::ValuesIn(golden_names()),
                         [](const auto& info) { return info.param; });

TEST(InfoNce, ARowFarBelowTheRestOfItsTileKeepsItsDigits) {
  // Row 0 lies 300 below row 1: at a common reference its exponentials are zeros in f32.
  const Tensor image = at::eye(4, at::kFloat), text = at::eye(4, at::kFloat);
  image.select(0, 0).zero_();
  image.select(0, 0).select(0, 1).fill_(-1);
  image.select(0, 0).select(0, 2).fill_(-1);
  image.select(0, 0).select(0, 3).fill_(-1);
  image.select(0, 0).select(0, 0).fill_(-1 - 1e-2f);
  LocalComm comm;
  const Judgement found = identity_loss("clip")->judge({image, text, std::log(300.)}, identity_pairs(4), {}, comm);
  // By hand.  Row 0: logits -303, -300, -300, -300; rows 1 to 3: 300 and zeros.  Column 0: -303 and zeros; columns 1 to
  // 3: -300, 300, zeros.
  const double row0 = std::log(3 + std::exp(-3.)) + 3, column0 = std::log(3.) + 303;
  EXPECT_NEAR(found.terms[0].sum, row0 / 2, 1e-4);
  EXPECT_NEAR(found.terms[1].sum, column0 / 2, 1e-3);
  // The slope by row 0's own logit, of rows (1/8) and columns (1/8): what e^-3 leaves of the first, all of the second.
  const double share = std::exp(-3.) / (3 + std::exp(-3.));
  EXPECT_NEAR(found.image_gradient.select(0, 0).select(0, 0).item<double>(), 300 * (share - 1 - 1) / 8, 1e-3);
  EXPECT_NEAR(found.image_gradient.select(0, 0).select(0, 1).item<double>(), 300 * (1 - share) / 3 / 8, 1e-3);
}

TEST(InfoNce, ALogitBeyondExpGivesFiniteNumbers) {
  const Tensor image = at::eye(4, at::kFloat), text = at::eye(4, at::kFloat);
  LocalComm comm;
  const Judgement found = identity_loss("clip")->judge({image, text, std::log(1e4)}, identity_pairs(4), {}, comm);
  EXPECT_NEAR(found.value(), 0, 1e-9);
  EXPECT_EQ(found.image_gradient.abs().sum().item<double>(), 0);
}

TEST(Sigmoid, AnExtremeLogitCostsItsSizeAndNoMore) {
  SigmoidSettings settings;
  settings.targets.positives = "identity";
  const Tensor image = at::eye(4, at::kFloat), text = -at::eye(4, at::kFloat);
  LocalComm comm;
  const Judgement found =
      loss_as<PairLoss>(settings.build())->judge({image, text, std::log(500.), -1000}, identity_pairs(4), {}, comm);
  EXPECT_NEAR(found.terms[0].sum, 4 * 1500, 1e-2);  // four positives at -1500; negatives at -1000 cost nothing
  EXPECT_NEAR(pair::sum_of(found.bias_gradient), -1, 1e-6);
}

TEST(InfoNce, ATextBesideTheImagesWithoutAnyIsANegativeAndNotCounted) {
  PairCells cells = identity_pairs(3);
  const Tensor image = at::eye(3, at::kFloat), text = at::eye(4, at::kFloat).narrow(1, 0, 3).contiguous();
  text.select(0, 3).copy_(text.select(0, 0));  // an explicit negative like the first text
  cells.texts = 4;
  LocalComm comm;
  const Judgement found = identity_loss("clip")->judge({image, text, 0}, cells, {}, comm);
  EXPECT_EQ(found.terms[1].count, 3);
  const double e = std::exp(1.);
  EXPECT_NEAR(found.terms[0].sum, ((std::log(2 * e + 2) - 1) + 2 * (std::log(e + 3) - 1)) / 2, 1e-6);
  EXPECT_GT(found.text_gradient.select(0, 3).select(0, 0).item<double>(), 0);
}

TEST(Sigmoid, AnImageOfWhichNobodySaidAnythingIsNotJudged) {
  const Json& wanted = pair::golden()["sigmoid"];
  LocalComm comm;
  const Judgement found = pair::loss_of(wanted)->judge(pair::features_of(wanted), pair::cells_of(wanted), {}, comm);
  EXPECT_EQ(found.image_gradient.select(0, 36).abs().sum().item<double>(), 0);
}

TEST(InfoNce, UnknownCellsWithoutEvidenceAreRefused) {
  InfoNceSettings settings;
  settings.targets.positives = "identity";
  settings.targets.unsaid = "unknown";
  EXPECT_EQ(error_of([&] { settings.build(); }),
            "unsaid = \"unknown\" wants positives = \"evidence\" or \"overlap\"; found \"identity\", which reads no "
            "evidence");
}

}  // namespace
}  // namespace weft
