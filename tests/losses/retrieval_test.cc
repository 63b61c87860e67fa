// SPDX-License-Identifier: Apache-2.0
// Retrieval figures against scikit-learn and brute force (tests/golden/make_retrieval.py).
#include "losses/metrics/retrieval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "losses/metrics/interval.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

const Json& golden() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/retrieval.json"));
  return json;
}

// Both directions of a case's matrix, [images, texts].
struct Judged {
  Ranking text_to_image, image_to_text;
};

Judged judge(const Json& test_case) {
  const size_t images = test_case["images"], texts = test_case["texts"];
  const auto scores = test_case["scores"].get<std::vector<float>>();
  std::vector<float> by_text(scores.size());
  for (size_t i = 0; i < images; ++i)
    for (size_t t = 0; t < texts; ++t) by_text[t * images + i] = scores[i * texts + t];
  std::vector<std::vector<int64_t>> images_of(texts), texts_of(images);
  for (const Json& pair : test_case["truth"]) {
    images_of[pair[1].get<size_t>()].push_back(pair[0]);
    texts_of[pair[0].get<size_t>()].push_back(pair[1]);
  }
  const auto recall_at = golden()["recall_at"].get<std::vector<int>>();
  Judged judged;
  rank_queries(by_text, static_cast<int64_t>(images), 0, images_of, recall_at, judged.text_to_image);
  rank_queries(scores, static_cast<int64_t>(texts), 0, texts_of, recall_at, judged.image_to_text);
  return judged;
}

void expect_equal(const Ranking& ranking, const Json& wanted) {
  ASSERT_EQ(ranking.queries.size(), wanted.size());
  const auto recall_at = golden()["recall_at"].get<std::vector<int>>();
  for (size_t q = 0; q < ranking.queries.size(); ++q) {
    const Json& query = wanted.at(std::to_string(ranking.queries[q]));
    EXPECT_NEAR(ranking.average_precision[q], query["ap"].get<double>(), 1e-12);
    EXPECT_NEAR(ranking.first_place[q], query["first"].get<double>(), 1e-12);
    for (size_t k = 0; k < recall_at.size(); ++k)
      EXPECT_NEAR(ranking.hit.at(recall_at[k])[q], query["hit"][k].get<double>(), 1e-12);
  }
}

TEST(Retrieval, WithoutTiesTheFiguresAreThoseOfScikitLearn) {
  const Judged result = judge(golden()["distinct"]);
  expect_equal(result.text_to_image, golden()["distinct"]["text_to_image"]);
  expect_equal(result.image_to_text, golden()["distinct"]["image_to_text"]);
}

TEST(Retrieval, TiesGiveTheMeanOverEveryOrderOfTheEqualScores) {
  const Judged result = judge(golden()["tied"]);
  expect_equal(result.text_to_image, golden()["tied"]["text_to_image"]);
  expect_equal(result.image_to_text, golden()["tied"]["image_to_text"]);
}

TEST(Retrieval, AQueryWithoutATrueItemIsLeftOut) {
  const Judged result = judge(golden()["distinct"]);
  EXPECT_EQ(result.text_to_image.queries.size(), 6u);  // of 7: nothing shows text 2
  for (const int64_t query : result.text_to_image.queries) EXPECT_NE(query, 2);
}

TEST(Retrieval, ChanceIsTheMeanOverEveryPlacementOfTheTrueItems) {
  for (const Json& test_case : golden()["chance"])
    EXPECT_NEAR(chance_average_precision(test_case["positives"], test_case["candidates"]),
                test_case["ap"].get<double>(), 1e-12);
}

TEST(Retrieval, AModelThatScoresEverythingAlikeGetsExactlyChance) {
  const std::vector<float> scores(10, 0.5f);
  const std::vector<int> recall_at{1, 3};
  Ranking ranking;
  rank_queries(scores, 5, 0, {{0, 1}, {4}}, recall_at, ranking);
  EXPECT_EQ(ranking.average_precision, ranking.chance);
  EXPECT_EQ(ranking.first_place, ranking.chance_first_place);
  EXPECT_EQ(ranking.hit, ranking.chance_hit);
  EXPECT_DOUBLE_EQ(ranking.hit.at(1)[0], 0.4);  // two of five are true
  EXPECT_DOUBLE_EQ(ranking.hit.at(3)[0], 0.9);  // 1 - (3 choose 3) / (5 choose 3)
  EXPECT_DOUBLE_EQ(ranking.first_place[0], 2);  // (5 + 1) / (2 + 1)
}

TEST(Retrieval, QueriesJudgedInPartsAreThoseJudgedAtOnce) {
  const auto scores = golden()["tied"]["scores"].get<std::vector<float>>();
  const std::vector<int> recall_at{2};
  const std::vector<std::vector<int64_t>> truth{{0}, {1, 2}, {}, {4}, {3}, {0, 4}};
  Ranking whole, parts;
  rank_queries(scores, 5, 0, truth, recall_at, whole);
  rank_queries(std::span(scores).first(10), 5, 0, truth, recall_at, parts);
  rank_queries(std::span(scores).subspan(10), 5, 2, truth, recall_at, parts);
  EXPECT_EQ(whole.queries, (std::vector<int64_t>{0, 1, 3, 4, 5}));
  EXPECT_EQ(whole.queries, parts.queries);
  EXPECT_EQ(whole.average_precision, parts.average_precision);
  EXPECT_EQ(whole.hit, parts.hit);
}

TEST(Retrieval, APairSaidTwiceCountsOnce) {
  const std::vector<float> scores{0.1f, 0.9f};
  Ranking ranking;
  rank_queries(scores, 2, 0, {{0, 0}}, {}, ranking);
  EXPECT_EQ(ranking.average_precision, std::vector<double>{0.5});
}

TEST(Retrieval, AScoreThatIsNoNumberIsNamed) {
  const std::vector<float> scores{0, 0, 0, 0, std::nanf(""), 0};
  Ranking ranking;
  EXPECT_EQ(error_of([&] { rank_queries(scores, 3, 7, std::vector<std::vector<int64_t>>(9), {}, ranking); }),
            "retrieval: the score of candidate 1 for query 8 is not a number; has the training diverged?");
}

TEST(Retrieval, ACandidateOutsideTheMatrixIsNamed) {
  const std::vector<float> scores(6);
  Ranking ranking;
  EXPECT_EQ(error_of([&] { rank_queries(scores, 3, 0, {{}, {3}}, {}, ranking); }),
            "retrieval: candidate 3, true of query 1, is none of 3");
}

TEST(Retrieval, ThePairedIntervalIsThatOfNumPysResampling) {
  const Json& wanted = golden()["bootstrap"];
  const auto ours = wanted["ours"].get<std::vector<double>>(), theirs = wanted["theirs"].get<std::vector<double>>();
  const Interval interval = paired_bootstrap(ours, theirs, 1);
  const double width = wanted["high"].get<double>() - wanted["low"].get<double>();
  EXPECT_NEAR(interval.mean, wanted["mean"].get<double>(), 1e-12);
  EXPECT_NEAR(interval.low, wanted["low"].get<double>(), 0.02 * width);
  EXPECT_NEAR(interval.high, wanted["high"].get<double>(), 0.02 * width);
}

TEST(Retrieval, TheIntervalRepeatsWithItsSeedAndChangesWithAnother) {
  const std::vector<double> values{0.1, 0.4, 0.2, 0.9, 0.7};
  EXPECT_EQ(bootstrap_mean(values, 3, 500).low, bootstrap_mean(values, 3, 500).low);
  EXPECT_NE(bootstrap_mean(values, 3, 500).low, bootstrap_mean(values, 4, 500).low);
}

TEST(Retrieval, AConstantDifferenceHasAnIntervalWithoutWidth) {
  const std::vector<double> ours{0.5, 0.75, 1.0}, theirs{0.25, 0.5, 0.75};
  const Interval interval = paired_bootstrap(ours, theirs, 1, 100);
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

}  // namespace
}  // namespace weft
