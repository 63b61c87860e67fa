// SPDX-License-Identifier: Apache-2.0
// AdamW over the numbers that this rank owns: one pass of trainer/adamw_kernel.h over each parameter's part of each
// piece, bucket by bucket.  Clipping is a factor on the gradient; the moving average rides along.
#pragma once

#include <functional>

#include "configs/fields.h"
#include "trainer/device.h"
#include "trainer/flat.h"
#include "trainer/groups.h"

namespace weft {

struct OptimizerSettings final : Settings {
  double lr = 5e-4;
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-6;
  double weight_decay = 0.2;
  std::vector<std::string> no_decay = {};
  double layer_decay = 1;
  std::vector<std::string> lr_scales = {};
  std::vector<std::string> frozen = {};
  double clip_norm = 0;
  double ema = 0;
  void fields(Fields& visit) override;
  GroupSettings groups() const { return {weight_decay, no_decay, layer_decay, lr_scales, frozen}; }
};

class AdamW {
 public:
  // `groups`: of each parameter of the model's set, in its order.
  AdamW(FlatParameters& flat, const OptimizerSettings& settings, const std::vector<ParameterGroup>& groups);

  // One update with the summed gradients in the owned pieces, whose global norm is given.  `updates`: how many went
  // before.  Buckets are done last to first, about the order in which the next forward needs them; after each,
  // written(bucket).
  void step(double lr, double gradient_norm, int64_t updates, const std::function<void(int)>& written);

 private:
  // Of one parameter, what lies in one piece of this rank; padded, so a multiple of 64.
  struct Segment {
    int64_t offset, count;
    double lr_scale, weight_decay;
    bool is_scalar;
  };
  AdamWJob job_of(const Segment& segment, double lr, double gradient_factor, int64_t updates);

  FlatParameters& flat_;
  OptimizerSettings settings_;
  std::vector<std::vector<Segment>> segments_;  // by bucket
};

// Freezes what the settings freeze and gives everybody's group; before the parameters are seated.
std::vector<ParameterGroup> group_parameters(ParameterSet& set, const OptimizerSettings& settings);

// The square of the norm of the world's gradient: sums of squares in double over each virtual rank's piece of each
// unit, added in one order on every rank.  `mine`: owned_squares() of every rank, by rank.
std::vector<double> owned_squares(FlatParameters& flat);
double add_squares(const FlatLayout& layout, const std::vector<std::vector<double>>& by_rank);

}  // namespace weft
