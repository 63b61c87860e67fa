// SPDX-License-Identifier: Apache-2.0
#include "losses/pair_tile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weft {

double log_of(const ExpSum& sum, double scale) {
  return sum.sum == 0 ? -std::numeric_limits<double>::infinity() : scale * sum.reference + std::log(sum.sum);
}

void add(ExpSum& to, float reference, double sum, double scale) {
  if (sum == 0) return;
  if (reference > to.reference) {
    to.sum = to.sum == 0 ? sum : sum + to.sum * std::exp(scale * (double{to.reference} - reference));
    to.reference = reference;
  } else {
    to.sum += sum * std::exp(scale * (double{reference} - to.reference));
  }
}

PairTiles::PairTiles(const PairTargets& targets, double scale, double bias)
    : cell_dot(targets.text.size()),
      targets_(targets),
      scale_(static_cast<float>(scale)),
      bias_(static_cast<float>(bias)),
      has_masks_(targets.has_masks()) {}

Range PairTiles::cells_of(int64_t image, const Range& texts) const {
  const auto first = targets_.text.begin();
  const auto begin = first + targets_.begin[static_cast<size_t>(image)];
  const auto end = first + targets_.begin[static_cast<size_t>(image) + 1];
  const auto from = std::lower_bound(begin, end, texts.begin);
  return {from - first, std::lower_bound(from, end, texts.end) - first};
}

float PairTiles::judge_cell(int64_t cell, int64_t image, SigmoidSums& sums) const {
  const auto k = static_cast<size_t>(cell), i = static_cast<size_t>(image);
  const double w = targets_.w[k], q = targets_.q[k], s = double{scale_} * cell_dot[k] + bias_;
  if (w == 0 || targets_.is_closed[i]) return 0;
  const double slope = w * (1 / (1 + std::exp(-s)) - q);
  sums.cost[i] += w * (std::max(s, 0.) + std::log1p(std::exp(-std::abs(s))) - q * s);
  sums.slope[i] += slope;
  return static_cast<float>(slope);
}

bool PairTiles::is_empty(const PairTile& tile) const {
  if (targets_.unsaid_weight > 0) return false;
  for (int64_t image = tile.images.begin; image < tile.images.end; ++image)
    if (cells_of(image, tile.texts).size() > 0) return false;
  return true;
}

}  // namespace weft
