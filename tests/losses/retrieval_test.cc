// SPDX-License-Identifier: Apache-2.0
// Retrieval figures against scikit-learn and brute force (tests/golden/make_retrieval.py).
#include "losses/metrics/retrieval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace weft {
namespace {

using Json = nlohmann::json;

const Json& golden() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/retrieval.json"));
  return json;
}

Retrieval judge(const Json& test_case) {
  std::vector<TruePair> truth;
  for (const Json& pair : test_case["truth"]) truth.push_back({pair[0], pair[1]});
  const auto scores = test_case["scores"].get<std::vector<float>>();
  const auto recall_at = golden()["recall_at"].get<std::vector<int>>();
  return judge_retrieval(scores, test_case["images"], test_case["texts"], truth, recall_at);
}

void expect_equal(const Ranking& ranking, const Json& wanted) {
  ASSERT_EQ(ranking.queries.size(), wanted.size());
  const auto recall_at = golden()["recall_at"].get<std::vector<int>>();
  for (size_t q = 0; q < ranking.queries.size(); ++q) {
    const Json& query = wanted.at(std::to_string(ranking.queries[q]));
    EXPECT_NEAR(ranking.average_precision[q], query["ap"].get<double>(), 1e-12);
    for (size_t k = 0; k < recall_at.size(); ++k)
      EXPECT_NEAR(ranking.hit.at(recall_at[k])[q], query["hit"][k].get<double>(), 1e-12);
  }
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Retrieval, WithoutTiesTheFiguresAreThoseOfScikitLearn) {
  const Retrieval result = judge(golden()["distinct"]);
  expect_equal(result.text_to_image, golden()["distinct"]["text_to_image"]);
  expect_equal(result.image_to_text, golden()["distinct"]["image_to_text"]);
}

TEST(Retrieval, TiesGiveTheMeanOverEveryOrderOfTheEqualScores) {
  const Retrieval result = judge(golden()["tied"]);
  expect_equal(result.text_to_image, golden()["tied"]["text_to_image"]);
  expect_equal(result.image_to_text, golden()["tied"]["image_to_text"]);
}

TEST(Retrieval, AQueryWithoutATrueItemIsLeftOut) {
  const Retrieval result = judge(golden()["distinct"]);
  EXPECT_EQ(result.text_to_image.queries.size(), 6u);  // of 7: nothing shows text 2
  for (const int64_t query : result.text_to_image.queries) EXPECT_NE(query, 2);
}

TEST(Retrieval, ChanceIsTheMeanOverEveryPlacementOfTheTrueItems) {
  for (const Json& test_case : golden()["chance"])
    EXPECT_NEAR(chance_average_precision(test_case["positives"], test_case["candidates"]),
                test_case["ap"].get<double>(), 1e-12);
}

TEST(Retrieval, AModelThatScoresEverythingAlikeGetsExactlyChance) {
  const std::vector<float> scores(20, 0.5f);
  const std::vector<TruePair> truth{{0, 0}, {1, 0}, {4, 2}};
  const std::vector<int> recall_at{1, 3};
  const Ranking ranking = judge_retrieval(scores, 5, 4, truth, recall_at).text_to_image;
  EXPECT_EQ(ranking.average_precision, ranking.chance);
  EXPECT_EQ(ranking.hit, ranking.chance_hit);
  EXPECT_DOUBLE_EQ(ranking.hit.at(1)[0], 0.4);  // two of five are true
  EXPECT_DOUBLE_EQ(ranking.hit.at(3)[0], 0.9);  // 1 - (3 choose 3) / (5 choose 3)
}

TEST(Retrieval, APairSaidTwiceCountsOnce) {
  const std::vector<float> scores{0.1f, 0.9f};
  const std::vector<TruePair> truth{{0, 0}, {0, 0}};
  EXPECT_EQ(judge_retrieval(scores, 2, 1, truth, {}).text_to_image.average_precision, std::vector<double>{0.5});
}

TEST(Retrieval, AScoreThatIsNoNumberIsNamed) {
  const std::vector<float> scores{0, 0, 0, 0, std::nanf(""), 0};
  EXPECT_EQ(error_of([&] { judge_retrieval(scores, 2, 3, {}, {}); }),
            "retrieval: the score of image 1 and text 1 is not a number; has the training diverged?");
}

TEST(Retrieval, APairOutsideTheMatrixIsNamed) {
  const std::vector<float> scores(6);
  const std::vector<TruePair> truth{{2, 0}};
  EXPECT_EQ(error_of([&] { judge_retrieval(scores, 2, 3, truth, {}); }),
            "retrieval: the true pair (2, 0) lies outside 2 images and 3 texts");
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
