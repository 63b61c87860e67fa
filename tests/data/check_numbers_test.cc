// SPDX-License-Identifier: Apache-2.0
// Numbers: tests/golden/make_fingerprint.py.
#include "data/check/numbers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"

namespace weft {
namespace {

nlohmann::json golden() {
  return nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/fingerprint.json"));
}

TEST(Numbers, WilsonsIntervalEndsWhereTheScoreTestJustAccepts) {
  for (const auto& [hits, of, low, high] :
       golden()["wilson"].get<std::vector<std::tuple<size_t, size_t, double, double>>>()) {
    const Share share{hits, of};
    EXPECT_NEAR(share.low(), low, 1e-12) << hits << " of " << of;
    EXPECT_NEAR(share.high(), high, 1e-12) << hits << " of " << of;
  }
}

TEST(Numbers, OfNothingCountedEveryShareIsPossible) {
  EXPECT_EQ(Share().value(), 0);
  EXPECT_EQ(Share().low(), 0);
  EXPECT_EQ(Share().high(), 1);
}

TEST(Numbers, QuantilesAreNumPys) {
  const auto numbers = golden();
  const Quantiles found = quantiles_of(numbers["values"].get<std::vector<double>>());
  const auto wanted = numbers["quantiles"].get<std::vector<double>>();
  EXPECT_DOUBLE_EQ(found.least, wanted[0]);
  EXPECT_DOUBLE_EQ(found.p05, wanted[1]);
  EXPECT_DOUBLE_EQ(found.p25, wanted[2]);
  EXPECT_DOUBLE_EQ(found.median, wanted[3]);
  EXPECT_DOUBLE_EQ(found.p75, wanted[4]);
  EXPECT_DOUBLE_EQ(found.p95, wanted[5]);
  EXPECT_DOUBLE_EQ(found.most, wanted[6]);
  EXPECT_EQ(quantiles_of({}).count, 0u);
}

}  // namespace
}  // namespace weft
