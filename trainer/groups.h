// SPDX-License-Identifier: Apache-2.0
// How each parameter is trained, chosen by globs over names: decay, a factor on the learning rate, or not at all.
// Layer-wise decay (BEiT, Bao et al., arXiv 2106.08254): a tower of L blocks gives layer_decay ^ (L + 1 - depth), where
// the embeddings have depth 0, block N has N + 1, and what follows the blocks has L + 1.
#pragma once

#include <string>
#include <vector>

#include "models/parameters.h"

namespace weft {

struct GroupSettings {  // of the section [optimizer]
  double weight_decay = 0;
  std::vector<std::string> no_decay;
  double layer_decay = 1;
  std::vector<std::string> lr_scales;  // "glob=factor"; all factors that match a name multiply
  std::vector<std::string> frozen;
};

struct ParameterGroup {
  double weight_decay = 0;  // 0 for vectors and scalars
  double lr_scale = 1;
  bool frozen = false;
};

// In the order of set.all().  A glob that matches no parameter is an Error.
std::vector<ParameterGroup> groups_of(const ParameterSet& set, const GroupSettings& settings);

}  // namespace weft
