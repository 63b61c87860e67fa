// SPDX-License-Identifier: Apache-2.0
// k nearest neighbours by cosine, with the weighted vote of Wu et al. 2018 that DINO uses: each of the k labelled items
// of greatest similarity votes for its class with exp(similarity / 0.07).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

constexpr double kVoteTemperature = 0.07;

// For each k of `counts` (ascending), the shares of the vote by class, which sum to 1.  Of equal similarities the
// earlier item is nearer; where there are fewer than k items, all vote.
std::vector<std::vector<float>> neighbour_votes(std::span<const float> similarities, std::span<const int32_t> classes,
                                                int32_t num_classes, std::span<const int> counts);

}  // namespace weft
