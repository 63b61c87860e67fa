// SPDX-License-Identifier: Apache-2.0
// Batches of pairs in which each image has its own text alone, as open_clip's losses take them.
#pragma once

#include <memory>
#include <string>

#include "losses/infonce.h"
#include "losses/sigmoid.h"

namespace weft {

inline PairCells identity_pairs(int64_t count) {
  PairCells cells;
  cells.images = cells.texts = count;
  cells.begin.assign(static_cast<size_t>(count) + 1, 0);
  for (int64_t i = 0; i < count; ++i) cells.drawn.emplace_back(static_cast<int32_t>(i), static_cast<int32_t>(i));
  return cells;
}

// "clip" or "siglip".
inline std::unique_ptr<PairLoss> identity_loss(const std::string& name) {
  const auto built = [](auto settings) {
    settings.targets.positives = "identity";
    return loss_as<PairLoss>(settings.build());
  };
  return name == "clip" ? built(InfoNceSettings()) : built(SigmoidSettings());
}

}  // namespace weft
