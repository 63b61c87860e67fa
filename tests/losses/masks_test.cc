// SPDX-License-Identifier: Apache-2.0
// Figures of masks against NumPy, OpenCV, surface-distance and pycocotools (tests/golden/make_masks.py).
#include "losses/metrics/masks.h"

#include <array>

#include "tests/data/planes.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(Masks, OverlapAndBoundaryAreThoseOfNumpyAndOpenCv) {
  for (const auto& test : mask_golden("pairs")) {
    const TestMask truth(test["truth"].get<std::vector<std::string>>());
    const TestMask prediction(test["prediction"].get<std::vector<std::string>>());
    const Overlap found = overlap(truth.view(), prediction.inside.data());
    EXPECT_NEAR(found.iou(), test["iou"].get<double>(), 1e-12);
    EXPECT_NEAR(found.dice(), test["dice"].get<double>(), 1e-12);
    EXPECT_NEAR(boundary_iou(truth.view(), prediction.inside.data()), test["boundary_iou"].get<double>(), 1e-12);
    EXPECT_NEAR(boundary_iou(truth.view(), prediction.inside.data(), 0.1), test["boundary_iou_10"].get<double>(),
                1e-12);
  }
}

TEST(Masks, TheSurfaceDistanceIsThatOfItsPackageInPixelsAndMillimetres) {
  size_t compared = 0;
  for (const auto& test : mask_golden("pairs")) {
    const TestMask truth(test["truth"].get<std::vector<std::string>>());
    const TestMask prediction(test["prediction"].get<std::vector<std::string>>());
    for (const auto& row : test["surface_dice"]) {
      const auto [tolerance, step_x, step_y, wanted] = row.get<std::array<double, 4>>();
      EXPECT_NEAR(surface_dice(truth.view(), prediction.inside.data(), tolerance, step_x, step_y), wanted, 1e-9)
          << tolerance << " of " << step_x << " x " << step_y;
      ++compared;
    }
  }
  EXPECT_GT(compared, 40u);
  const TestMask nothing(3, 3);
  EXPECT_EQ(surface_dice(nothing.view(), nothing.inside.data(), 1), 1);
  EXPECT_NE(error_of([&] { surface_dice(nothing.view(), nothing.inside.data(), -1); }), "");
  EXPECT_NE(error_of([&] { surface_dice(nothing.view(), nothing.inside.data(), 1, 0, 1); }), "");
}

TEST(Masks, UnknownPixelsAreInNeitherMask) {
  const TestMask truth({"##?.", "##?.", "...."}), prediction({"##..", "#.#.", "...#"});
  const Overlap found = overlap(truth.view(), prediction.inside.data());
  EXPECT_EQ(found.truth, 4);
  EXPECT_EQ(found.prediction, 4);
  EXPECT_EQ(found.both, 3);
  TestMask other = prediction;
  other.inside[2] = 1, other.inside[6] = 0;
  EXPECT_EQ(boundary_iou(truth.view(), prediction.inside.data()), boundary_iou(truth.view(), other.inside.data()));
  EXPECT_EQ(surface_dice(truth.view(), prediction.inside.data(), 0.5),
            surface_dice(truth.view(), other.inside.data(), 0.5));
}

TEST(Masks, EmptyMasksAgreeAndAnEmptyOneIsAllWrong) {
  const TestMask nothing(5, 4), all(5, 4, 1), unknown({"?????"});
  EXPECT_EQ(overlap(nothing.view(), nothing.inside.data()).iou(), 1);
  EXPECT_EQ(overlap(nothing.view(), nothing.inside.data()).dice(), 1);
  EXPECT_EQ(boundary_iou(nothing.view(), nothing.inside.data()), 1);
  EXPECT_EQ(overlap(unknown.view(), all.inside.data()).iou(), 1);
  EXPECT_EQ(overlap(all.view(), nothing.inside.data()).iou(), 0);
  EXPECT_EQ(boundary_iou(all.view(), nothing.inside.data()), 0);
  EXPECT_EQ(surface_dice(all.view(), nothing.inside.data(), 1), 0);
}

TEST(Clicks, TheNumberOfClicksIsTheFirstThatReachesTheIouAndTwentyWhereNoneDoes) {
  ClickTable table{{0.5, 0.85, 0.8}, {0.95}, std::vector<double>(20, 0.4), std::vector<double>(19, 0.4)};
  table[3].push_back(0.9);  // at the last click: RITM's ">= 20" counts it, `never` does not
  NumberOfClicks found = number_of_clicks(table, 0.85);
  EXPECT_DOUBLE_EQ(found.mean, (2 + 1 + 20 + 20) / 4.0);
  EXPECT_EQ(found.never, 1);
  EXPECT_EQ(found.at_least, 2);
  found = number_of_clicks(table, 0.9);
  EXPECT_DOUBLE_EQ(found.mean, (20 + 1 + 20 + 20) / 4.0);
  EXPECT_EQ(found.never, 2);
}

TEST(Clicks, ARowThatEndsKeepsItsLastIou) {
  const ClickTable table{{0.5, 0.75, 0.25}, {1.0}};
  EXPECT_DOUBLE_EQ(mean_iou_at(table, 1), 0.75);
  EXPECT_DOUBLE_EQ(mean_iou_at(table, 2), 0.875);
  EXPECT_DOUBLE_EQ(mean_iou_at(table, 5), 0.625);
}

TEST(Proposals, AverageRecallIsPycocotoolsByNumberAndSize) {
  const auto& test = mask_golden("proposals");
  std::vector<ProposalImage> images;
  for (const auto& image : test["images"]) images.push_back({image["area"], image["iou"], image["is_crowd"]});
  const auto most = test["most"].get<std::vector<int>>();
  for (size_t m = 0; m < most.size(); ++m) {
    const AverageRecall found = average_recall(images, most[m]);
    const auto wanted = test["recall"][m].get<std::array<double, 4>>();
    EXPECT_NEAR(found.all, wanted[0], 1e-12) << most[m];
    EXPECT_NEAR(found.small, wanted[1], 1e-12) << most[m];
    EXPECT_NEAR(found.medium, wanted[2], 1e-12) << most[m];
    EXPECT_NEAR(found.large, wanted[3], 1e-12) << most[m];
  }
  EXPECT_GT(test["recall"][2][0], test["recall"][0][0]);
}

TEST(Proposals, AnIouThatEqualsTheThresholdIsEnough) {
  const ProposalImage half{{100}, {{0.5}}, {}}, less{{100}, {{0.49}}, {}}, all{{100}, {{1.0}}, {}};
  EXPECT_DOUBLE_EQ(average_recall(std::span(&half, 1), 1).all, 0.1);
  EXPECT_DOUBLE_EQ(average_recall(std::span(&less, 1), 1).all, 0);
  EXPECT_DOUBLE_EQ(average_recall(std::span(&all, 1), 1).all, 1);
}

TEST(Proposals, WithoutObjectsThereIsNoRecall) {
  EXPECT_EQ(average_recall({}, 10).all, -1);
  const ProposalImage image{{100}, {}, {}};
  const AverageRecall found = average_recall(std::span(&image, 1), 10);
  EXPECT_EQ(found.all, 0);
  EXPECT_EQ(found.small, 0);
  EXPECT_EQ(found.large, -1);
}

}  // namespace
}  // namespace weft
