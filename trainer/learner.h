// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/comm.h"
#include "models/model.h"
#include "trainer/optimizer.h"

namespace weft {

// One model with its flat buffers and optimizer.
struct Learner {
  Learner(std::unique_ptr<Model> model, const FlatSettings& flat, const OptimizerSettings& settings, Comm& comm);
  std::unique_ptr<Model> model;
  std::vector<ParameterGroup> groups;
  FlatParameters flat;
  AdamW optimizer;
};

}  // namespace weft
