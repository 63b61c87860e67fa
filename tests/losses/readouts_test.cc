// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/readouts.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/support.h"

namespace weft {
namespace {

const std::array<float, 2> kEast{2, 0}, kNorth{0, 3}, kNorthEast{1, 1}, kNothing{0, 0};

TEST(Readouts, AnObjectUnlikeItsPiecesIsCoherentAndStuffLikeThemIsNot) {
  const std::array<Embedding, 2> pieces{kNorth, kNorthEast};
  EXPECT_NEAR(stuffness(kEast, pieces), std::sqrt(0.5) / 2, 1e-12);
  EXPECT_NEAR(coherence(kEast, pieces), 1 - std::sqrt(0.5) / 2, 1e-12);
  const std::array<Embedding, 1> itself{kEast};
  EXPECT_NEAR(coherence(kEast, itself), 0, 1e-12);
  EXPECT_EQ(cosine(kEast, kNothing), 0);
}

TEST(Readouts, MovabilityWantsTheSameEmbeddingAndTheSameMask) {
  const std::array<Embedding, 2> moved{kEast, kNorthEast};
  const std::array<double, 2> ious{0.5, 1};
  EXPECT_NEAR(movability(kEast, moved, ious), (0.5 + std::sqrt(0.5)) / 2, 1e-12);
}

TEST(Readouts, MasksAreRankedByAProductWhosePartsMayBeLeftOut) {
  EXPECT_DOUBLE_EQ(rank_score(0.5, 0.8, 0.9), 0.36);
  EXPECT_DOUBLE_EQ(rank_score(0, 0.8, 0.9, {0, 1, 1}), 0.72);
  EXPECT_DOUBLE_EQ(rank_score(0.5, 0.8, 0.9, {2, 0, 0}), 0.25);
}

TEST(Readouts, WhatCannotBeComparedIsAnError) {
  const std::array<float, 1> short_one{1};
  EXPECT_NE(error_of([&] { cosine(kEast, short_one); }), "");
  EXPECT_NE(error_of([&] { coherence(kEast, {}); }), "");
  const std::array<Embedding, 1> moved{kEast};
  EXPECT_NE(error_of([&] { movability(kEast, moved, {}); }), "");
}

}  // namespace
}  // namespace weft
