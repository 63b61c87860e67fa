// SPDX-License-Identifier: Apache-2.0
// Components against scipy (tests/golden/make_masks.py).
#include "data/components.h"

#include "tests/data/planes.h"

namespace weft {
namespace {

TEST(Components, LabelsAreScipysCountedByFirstPixel) {
  for (const auto& test : mask_golden("planes")) {
    const TestMask mask(test["mask"].get<std::vector<std::string>>());
    SCOPED_TRACE(test["mask"].dump());
    for (const auto& [name, neighbours] :
         {std::pair{"four", Neighbours::four}, std::pair{"eight", Neighbours::eight}}) {
      const Components found = components_of(mask.inside.data(), mask.width, mask.height, neighbours);
      EXPECT_EQ(found.label, test[name].get<std::vector<int32_t>>());
      std::vector<int64_t> area(found.count() + 1, 0);
      for (const int32_t label : found.label) ++area[label];
      EXPECT_EQ(found.area, area);
    }
  }
}

TEST(Components, AnObjectOfManyArmsIsOne) {
  const TestMask comb({"#.#.#.#", "#.#.#.#", "#######", "#.#.#.#"});
  EXPECT_EQ(components_of(comb.inside.data(), 7, 4, Neighbours::four).count(), 1);
  const TestMask corner({"#.", ".#"});
  EXPECT_EQ(components_of(corner.inside.data(), 2, 2, Neighbours::four).count(), 2);
  EXPECT_EQ(components_of(corner.inside.data(), 2, 2, Neighbours::eight).count(), 1);
}

}  // namespace
}  // namespace weft
