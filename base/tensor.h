// SPDX-License-Identifier: Apache-2.0
// The name Tensor and its operators, through narrow headers.  torch/torch.h is never included (20 s a file).
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace weft {
using at::Tensor;
}  // namespace weft
