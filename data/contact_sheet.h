// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "data/image.h"
#include "data/store.h"

namespace weft {

// The evaluation views of samples in rows, a line of white between them: 3 channels.
Image contact_sheet(const Store& store, const std::vector<uint32_t>& samples, int columns, int side);

}  // namespace weft
