// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/tensor.h"
#include "data/batch.h"

namespace weft {

// The first view of some images of this rank, [images, 3, size, size], 0 .. 255, u8 or f32; of one channel, all three
// are alike.  It may point into the batch.
Tensor pixels_of(const Batch& batch, Range images);

}  // namespace weft
