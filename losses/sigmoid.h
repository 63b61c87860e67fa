// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "losses/loss.h"
#include "losses/pair_targets.h"

namespace weft {

struct SigmoidSettings final : LossSettings {
  double weight = 1, unsaid_weight = 1, negative_weight = 1;
  TargetSettings targets;
  void fields(Fields& visit) override;
  std::unique_ptr<Loss> build() const override;
};

}  // namespace weft
