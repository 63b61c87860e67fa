// SPDX-License-Identifier: Apache-2.0
// Metrics against scikit-learn and open_clip on the same scores (tests/golden/make_metrics.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "losses/metrics/binary.h"
#include "losses/metrics/calibration.h"
#include "losses/metrics/classification.h"
#include "losses/metrics/interval.h"
#include "losses/metrics/logistic.h"
#include "losses/metrics/neighbours.h"
#include "losses/metrics/retrieval.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

const Json& golden(const char* name) {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/metrics.json"));
  return json.at(name);
}

std::vector<CurvePoint> curve_of(const Json& test_case) {
  std::vector<LabelledScore> items;
  for (size_t i = 0; i < test_case["scores"].size(); ++i)
    items.push_back({test_case["scores"][i], test_case["truth"][i] == 1});
  return threshold_curve(items);
}

TEST(Binary, PrecisionAndAreaAreThoseOfScikitLearnWithAndWithoutTies) {
  for (const Json& test_case : golden("binary")) {
    const auto curve = curve_of(test_case);
    EXPECT_NEAR(average_precision(curve), test_case["ap"].get<double>(), 1e-12);
    EXPECT_NEAR(auroc(curve), test_case["auroc"].get<double>(), 1e-12);
  }
}

TEST(Binary, SensitivityAtASpecificityIsTheBestOfTheThresholdsThatAreSpecificEnough) {
  for (const Json& test_case : golden("binary"))
    for (size_t i = 0; i < golden("specificities").size(); ++i)
      EXPECT_NEAR(sensitivity_at(curve_of(test_case), golden("specificities")[i]),
                  test_case["sensitivity"][i].get<double>(), 1e-12);
}

TEST(Binary, ChanceIsTheMeanOverEveryOrderOfTheScores) {
  std::vector<bool> order{false, false, false, true, true};
  for (const double specificity : {0.0, 0.5, 0.7, 1.0}) {
    double sensitivity = 0, ap = 0, orders = 0;
    do {
      std::vector<LabelledScore> items;
      for (size_t i = 0; i < order.size(); ++i) items.push_back({static_cast<float>(i), order[i]});
      const auto curve = threshold_curve(items);
      sensitivity += sensitivity_at(curve, specificity), ap += average_precision(curve), ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(sensitivity / orders, chance_sensitivity(3, specificity), 1e-12) << specificity;
    EXPECT_NEAR(ap / orders, chance_average_precision(2, 5), 1e-12);
  }
}

TEST(Binary, PrecisionFallsWithPrevalenceAsBayesSays) {
  EXPECT_DOUBLE_EQ(precision_at_prevalence(0.9, 0.9, 0.5), 0.9);
  EXPECT_NEAR(precision_at_prevalence(0.9, 0.99, 1e-4), 0.9e-4 / (0.9e-4 + 0.01 * 0.9999), 1e-15);
  EXPECT_EQ(precision_at_prevalence(0, 1, 0.5), 0);
}

TEST(Binary, OneKindAloneIsAnErrorThatCountsBoth) {
  EXPECT_EQ(error_of([] { threshold_curve({{0.5f, true}, {0.25f, true}}); }),
            "metrics: 2 true and 0 false items; wanted some of both");
}

TEST(Binary, AScoreThatIsNoNumberIsAnError) {
  EXPECT_NE(error_of([] { threshold_curve({{std::nanf(""), true}, {0.25f, false}}); }), "");
}

std::vector<Classified> classified(const Json& test_case) {
  const auto scores = test_case["scores"].get<std::vector<float>>();
  const size_t classes = test_case["classes"];
  std::vector<Classified> items;
  for (size_t i = 0; i < test_case["truth"].size(); ++i)
    items.push_back(classify(std::span(scores).subspan(i * classes, classes), static_cast<int64_t>(i),
                             test_case["truth"][i], test_case["scale"]));
  return items;
}

TEST(Classification, AccuraciesRecallAndBrierAreThoseOfScikitLearn) {
  const Json& test_case = golden("classification");
  const auto items = classified(test_case);
  std::vector<double> top1, top5, brier, recalls;
  for (const Classified& item : items)
    top1.push_back(item.top1), top5.push_back(item.top5), brier.push_back(item.brier);
  for (const double recall : recall_of_classes(items, test_case["classes"]))
    if (recall >= 0) recalls.push_back(recall);
  EXPECT_EQ(recalls.size() + 1, test_case["classes"].get<size_t>());
  EXPECT_NEAR(mean_of(top1), test_case["top1"].get<double>(), 1e-12);
  EXPECT_NEAR(mean_of(top5), test_case["top5"].get<double>(), 1e-12);
  EXPECT_NEAR(mean_of(recalls), test_case["mean_recall"].get<double>(), 1e-12);
  EXPECT_NEAR(mean_of(brier), test_case["brier"].get<double>(), 1e-9);
  for (size_t i = 0; i < items.size(); ++i)
    EXPECT_NEAR(items[i].confidence, test_case["confidence"][i].get<double>(), 1e-9);
}

TEST(Classification, EqualScoresShareTheirPlaces) {
  const std::vector<float> alike(10, 0.5f), three{0.25f, 0.75f, 0.75f, 0.75f, 0};
  EXPECT_DOUBLE_EQ(classify(alike, 0, 3, 1).top1, 0.1);
  EXPECT_DOUBLE_EQ(classify(alike, 0, 3, 1).top5, 0.5);
  EXPECT_DOUBLE_EQ(classify(three, 0, 2, 1).top1, 1 / 3.0);
  EXPECT_EQ(classify(three, 0, 2, 1).predicted, 1);
  EXPECT_EQ(classify(three, 0, 0, 1).top1, 0);
}

TEST(Classification, ConfusionsComeByFrequency) {
  const auto item = [](int64_t truth, int64_t predicted) { return Classified{.truth = truth, .predicted = predicted}; };
  const std::vector<Classified> items{item(0, 1), item(2, 1), item(2, 1), item(1, 1), item(0, 2)};
  const auto list = confusions(items);
  std::vector<std::array<int64_t, 3>> found;
  for (const Confusion& one : list) found.push_back({one.truth, one.predicted, one.items});
  EXPECT_EQ(found, (std::vector<std::array<int64_t, 3>>{{2, 1, 2}, {0, 1, 1}, {0, 2, 1}}));
}

TEST(Calibration, BinsErrorAndBrierScoreAreThoseOfScikitLearnAlsoWhereMostAreEqual) {
  for (const Json& test_case : golden("calibration")) {
    std::vector<Forecast> forecasts;
    for (size_t i = 0; i < test_case["p"].size(); ++i)
      forecasts.push_back({test_case["p"][i], test_case["outcome"][i]});
    EXPECT_NEAR(brier_score(forecasts), test_case["brier"].get<double>(), 1e-12);
    for (const auto& [kind, name] : {std::pair(Bins::equal_width, "equal_width"), {Bins::equal_mass, "equal_mass"}}) {
      const Json& wanted = test_case[name];
      const auto bins = reliability(forecasts, kind, test_case["bins"]);
      ASSERT_EQ(bins.size(), wanted["p"].size()) << name;
      for (size_t b = 0; b < bins.size(); ++b) {
        EXPECT_EQ(bins[b].items, wanted["items"][b].get<int64_t>());
        EXPECT_NEAR(bins[b].p, wanted["p"][b].get<double>(), 1e-12);
        EXPECT_NEAR(bins[b].outcome, wanted["outcome"][b].get<double>(), 1e-12);
      }
      EXPECT_NEAR(expected_calibration_error(bins), wanted["ece"].get<double>(), 1e-12);
    }
  }
}

TEST(Calibration, NothingSaidIsNoErrorAndNoBin) {
  EXPECT_TRUE(reliability({}, Bins::equal_mass, 10).empty());
  EXPECT_EQ(expected_calibration_error({}), 0);
}

TEST(Logistic, ProbabilitiesOfUnseenItemsAreThoseOfScikitLearn) {
  for (const Json& test_case : golden("logistic")) {
    const auto features = test_case["features"].get<std::vector<float>>();
    const auto unseen = test_case["unseen"].get<std::vector<float>>();
    const auto labels = test_case["labels"].get<std::vector<int32_t>>();
    const size_t width = features.size() / labels.size(), classes = test_case["classes"];
    const LogisticModel model =
        fit_logistic({features, labels, static_cast<int64_t>(width), static_cast<int32_t>(classes)},
                     {.strength = test_case["strength"]});
    EXPECT_TRUE(model.converged);
    for (size_t i = 0; i < unseen.size() / width; ++i) {
      const auto p = model.probabilities(std::span(unseen).subspan(i * width, width));
      for (size_t k = 0; k < classes; ++k)
        EXPECT_NEAR(p[k], test_case["p"][i * classes + k].get<double>(), 1e-6) << "C " << test_case["strength"];
    }
  }
}

TEST(Logistic, SeparableDataStaysFinite) {
  const std::vector<float> features{-2, -1, 1, 2};
  const std::vector<int32_t> labels{0, 0, 1, 1};
  const LogisticModel model = fit_logistic({features, labels, 1, 2}, {.strength = 1e6});
  const std::vector<float> unseen{3};
  EXPECT_GT(model.probabilities(unseen)[1], 0.999);
  EXPECT_TRUE(std::isfinite(model.weights[0]));
}

TEST(Logistic, AFeatureThatIsNotFiniteIsAnError) {
  const std::vector<float> features{0, std::numeric_limits<float>::infinity()};
  const std::vector<int32_t> labels{0, 1};
  EXPECT_NE(error_of([&] { fit_logistic({features, labels, 1, 2}, {}); }), "");
}

TEST(Neighbours, VotesAreThoseOfScikitLearnWithTheSameWeights) {
  const Json& test_case = golden("neighbours");
  const auto similarities = test_case["similarities"].get<std::vector<float>>();
  const auto labels = test_case["labels"].get<std::vector<int32_t>>();
  const int32_t classes = test_case["classes"];
  const std::vector<int> counts{1, 5, 20};
  for (size_t q = 0; q < similarities.size() / labels.size(); ++q) {
    const auto row = std::span(similarities).subspan(q * labels.size(), labels.size());
    const auto votes = neighbour_votes(row, labels, classes, counts);
    for (size_t c = 0; c < counts.size(); ++c)
      for (size_t k = 0; k < static_cast<size_t>(classes); ++k)
        EXPECT_NEAR(votes[c][k],
                    test_case["votes"][std::to_string(counts[c])][q * static_cast<size_t>(classes) + k].get<double>(),
                    2e-6);
  }
}

TEST(Neighbours, WithFewerThanKEveryoneVotes) {
  const std::vector<float> similarities{0.5f, 0.5f};
  const std::vector<int32_t> labels{1, 0};
  const std::vector<int> counts{1, 100};
  EXPECT_EQ(neighbour_votes(similarities, labels, 2, counts), (std::vector<std::vector<float>>{{0, 1}, {0.5f, 0.5f}}));
}

TEST(Retrieval, WithOneCaptionAnImageRecallAndRanksAreThoseOfOpenClip) {
  const Json& test_case = golden("one_caption_each");
  const auto scores = test_case["scores"].get<std::vector<float>>();
  const auto n = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(scores.size()))));
  std::vector<float> transposed(scores.size());
  std::vector<std::vector<int64_t>> truth(n);
  for (size_t i = 0; i < n; ++i) {
    truth[i] = {static_cast<int64_t>(i)};
    for (size_t t = 0; t < n; ++t) transposed[t * n + i] = scores[i * n + t];
  }
  const std::vector<int> recall_at{1, 5, 10};
  for (const auto& [name, matrix] : {std::pair("image_to_text", &scores), {"text_to_image", &transposed}}) {
    Ranking ranking;
    rank_queries(*matrix, static_cast<int64_t>(n), 0, truth, recall_at, ranking);
    const Json& wanted = test_case["figures"];
    const auto figure = [&](const char* key) { return wanted[std::string(name) + key].get<double>(); };
    EXPECT_NEAR(mean_of(ranking.hit.at(1)), figure("_R@1"), 1e-12);
    EXPECT_NEAR(mean_of(ranking.hit.at(5)), figure("_R@5"), 1e-12);
    EXPECT_NEAR(mean_of(ranking.hit.at(10)), figure("_R@10"), 1e-12);
    EXPECT_NEAR(mean_of(ranking.first_place), figure("_mean_rank"), 1e-9);
    EXPECT_EQ(std::floor(median_of(ranking.first_place)), figure("_median_rank"));
  }
}

TEST(Interval, TheMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle) {
  EXPECT_EQ(median_of(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median_of(std::vector<double>{9, 1, 3}), 3);
}

TEST(Interval, FiguresResampledTogetherHaveTheIntervalsTheyHaveAlone) {
  const std::vector<double> a{0.1, 0.4, 0.2, 0.9, 0.7}, b{5, 1, 4, 2, 3};
  const std::vector<Sampled> both{{a, mean_of}, {b, median_of}};
  const auto together = bootstrap(both, 3, 500);
  const Interval alone = bootstrap_mean(a, 3, 500), of_b = bootstrap(std::span(both).subspan(1), 3, 500)[0];
  EXPECT_EQ(together[0].low, alone.low);
  EXPECT_EQ(together[0].high, alone.high);
  EXPECT_EQ(together[1].low, of_b.low);
  EXPECT_EQ(together[1].mean, 3);
}

}  // namespace
}  // namespace weft
