// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "losses/loss.h"
#include "losses/pair_targets.h"

namespace weft {

struct InfoNceSettings final : LossSettings {
  double weight = 1;
  TargetSettings targets;
  std::string trust = "full";
  void fields(Fields& visit) override;
  std::unique_ptr<Loss> build() const override;
};

}  // namespace weft
