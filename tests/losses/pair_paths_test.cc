// SPDX-License-Identifier: Apache-2.0
// The loops of every instruction set against the standard library in double.
#include "losses/pair_paths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace weft {
namespace {

double ulps(float found, double wanted) {
  return std::abs(found - wanted) / std::ldexp(1., std::ilogb(wanted) - 23);
}

class EveryPath : public testing::TestWithParam<size_t> {
 protected:
  const PairPath& path() const { return pair_paths()[GetParam()]; }
};

float exp_by(const PairPath& path, float x) {
  const float once = 1;
  float sum = 0;
  path.add_exp(&x, 1, 1, 0, &once, &sum);
  return sum;
}

TEST_P(EveryPath, ExpIsWithinTwoUlps) {
  double worst = 0;
  for (float x = -86.89f; x < 88.7f; x += 0.000731f)
    worst = std::max(worst, ulps(exp_by(path(), x), std::exp(double{x})));
  EXPECT_LE(worst, 2);
}

TEST_P(EveryPath, ExpOfWhatIsOutOfReachIsZeroInfinityOrNoNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(exp_by(path(), -87), 0);
  EXPECT_EQ(exp_by(path(), -kInfinity), 0);
  EXPECT_EQ(exp_by(path(), 89), kInfinity);
  EXPECT_EQ(exp_by(path(), kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(exp_by(path(), std::nanf(""))));
}

TEST_P(EveryPath, SigmoidAndSoftplusAreWithinFiveUlps) {
  double worst_cost = 0, worst_slope = 0;
  const float once = 1;
  for (float s = -86; s < 86; s += 0.000731f) {
    float x = s;
    double slope = 0;
    const double cost = path().sigmoid(&x, 1, 1, 0, &once, &slope);
    worst_cost = std::max(worst_cost, ulps(static_cast<float>(cost), std::log1p(std::exp(double{s}))));
    worst_slope = std::max(worst_slope, ulps(x, 1 / (1 + std::exp(-double{s}))));
  }
  EXPECT_LE(worst_cost, 5);
  EXPECT_LE(worst_slope, 5);
}

struct Row {
  explicit Row(int64_t count) {
    for (int64_t j = 0; j < count; ++j) {
      x.push_back(static_cast<float>(std::sin(1.7 * double(j))));
      copies.push_back(static_cast<float>(1 + j % 3));
      column.push_back(0.01f * static_cast<float>(j % 7));
      lse.push_back(3 + 0.1f * static_cast<float>(j % 5));
      sums.push_back(0);
    }
  }
  std::vector<float> x, copies, column, lse, sums;
};

constexpr int64_t kCounts[] = {1, 15, 16, 63, 64, 65, 200, 1000};

TEST_P(EveryPath, GivesTheBitsOfThePortableOne) {
  const PairPath& plain = pair_paths().front();
  for (const int64_t n : kCounts) {
    Row a(n), b(n);
    EXPECT_EQ(plain.largest(a.x.data(), n), path().largest(b.x.data(), n));
    EXPECT_EQ(plain.add_exp(a.x.data(), n, 14, 0.9f, a.copies.data(), a.sums.data()),
              path().add_exp(b.x.data(), n, 14, 0.9f, b.copies.data(), b.sums.data()));
    EXPECT_EQ(a.sums, b.sums);
    plain.softmax_shared(a.x.data(), n, 3, 2, 0.3f, a.copies.data(), a.column.data());
    path().softmax_shared(b.x.data(), n, 3, 2, 0.3f, b.copies.data(), b.column.data());
    EXPECT_EQ(a.x, b.x);
    plain.softmax_apart(a.x.data(), n, 3, 0.3f, 4, a.copies.data(), a.column.data(), a.lse.data());
    path().softmax_apart(b.x.data(), n, 3, 0.3f, 4, b.copies.data(), b.column.data(), b.lse.data());
    EXPECT_EQ(a.x, b.x);
    double one = 0, other = 0;
    EXPECT_EQ(plain.sigmoid(a.x.data(), n, 9, -1, a.copies.data(), &one),
              path().sigmoid(b.x.data(), n, 9, -1, b.copies.data(), &other));
    EXPECT_EQ(one, other);
    EXPECT_EQ(a.x, b.x);
  }
}

TEST_P(EveryPath, SumsAndSlopesAreThoseOfTheFormulas) {
  for (const int64_t n : kCounts) {
    const Row row(n);
    Row r(n), shared(n), apart(n);
    double sum = 0, largest = -1;
    for (size_t j = 0; j < static_cast<size_t>(n); ++j) {
      sum += row.copies[j] * std::exp(14 * (double{row.x[j]} - 1));
      largest = std::max(largest, double{row.x[j]});
    }
    EXPECT_EQ(path().largest(r.x.data(), n), largest);
    EXPECT_NEAR(path().add_exp(r.x.data(), n, 14, 1, r.copies.data(), r.sums.data()), sum, 1e-6 * sum);
    path().softmax_shared(shared.x.data(), n, 3, 2, 0.3f, row.copies.data(), row.column.data());
    path().softmax_apart(apart.x.data(), n, 3, 0.3f, 4, row.copies.data(), row.column.data(), row.lse.data());
    for (size_t j = 0; j < static_cast<size_t>(n); ++j) {
      const double s = 3 * double{row.x[j]};
      EXPECT_NEAR(r.sums[j], std::exp(14 * (double{row.x[j]} - 1)), 1e-6);
      EXPECT_NEAR(shared.x[j], std::exp(s - 2) * (0.3 * row.copies[j] + row.column[j]), 1e-5);
      EXPECT_NEAR(apart.x[j], 0.3 * row.copies[j] * std::exp(s - 4) + row.column[j] * std::exp(s - row.lse[j]), 1e-6);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EveryPath, testing::Range<size_t>(0, pair_paths().size()),
                         [](const auto& info) { return std::string(pair_paths()[info.param].name); });

}  // namespace
}  // namespace weft
