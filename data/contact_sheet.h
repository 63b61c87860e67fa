// SPDX-License-Identifier: Apache-2.0
// Samples with everything that is said of them, as pictures to look at.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/image.h"
#include "data/store.h"

namespace weft {

struct CardSettings {
  int side = 320;        // of the picture, pixels: its longer side is made as long
  bool evidence = true;  // drawn on the picture
  size_t most_lines = 12;
  std::optional<uint32_t> view;  // of a volume; the one of which most is said
};

// One sample: its picture, its key, what is said of the whole of it, and how often what is said of regions.
Image sample_card(const Store& store, size_t sample, const CardSettings& settings);

// Cards in rows over a legend of the looks that occur.
Image contact_sheet(const Store& store, const std::vector<uint32_t>& samples, int columns,
                    const CardSettings& settings);

}  // namespace weft
