// SPDX-License-Identifier: Apache-2.0
#include "data/batch.h"

namespace weft {

void PairCells::forget_image(int32_t image) {
  unreadable.push_back(image);
  std::erase_if(drawn, [&](const auto& pair) { return pair.first == image; });
}

}  // namespace weft
