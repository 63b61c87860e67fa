// SPDX-License-Identifier: Apache-2.0
// The loops over one row of pixels of a mask, for each instruction set (losses/mask_paths.cc).  For tests; the sums
// take the widest that this machine has.
#pragma once

#include <cstdint>
#include <span>

namespace weft {

// How a pixel's cost is shaped (losses/mask_sums.h).
struct PixelCost {
  float alpha = 0.25f;
  int gamma = 2;  // 0 .. 32
  bool squared = false;
};

// A row of n pixels between two rows of logits that have been stretched to its width.
struct MaskRow {
  const float *above, *below;
  float share;         // of `below`: the logit is above + share (below - above)
  const float* truth;  // in [0, 1]
  const float* known;  // how much it counts: 0 or 1, or between where pixels were sampled
  int64_t n;
};

constexpr int64_t kMaskLanes = 32;  // sums are kept by column modulo this, so that every path adds alike
constexpr int64_t kMaskSums = 6;    // as MaskSums names them
constexpr int64_t kTruthSums = 3;   // as TruthSums does

struct MaskPath {
  const char* name;
  // out[x] = row[left[x]] + share[x] (row[left[x] + 1] - row[left[x]])
  void (*stretch)(const float* row, const int32_t* left, const float* share, int64_t n, float* out);
  // lanes[k * kMaskLanes + x % kMaskLanes] += what pixel x adds to sum k.
  void (*add)(const MaskRow& row, const PixelCost& cost, float* lanes);
  // The same of the truth alone.
  void (*add_truth)(const float* truth, const float* known, int64_t n, const PixelCost& cost, float* lanes);
  void (*inside)(const MaskRow& row, uint8_t* out);  // out[x]: is the logit above 0
  void (*widen)(const uint8_t* from, int64_t n, float* to);
  // The slope of factors[0] focal + factors[1] inside + factors[2] overlap by the logit of each pixel, added to its
  // share of the two rows.
  void (*slope)(const MaskRow& row, const PixelCost& cost, const float* factors, float* to_above, float* to_below);
};

std::span<const MaskPath> mask_paths();  // what this machine runs, the portable one first, the widest last

}  // namespace weft
