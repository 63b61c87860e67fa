// SPDX-License-Identifier: Apache-2.0
#include "launch/tree_sum.h"

#include <gtest/gtest.h>

#include "tests/launch/flat_checks.h"

namespace weft {
namespace {

TEST(TreeSum, IsTheTreeOfItsDefinitionForAnyNumberOfBuffersAndInPlace) {
  constexpr int64_t kCount = 64 * 37;  // more than one block, and a shorter one
  for (int buffers = 1; buffers <= 13; ++buffers) {
    for (int place = -1; place < buffers; ++place) {
      std::vector<std::vector<float>> numbers(static_cast<size_t>(buffers));
      std::vector<const float*> from;
      for (int b = 0; b < buffers; ++b) {
        for (int64_t i = 0; i < kCount; ++i) numbers[b].push_back(gradient_number(b, 0, i));
        from.push_back(numbers[b].data());
      }
      std::vector<float> elsewhere(kCount);
      float* to = place < 0 ? elsewhere.data() : numbers[place].data();
      tree_sum(to, from, kCount);
      int64_t wrong = 0;
      for (int64_t i = 0; i < kCount; ++i)
        wrong += to[i] != tree_of(0, buffers, [&](int b) { return gradient_number(b, 0, i); });
      EXPECT_EQ(wrong, 0) << buffers << " buffers into " << place;
    }
  }
}

}  // namespace
}  // namespace weft
