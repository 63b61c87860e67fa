// SPDX-License-Identifier: Apache-2.0
// launch/nccl_comm.cc of a weft without CUDA.
#include "base/error.h"
#include "launch/nccl_comm.h"

namespace weft {

std::unique_ptr<Comm> make_nccl_comm(Comm&, int gpu, double) {
  fail("GPU ", gpu, " is asked for, but this weft was built without CUDA (configure with -DWEFT_CUDA=ON)");
}

}  // namespace weft
