// SPDX-License-Identifier: Apache-2.0
// losses/pair_tile_gpu.cc of a weft without CUDA.
#include "base/error.h"
#include "losses/pair_tile.h"

namespace weft {

std::unique_ptr<PairTiles> tiles_on_gpu(const PairTargets&, double, double) {
  fail("this weft was built without CUDA (configure with -DWEFT_CUDA=ON)");
}

}  // namespace weft
