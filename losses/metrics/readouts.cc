// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/readouts.h"

#include <cmath>

#include "base/error.h"

namespace weft {

double cosine(Embedding a, Embedding b) {
  check(a.size() == b.size(), "an embedding of ", a.size(), " numbers cannot be compared with one of ", b.size());
  double both = 0, a2 = 0, b2 = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += double(a[i]) * b[i];
    a2 += double(a[i]) * a[i];
    b2 += double(b[i]) * b[i];
  }
  return a2 > 0 && b2 > 0 ? both / std::sqrt(a2 * b2) : 0;
}

double stuffness(Embedding whole, std::span<const Embedding> pieces) {
  check(!pieces.empty(), "a region without pieces says nothing of what they have in common");
  double sum = 0;
  for (const Embedding piece : pieces) sum += cosine(whole, piece);
  return sum / double(pieces.size());
}

double coherence(Embedding whole, std::span<const Embedding> fragments) {
  return 1 - stuffness(whole, fragments);
}

double movability(Embedding whole, std::span<const Embedding> moved, std::span<const double> ious) {
  check(!moved.empty() && moved.size() == ious.size(), "movability: ", moved.size(), " moved regions and ", ious.size(),
        " IoUs; wanted as many of both, and one at least");
  double sum = 0;
  for (size_t i = 0; i < moved.size(); ++i) sum += cosine(whole, moved[i]) * ious[i];
  return sum / double(moved.size());
}

double rank_score(double objectness, double iou, double stability, const RankPowers& powers) {
  return std::pow(objectness, powers.objectness) * std::pow(iou, powers.iou) * std::pow(stability, powers.stability);
}

}  // namespace weft
