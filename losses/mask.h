// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "losses/loss.h"
#include "losses/mask_points.h"

namespace weft {

struct MaskLossSettings final : LossSettings {
  double focal = 20, focal_alpha = 0.25;
  int64_t focal_gamma = 2;
  bool focal_normalised = false;
  double dice = 1, dice_smooth = 1;
  std::string dice_form = "plain";
  std::string best_of = "focal_dice";
  double iou = 1, iou_known = 0.25;
  std::string iou_form = "mse", iou_masks = "all";
  double object = 1, objectness = 0;
  std::string absent = "gated", count = "judged";
  int64_t points = 0;
  double points_oversample = 3, points_important = 0.75;
  double projection = 1, pairwise = 0, crf = 0;
  int64_t pairwise_warmup = 10000;
  void fields(Fields& visit) override;
  std::unique_ptr<Loss> build() const override;
};

}  // namespace weft
