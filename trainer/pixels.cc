// SPDX-License-Identifier: Apache-2.0
#include "trainer/pixels.h"

#include <ATen/ops/from_blob.h>

#include "base/error.h"

namespace weft {

Tensor pixels_of(const Batch& batch, Range images) {
  const int64_t side = batch.image_size, skipped = images.begin - batch.images.begin;
  const bool wide = !batch.values.empty();
  const int64_t channels = wide ? batch.channels : 3, one = channels * side * side;
  check(channels == 1 || channels == 3, "step ", batch.step, ": the images have ", channels,
        " channels; models take 1 or 3\nhint: data.window chooses what of a volume is shown");
  const std::vector<int64_t> shape = {images.size(), channels, side, side};
  if (!wide) return at::from_blob(const_cast<uint8_t*>(batch.pixels.data()) + skipped * one, shape, at::kByte);
  const Tensor values = at::from_blob(const_cast<float*>(batch.values.data()) + skipped * one, shape, at::kFloat);
  return values.mul(255).expand({images.size(), 3, side, side});
}

}  // namespace weft
