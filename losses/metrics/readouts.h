// SPDX-License-Identifier: Apache-2.0
// What embeddings of regions say about objects, without a head; cosines of any encoder's embeddings e.
//   coherence    1 - mean cos(e(M), e(fragment))           an object is not what its pieces are
//   movability   mean cos(e(M), e(M moved)) IoU(moved)     it stays what it is where it is put
//   stuffness    mean cos(e(R), e(piece))                  stuff is what its pieces are
// The regions are those of data/regions.h: kReadoutFragments fragments, kReadoutTransplants transplants.
#pragma once

#include <span>
#include <vector>

namespace weft {

constexpr int kReadoutFragments = 8, kReadoutTransplants = 4;

using Embedding = std::span<const float>;
double cosine(Embedding a, Embedding b);  // 0 where one of them has no length

// Error where there is no piece, or embeddings differ in size.
double coherence(Embedding whole, std::span<const Embedding> fragments);
double stuffness(Embedding whole, std::span<const Embedding> pieces);
// ious: of the mask predicted at the moved prompt with the moved mask.
double movability(Embedding whole, std::span<const Embedding> moved, std::span<const double> ious);

// What ranks automatic masks: objectness^a iou^b stability^c, each in [0, 1].
struct RankPowers {
  double objectness = 1, iou = 1, stability = 1;  // 0: left out
};
double rank_score(double objectness, double iou, double stability, const RankPowers& powers = {});

}  // namespace weft
