// SPDX-License-Identifier: Apache-2.0
// Centres against scipy (tests/golden/make_masks.py), draws by their distribution.
#include "data/prompts/clicks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "tests/data/planes.h"
#include "tests/support.h"

namespace weft {
namespace {

Stream stream_of(uint64_t item) {
  return {5, Purpose::prompts, 3, item};
}

// The chi-square statistic of draws that should be uniform over `cells` values stays below its 99.9 % quantile
// (Wilson and Hilferty's approximation).
void expect_uniform(const std::map<std::pair<float, float>, int>& counts, size_t cells, int draws) {
  ASSERT_EQ(counts.size(), cells);
  const double expected = double(draws) / double(cells), freedom = double(cells) - 1;
  double chi = 0;
  for (const auto& [place, count] : counts) chi += (count - expected) * (count - expected) / expected;
  const double root = 1 - 2 / (9 * freedom) + 3.09 * std::sqrt(2 / (9 * freedom));
  EXPECT_LT(chi, freedom * root * root * root);
}

TEST(Clicks, AFirstClickIsUniformOverTheKnownPixelsOfTheTruth) {
  const TestMask truth({"..##..", ".####?", ".##...", "?...##"});
  constexpr int kDraws = 20000;
  std::map<std::pair<float, float>, int> counts;
  for (int i = 0; i < kDraws; ++i) {
    Stream stream = stream_of(i);
    const auto point = inside_click(truth.view(), stream);
    ASSERT_TRUE(point && truth.at(point->x, point->y) && truth.is_known(point->x, point->y));
    EXPECT_EQ(point->label, PointLabel::positive);
    ++counts[{point->x, point->y}];
  }
  expect_uniform(counts, 10, kDraws);
}

TEST(Clicks, AnErrorClickIsUniformOverAllThatIsWrongAndSaysWhichWay) {
  const TestMask truth({"####..", "####..", "?#....", "......"});
  const TestMask prediction({"..####", "..####", "#.....", "....##"});
  constexpr int kDraws = 20000;
  std::map<std::pair<float, float>, int> counts;
  for (int i = 0; i < kDraws; ++i) {
    Stream stream = stream_of(i);
    const auto point = error_click(truth.view(), prediction.inside.data(), 0, stream);
    ASSERT_TRUE(point && truth.is_known(point->x, point->y));
    EXPECT_NE(truth.at(point->x, point->y), prediction.at(point->x, point->y));
    EXPECT_EQ(point->label, truth.at(point->x, point->y) ? PointLabel::positive : PointLabel::negative);
    ++counts[{point->x, point->y}];
  }
  expect_uniform(counts, 11, kDraws);  // 5 missed and 6 too much; the one at '?' is not known
}

TEST(Clicks, TheSameStreamClicksTheSamePixel) {
  const TestMask truth = random_blob(40, 30, 3, 0, 1), prediction = random_blob(40, 30, 3, 0, 2);
  for (int i = 0; i < 20; ++i) {
    Stream a = stream_of(i), b = stream_of(i);
    EXPECT_EQ(error_click(truth.view(), prediction.inside.data(), 0.1, a),
              error_click(truth.view(), prediction.inside.data(), 0.1, b));
  }
}

TEST(Clicks, WithoutAnErrorANegativeClickGoesAnywhereOutside) {
  const TestMask truth({"##..", "##?."});
  for (int i = 0; i < 50; ++i) {
    Stream stream = stream_of(i);
    const auto point = error_click(truth.view(), truth.inside.data(), 0, stream);
    ASSERT_TRUE(point && !truth.at(point->x, point->y) && truth.is_known(point->x, point->y));
    EXPECT_EQ(point->label, PointLabel::negative);
  }
}

TEST(Clicks, AShareOfCorrectionsIsDrawnFromTheTruthInstead) {
  const TestMask truth({"##########"}), prediction({"#########."});  // one pixel of ten is wrong
  int on_error = 0;
  constexpr int kDraws = 10000;
  for (int i = 0; i < kDraws; ++i) {
    Stream stream = stream_of(i);
    const auto point = error_click(truth.view(), prediction.inside.data(), 0.1, stream);
    EXPECT_EQ(point->label, PointLabel::positive);
    on_error += point->x == 9;
  }
  EXPECT_NEAR(on_error / double(kDraws), 0.9 + 0.1 * 0.1, 0.01);
}

TEST(Clicks, EmptyFullAndUnknownMasksAreAnsweredAsFarAsTheyCanBe) {
  const TestMask empty(4, 3), full(4, 3, 1), unknown({"???", "???"}), nothing(3, 2);
  Stream stream = stream_of(1);
  EXPECT_FALSE(inside_click(empty.view(), stream));
  EXPECT_FALSE(outside_click(full.view(), stream));
  EXPECT_FALSE(centre_click(empty.view()));
  EXPECT_EQ(error_click(empty.view(), empty.inside.data(), 1, stream)->label, PointLabel::negative);
  EXPECT_EQ(error_click(full.view(), full.inside.data(), 0, stream)->label, PointLabel::positive);
  EXPECT_FALSE(inside_click(unknown.view(), stream));
  EXPECT_FALSE(error_click(unknown.view(), nothing.inside.data(), 0.5, stream));
  EXPECT_FALSE(centre_error_click(unknown.view(), full.inside.data(), {}));
  EXPECT_FALSE(centre_error_click(full.view(), full.inside.data(), {}));
}

TEST(Clicks, TheCentreIsTheDeepestPixelAndTheFirstOfSeveral) {
  const TestMask square({".....", ".###.", ".###.", ".###.", "....."});
  EXPECT_EQ(centre_click(square.view()), (PromptPoint{2, 2, PointLabel::positive}));
  const TestMask two({"......", ".#..#.", "......"});
  EXPECT_EQ(centre_click(two.view()), (PromptPoint{1, 1, PointLabel::positive}));
  const TestMask full(5, 3, 1);  // what lies beyond the view is outside
  EXPECT_EQ(centre_click(full.view()), (PromptPoint{1, 1, PointLabel::positive}));
  const TestMask one({"#"});
  EXPECT_EQ(centre_click(one.view()), (PromptPoint{0, 0, PointLabel::positive}));
  const TestMask beside_unknown({"?####"});
  EXPECT_EQ(centre_click(beside_unknown.view()), (PromptPoint{1, 0, PointLabel::positive}));
}

TEST(Clicks, TheDeeperErrorIsClickedAndATieGoesToWhatIsTooMuch) {
  const TestMask truth({"###....", "###....", "###...."});
  const TestMask deeper({"......#", "......#", "......#"});
  EXPECT_EQ(centre_error_click(truth.view(), deeper.inside.data(), {}), (PromptPoint{1, 1, PointLabel::positive}));
  const TestMask alike({"....###", "....###", "....###"});
  EXPECT_EQ(centre_error_click(truth.view(), alike.inside.data(), {}), (PromptPoint{5, 1, PointLabel::negative}));
}

TEST(Clicks, ClicksOfEvaluationAreThoseOfScipysDistances) {
  for (const auto& test : mask_golden("pairs")) {
    const TestMask truth(test["truth"].get<std::vector<std::string>>());
    const TestMask prediction(test["prediction"].get<std::vector<std::string>>());
    PromptPoints wanted, clicked;
    for (const auto& [x, y, label] : test["clicks"].get<std::vector<std::array<int, 3>>>())
      wanted.push_back({float(x), float(y), static_cast<PointLabel>(label)});
    for (int k = 0; k < 6; ++k)
      if (const auto point = centre_error_click(truth.view(), prediction.inside.data(), clicked))
        clicked.push_back(*point);
    EXPECT_EQ(clicked, wanted);
  }
}

TEST(Clicks, APixelIsNeverClickedTwiceInAnEvaluation) {
  const TestMask truth({"####", "####", "####"}), nothing(4, 3);
  PromptPoints clicked;
  for (int k = 0; k < 12; ++k) {
    const auto point = centre_error_click(truth.view(), nothing.inside.data(), clicked);
    ASSERT_TRUE(point);
    EXPECT_EQ(std::count(clicked.begin(), clicked.end(), *point), 0);
    clicked.push_back(*point);
  }
  EXPECT_EQ(clicked[0], (PromptPoint{1, 1, PointLabel::positive}));
  EXPECT_EQ(clicked[1], (PromptPoint{2, 1, PointLabel::positive}));  // still the deepest: clicks shorten no distance
  EXPECT_FALSE(centre_error_click(truth.view(), nothing.inside.data(), clicked));
}

TEST(Clicks, APlaceIsAClickAtPixelCentresAndOutsideTheViewAnError) {
  EXPECT_EQ(click_at({0.5f, 2.5f}, PointLabel::positive, 4, 3), (PromptPoint{0, 2, PointLabel::positive}));
  const std::string error = error_of([] { click_at({4.5f, 1}, PointLabel::positive, 4, 3); });
  EXPECT_NE(error.find("(4.5, 1) lies outside the view of 4 x 3"), std::string::npos) << error;
  EXPECT_NE(error_of([] { click_at({NAN, 1}, PointLabel::positive, 4, 3); }), "");
}

}  // namespace
}  // namespace weft
