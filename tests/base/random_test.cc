// SPDX-License-Identifier: Apache-2.0
// Numbers from tests/golden/make_random.py; its Philox vectors are also those that Random123 publishes.
#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace weft {
namespace {

using Words = std::array<uint32_t, 4>;

TEST(Philox, GivesTheKnownAnswers) {
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, ItsDrawsAreFixedForEver) {
  Stream stream(7, Purpose::augment, (5ull << 32) + 3, (9ull << 32) + 11);
  for (const uint32_t bits : {0x19244d8cu, 0x2ecc3377u, 0x23c68523u, 0x6a7d2ed1u, 0xe0cfe640u, 0x0413e856u})
    EXPECT_EQ(stream.bits(), bits);
}

TEST(Stream, ADrawDoesNotDependOnTheOrderOfStreams) {
  Stream first(1, Purpose::order, 10, 20), second(1, Purpose::order, 10, 21);
  std::vector<uint32_t> woven_first, woven_second;
  for (int i = 0; i < 9; ++i) {
    woven_first.push_back(first.bits());
    woven_second.push_back(second.bits());
  }
  Stream second_alone(1, Purpose::order, 10, 21), first_alone(1, Purpose::order, 10, 20);
  for (const uint32_t bits : woven_second) EXPECT_EQ(second_alone.bits(), bits);
  for (const uint32_t bits : woven_first) EXPECT_EQ(first_alone.bits(), bits);
}

TEST(Stream, EachPartOfItsNameMakesItAnother) {
  std::vector<uint32_t> firsts = {
      Stream(1, Purpose::init, 0, 0).bits(),          Stream(2, Purpose::init, 0, 0).bits(),
      Stream(1, Purpose::texts, 0, 0).bits(),         Stream(1, Purpose::init, 1, 0).bits(),
      Stream(1, Purpose::init, 1ull << 32, 0).bits(), Stream(1, Purpose::init, 1ull << 47, 0).bits(),
      Stream(1, Purpose::init, 0, 1).bits(),          Stream(1, Purpose::init, 0, 1ull << 32).bits(),
      Stream(1, Purpose::init, 0, 1ull << 47).bits()};
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::unique(firsts.begin(), firsts.end()), firsts.end());
}

// Each bound is five standard errors of the true mean or variance.
TEST(Stream, UniformAndNormalHaveTheirMeanAndVariance) {
  constexpr int kDraws = 100'000;
  const double root = std::sqrt(kDraws);
  Stream stream(3, Purpose::init, 0, 0);
  double uniform = 0, normal = 0, normal_squared = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = stream.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform += u;
    const double n = stream.normal();
    normal += n;
    normal_squared += n * n;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 5 * std::sqrt(1.0 / 12) / root);
  EXPECT_NEAR(normal / kDraws, 0.0, 5 / root);
  EXPECT_NEAR(normal_squared / kDraws, 1.0, 5 * std::sqrt(2.0) / root);
}

TEST(Stream, BelowReachesEveryValueEquallyOften) {
  constexpr int kDraws = 70'000;
  Stream stream(4, Purpose::split, 0, 0);
  std::array<int, 7> count{};
  for (int i = 0; i < kDraws; ++i) ++count.at(stream.below(7));
  const double deviation = std::sqrt(kDraws * (1.0 / 7) * (6.0 / 7));
  for (const int of_value : count) EXPECT_NEAR(of_value, kDraws / 7.0, 5 * deviation);
  EXPECT_EQ(stream.below(1), 0u);
}

TEST(Permutation, ItsOrderIsFixedForEver) {
  const Permutation order(11, 7, 2);
  const std::vector<uint64_t> wanted = {3, 7, 9, 2, 0, 4, 8, 10, 1, 5, 6};
  for (uint64_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(order.at(i), wanted[i]);
}

TEST(Permutation, EveryIndexComesExactlyOnceForAnySize) {
  for (const uint64_t size : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4096, 4097, 20011}) {
    for (const uint64_t round : {0, 1}) {
      const Permutation order(size, 5, round);
      std::vector<bool> seen(size);
      for (uint64_t i = 0; i < size; ++i) {
        const uint64_t value = order.at(i);
        ASSERT_LT(value, size);
        ASSERT_FALSE(seen[value]) << value << " twice among " << size;
        seen[value] = true;
      }
    }
  }
}

TEST(Permutation, StaysInRangeForSizesNoMemoryHolds) {
  const Permutation order(1'000'000'000'000'000, 5, 0);
  EXPECT_LT(order.at(0), 1'000'000'000'000'000u);
  EXPECT_NE(order.at(0), order.at(999'999'999'999'999));
}

TEST(Permutation, AnotherRoundIsAnotherOrder) {
  const Permutation first(1000, 5, 0), second(1000, 5, 1);
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) same += first.at(i) == second.at(i);
  EXPECT_LT(same, 10);  // one on average
}

}  // namespace
}  // namespace weft
