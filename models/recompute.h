// SPDX-License-Identifier: Apache-2.0
// Activation checkpointing (Chen et al., arXiv 1604.06174): a part of the network keeps its input alone and is computed
// again in the backward.  Exact, since no layer here draws random numbers.
#pragma once

#include <functional>
#include <vector>

#include "models/parameters.h"

namespace weft {

// part(x), where `parameters` are all that `part` uses.  They are inputs of the graph's node, so that the gradient of
// each is added once per backward, however many such parts share it.
Tensor recomputed(const std::function<Tensor(const Tensor&)>& part, const Tensor& x,
                  const std::vector<Parameter*>& parameters);

}  // namespace weft
