// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace weft {
namespace {

TEST(Memory, IsZerosThatBeginAtALineOrAtALargePage) {
  for (const size_t count : {size_t{1}, size_t{17}, size_t{1} << 19, (size_t{1} << 20) + 5}) {
    const Array<float> first = zeros<float>(count);
    std::fill_n(first.get(), count, 1.f);  // what the next allocation may get
    const Array<float> numbers = zeros<float>(count);
    EXPECT_EQ(std::count(numbers.get(), numbers.get() + count, 0.f), static_cast<int64_t>(count));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(numbers.get()) % (count < size_t{1} << 19 ? 64 : size_t{2} << 20), 0u);
  }
}

}  // namespace
}  // namespace weft
