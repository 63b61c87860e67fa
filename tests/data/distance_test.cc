// SPDX-License-Identifier: Apache-2.0
// Distances against scipy (tests/golden/make_masks.py).
#include "data/distance.h"

#include "tests/data/planes.h"

namespace weft {
namespace {

TEST(Distance, SquaresAreScipysWithAndWithoutARingOfZeros) {
  for (const auto& test : mask_golden("planes")) {
    const TestMask mask(test["mask"].get<std::vector<std::string>>());
    SCOPED_TRACE(test["mask"].dump());
    EXPECT_EQ(squared_distances(mask.inside.data(), mask.width, mask.height, Border::outside),
              test["ringed"].get<std::vector<int64_t>>());
    const auto plain = squared_distances(mask.inside.data(), mask.width, mask.height, Border::nothing);
    if (test["plain"].is_null())
      EXPECT_EQ(plain, std::vector<int64_t>(mask.inside.size(), kNoDistance));
    else
      EXPECT_EQ(plain, test["plain"].get<std::vector<int64_t>>());
  }
}

TEST(Distance, PixelsMayHaveAnotherSizeAlongEachAxis) {
  for (const auto& test : mask_golden("planes")) {
    const TestMask mask(test["mask"].get<std::vector<std::string>>());
    const auto found = squared_distances(mask.inside.data(), mask.width, mask.height, Border::nothing, 0.5, 2);
    if (test["uneven"].is_null()) {
      EXPECT_EQ(found.front(), std::numeric_limits<double>::infinity());
      continue;
    }
    const auto wanted = test["uneven"].get<std::vector<double>>();
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-8);
  }
}

TEST(Distance, EveryPixelOfALargePlaneHasTheDistanceThatASearchFinds) {
  const TestMask mask = random_blob(70, 50, 4, -1.5, 1);
  const auto found = squared_distances(mask.inside.data(), 70, 50, Border::nothing);
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 70; ++x) {
      int64_t least = kNoDistance;
      for (int v = 0; v < 50; ++v)
        for (int u = 0; u < 70; ++u)
          if (!mask.inside[size_t(v) * 70 + u]) least = std::min<int64_t>(least, (x - u) * (x - u) + (y - v) * (y - v));
      ASSERT_EQ(found[size_t(y) * 70 + x], least) << x << ", " << y;
    }
}

}  // namespace
}  // namespace weft
