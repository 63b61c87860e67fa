// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/boxes.h"

#include <cmath>

#include "tests/data/planes.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(Boxes, ABoxIsTheFirstAndTheLastKnownPixelOfTheTruth) {
  const TestMask truth({"......", "..##.?", "..###.", "......"});
  const auto box = box_around(truth.view());
  ASSERT_TRUE(box);
  EXPECT_EQ(*box, (Box{2, 1, 5, 3}));
  EXPECT_EQ(box_prompt(*box, 6, 4), (PromptPoints{{2, 1, PointLabel::top_left}, {4, 2, PointLabel::bottom_right}}));
  EXPECT_FALSE(box_around(TestMask(3, 3).view()));
  const TestMask one({"..", ".#"});
  EXPECT_EQ(box_prompt(*box_around(one.view()), 2, 2),
            (PromptPoints{{1, 1, PointLabel::top_left}, {1, 1, PointLabel::bottom_right}}));
}

TEST(Boxes, ABoxOutOfTheViewOrEmptyIsRefusedByName) {
  const std::string outside = error_of([] { box_prompt({2, 1, 9, 3}, 6, 4); });
  EXPECT_NE(outside.find("the box (2, 1) to (9, 3) reaches out of the view of 6 x 4 pixels"), std::string::npos)
      << outside;
  const std::string empty = error_of([] { box_prompt({4, 1, 4, 3}, 6, 4); });
  EXPECT_NE(empty.find("is empty"), std::string::npos) << empty;
  Stream stream(1, Purpose::prompts, 0, 0);
  EXPECT_NE(error_of([&] { jittered({-1, 0, 2, 2}, BoxJitter::none, 0, 0, 6, 4, stream); }), "");
  EXPECT_NE(error_of([&] { jittered({0, 0, NAN, 2}, BoxJitter::none, 0, 0, 6, 4, stream); }), "");
  EXPECT_NE(error_of([] { box_jitter_named("sam"); }).find("wanted none, normal"), std::string::npos);
}

struct Moves {
  double mean = 0, deviation = 0, least = 1e9, most = -1e9;
};
Moves moves_of(BoxJitter jitter, const Box& box) {  // of the left edge
  constexpr int kDraws = 20000;
  Moves moves;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    Stream stream(1, Purpose::prompts, 0, i);
    const double by = jittered(box, jitter, 0.1, 20, 2000, 2000, stream).x0 - box.x0;
    moves.mean += by / kDraws, squares += by * by / kDraws;
    moves.least = std::min(moves.least, by), moves.most = std::max(moves.most, by);
  }
  moves.deviation = std::sqrt(squares - moves.mean * moves.mean);
  return moves;
}

TEST(Boxes, JitterHasItsPublishedSpread) {
  const Box small{500, 500, 550, 600}, large{500, 500, 1500, 600};
  Moves moves = moves_of(BoxJitter::normal, small);
  EXPECT_NEAR(moves.mean, 0, 0.15);
  EXPECT_NEAR(moves.deviation, 5, 0.15);
  moves = moves_of(BoxJitter::normal, large);  // deviation 100, cut at 20
  EXPECT_EQ(moves.least, -20);
  EXPECT_EQ(moves.most, 20);
  moves = moves_of(BoxJitter::uniform, small);
  EXPECT_NEAR(moves.deviation, 5 / std::sqrt(3), 0.1);
  EXPECT_GE(moves.least, -5);
  EXPECT_LE(moves.most, 5);
  moves = moves_of(BoxJitter::uniform, large);
  EXPECT_NEAR(moves.deviation, 20 / std::sqrt(3), 0.2);
  moves = moves_of(BoxJitter::outward, small);
  EXPECT_NEAR(moves.mean, -10, 0.2);
  EXPECT_GE(moves.least, -20);
  EXPECT_LE(moves.most, 0);
  moves = moves_of(BoxJitter::none, small);
  EXPECT_EQ(moves.least, 0);
  EXPECT_EQ(moves.most, 0);
}

TEST(Boxes, AJitteredBoxStaysInTheViewAndHasAPixelAtLeast) {
  for (const BoxJitter jitter : {BoxJitter::normal, BoxJitter::uniform, BoxJitter::outward})
    for (const Box& box : {Box{0, 0, 1, 1}, Box{0, 0, 30, 20}, Box{29, 19, 30, 20}, Box{10, 0, 11, 20}})
      for (int i = 0; i < 500; ++i) {
        Stream stream(2, Purpose::prompts, 0, i);
        const Box moved = jittered(box, jitter, 1, 20, 30, 20, stream);
        EXPECT_EQ(error_of([&] { box_prompt(moved, 30, 20); }), "");
        EXPECT_GE(moved.width(), 1 - 1e-9);
        EXPECT_GE(moved.height(), 1 - 1e-9);
      }
}

}  // namespace
}  // namespace weft
