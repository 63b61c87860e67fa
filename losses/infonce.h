// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "losses/loss.h"

namespace weft {

struct InfoNceSettings final : LossSettings {
  double weight = 1;
  std::string positives = "evidence";
  void fields(Fields& visit) override;
  std::unique_ptr<Loss> build() const override;
};

}  // namespace weft
