// SPDX-License-Identifier: Apache-2.0
// What the pairwise losses do to one tile: a matrix of the dot products of some images with some texts, which becomes
// sums or the loss's slopes without leaving the device.  losses/pair_tile_cpu.cc works on rows in cache,
// losses/pair_tile_gpu.cc (or losses/no_pair_tile_gpu.cc) on a GPU.  Numbers by image and by text stay on the host.
#pragma once

#include <memory>
#include <vector>

#include "base/range.h"
#include "base/tensor.h"
#include "losses/pair_targets.h"

namespace weft {

// sum * exp(scale * reference): the sum of exp(scale * dot) so far, at the scale of the largest dot product.
struct ExpSum {
  float reference;
  double sum;
};
// log of the sum.
double log_of(const ExpSum& sum, double scale);
void add(ExpSum& to, float reference, double sum, double scale);

// What the slopes of a softmax need: the log-sum-exp of every image and text (of scale * dot), and how much each
// counts.
struct SoftmaxFactors {
  std::vector<double> image_lse, text_lse;
  std::vector<double> image_weight, text_weight;
  std::vector<float> pull;  // of each cell: how much its logit is wanted
};

// What a sigmoid's tiles add up to, by image.
struct SigmoidSums {
  std::vector<double> cost, slope;
};

struct PairTile {
  Tensor dot;  // f32 [images, texts], rows one behind another
  Range images, texts;
};

class PairTiles {
 public:
  explicit PairTiles(const PairTargets& targets, double scale, double bias);
  virtual ~PairTiles() = default;

  // Adds the tile's columns to the sums of its images, its rows to those of its texts, and notes the dot product of
  // each cell in it.  The tile is spent.
  virtual void add_exp(const PairTile& tile, std::vector<ExpSum>& of_images, std::vector<ExpSum>& of_texts) = 0;
  // The tile becomes the derivatives of the loss by its logits.
  virtual void softmax_slopes(const PairTile& tile, const SoftmaxFactors& factors) = 0;
  // The same, each cell times its w; adds to the sums of its images.
  virtual void sigmoid_slopes(const PairTile& tile, SigmoidSums& sums) = 0;

  // Whether the tile has a cell to judge.
  bool is_empty(const PairTile& tile) const;

  std::vector<float> cell_dot;  // of each cell
  std::vector<float> most;      // of each image: an unsaid cell above it leaves the sums

 protected:
  Range cells_of(int64_t image, const Range& texts) const;  // those listed
  // Adds a listed cell's cost and slope to the sums of its image; returns its slope.
  float judge_cell(int64_t cell, int64_t image, SigmoidSums& sums) const;

  const PairTargets& targets_;
  const float scale_, bias_;
  const bool has_masks_;
};

std::unique_ptr<PairTiles> tiles_on_cpu(const PairTargets& targets, double scale, double bias);
std::unique_ptr<PairTiles> tiles_on_gpu(const PairTargets& targets, double scale, double bias);

}  // namespace weft
