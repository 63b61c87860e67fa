// SPDX-License-Identifier: Apache-2.0
// The tiles of losses/pair_tile.h on a GPU: slopes by one kernel each, the rest by LibTorch.  exp costs nothing beside
// the memory it reads here, so rows and columns have a reference each.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "losses/pair_kernels.h"
#include "losses/pair_tile.h"

namespace weft {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

void cuda_check(cudaError_t status) {
  if (status != cudaSuccess) throw Error(join("a kernel of the loss: ", cudaGetErrorString(status)), Exit::failed);
}

class TilesOnGpu final : public PairTiles {
 public:
  TilesOnGpu(const PairTargets& targets, double scale, double bias)
      : PairTiles(targets, scale, bias), unsaid_copies_(targets.copies) {
    for (float& copies : unsaid_copies_) copies *= targets.unsaid_weight;
  }

  void add_exp(const PairTile& tile, std::vector<ExpSum>& of_images, std::vector<ExpSum>& of_texts) override {
    const Cells cells = cells_in(tile);
    note(tile, cells);
    mask(tile, cells);
    close_rows(tile, -kInfinity);
    add_along(tile, 1, on_device(tile, targets_.copies.data() + tile.texts.begin, tile.texts.size()),
              of_images.data() + tile.images.begin);
    add_along(tile, 0, at::full_like(tile.dot.select(1, 0), 1), of_texts.data() + tile.texts.begin);
  }

  void softmax_slopes(const PairTile& tile, const SoftmaxFactors& f) override {
    const Cells cells = cells_in(tile);
    if (has_masks_) note(tile, cells), mask(tile, cells);
    close_rows(tile, -kInfinity);
    const Factors rows = factors(tile, f.image_weight, f.image_lse, tile.images);
    const Factors columns = factors(tile, f.text_weight, f.text_lse, tile.texts);
    const Tensor copies = on_device(tile, targets_.copies.data() + tile.texts.begin, tile.texts.size());
    cuda_check(gpu::launch_softmax_slopes(dots(tile, copies), rows.weight.data_ptr<float>(), rows.lse.data_ptr<float>(),
                                          columns.weight.data_ptr<float>(), columns.lse.data_ptr<float>(), stream()));
    std::vector<float> pull;
    for (const int64_t k : cells.which) pull.push_back(-f.pull[static_cast<size_t>(k)]);
    tile.dot.view(-1).index_add_(0, cells.places, on_device(tile, pull.data(), static_cast<int64_t>(pull.size())));
    close_rows(tile, 0);
  }

  void sigmoid_slopes(const PairTile& tile, SigmoidSums& sums) override {
    const Cells cells = cells_in(tile);
    note(tile, cells);
    mask(tile, cells);
    tile.dot.view(-1).index_fill_(0, cells.places, -kInfinity);  // judged below
    close_rows(tile, -kInfinity);
    const Tensor copies = on_device(tile, unsaid_copies_.data() + tile.texts.begin, tile.texts.size());
    const Tensor found = at::empty({2, tile.images.size()}, tile.dot.options().dtype(at::kDouble));
    cuda_check(gpu::launch_sigmoid_slopes(dots(tile, copies), bias_, found[0].data_ptr<double>(),
                                          found[1].data_ptr<double>(), stream()));
    const Tensor on_host = found.cpu();
    for (int64_t i = 0; i < tile.images.size(); ++i) {
      sums.cost[static_cast<size_t>(tile.images.begin + i)] += on_host.data_ptr<double>()[i];
      sums.slope[static_cast<size_t>(tile.images.begin + i)] += on_host.data_ptr<double>()[tile.images.size() + i];
    }
    std::vector<float> slopes;
    for (size_t c = 0; c < cells.which.size(); ++c) slopes.push_back(judge_cell(cells.which[c], cells.image[c], sums));
    tile.dot.view(-1).index_copy_(0, cells.places, on_device(tile, slopes.data(), static_cast<int64_t>(slopes.size())));
  }

 private:
  // The listed cells of a tile: which, of which image, and where in it.
  struct Cells {
    std::vector<int64_t> which, image;
    Tensor places;
  };
  struct Factors {
    Tensor weight, lse;
  };

  static cudaStream_t stream() { return c10::cuda::getCurrentCUDAStream(); }

  static Tensor on_device(const PairTile& tile, const float* numbers, int64_t count) {
    return at::from_blob(const_cast<float*>(numbers), {count}, at::kFloat).to(tile.dot.device());
  }

  gpu::DotTile dots(const PairTile& tile, const Tensor& copies) const {
    return {tile.dot.data_ptr<float>(), tile.images.size(), tile.texts.size(), scale_, copies.data_ptr<float>()};
  }

  Cells cells_in(const PairTile& tile) const {
    Cells cells;
    std::vector<int64_t> places;
    for (int64_t image = tile.images.begin; image < tile.images.end; ++image) {
      const Range range = cells_of(image, tile.texts);
      for (int64_t k = range.begin; k < range.end; ++k) {
        cells.which.push_back(k);
        cells.image.push_back(image);
        places.push_back((image - tile.images.begin) * tile.texts.size() + targets_.text[static_cast<size_t>(k)] -
                         tile.texts.begin);
      }
    }
    cells.places =
        at::from_blob(places.data(), {static_cast<int64_t>(places.size())}, at::kLong).to(tile.dot.device(), at::kLong);
    return cells;
  }

  void note(const PairTile& tile, const Cells& cells) {
    const Tensor dots = tile.dot.view(-1).index_select(0, cells.places).cpu();
    for (size_t c = 0; c < cells.which.size(); ++c)
      cell_dot[static_cast<size_t>(cells.which[c])] = dots.data_ptr<float>()[c];
  }

  // Cells that leave the sums become -inf.
  void mask(const PairTile& tile, const Cells& cells) const {
    if (!has_masks_) return;
    if (targets_.unsaid_weight == 0)
      tile.dot.fill_(-kInfinity);
    else if (!most.empty())
      tile.dot.masked_fill_(
          tile.dot > on_device(tile, most.data() + tile.images.begin, tile.images.size()).unsqueeze(1), -kInfinity);
    std::vector<float> dots;
    for (const int64_t k : cells.which) {
      const auto cell = static_cast<size_t>(k);
      dots.push_back(targets_.w[cell] == 0 ? -kInfinity : cell_dot[cell]);
    }
    tile.dot.view(-1).index_copy_(0, cells.places, on_device(tile, dots.data(), static_cast<int64_t>(dots.size())));
  }

  void close_rows(const PairTile& tile, float value) const {
    for (int64_t image = tile.images.begin; image < tile.images.end; ++image)
      if (targets_.is_closed[static_cast<size_t>(image)]) tile.dot.select(0, image - tile.images.begin).fill_(value);
  }

  void add_along(const PairTile& tile, int64_t dim, const Tensor& copies, ExpSum* sums) const {
    Tensor largest = tile.dot.amax(dim);
    largest = at::where(largest.isfinite(), largest, at::zeros_like(largest));
    const Tensor e = (tile.dot - largest.unsqueeze(dim)).mul_(scale_).exp_();
    const Tensor found = at::mv(dim == 1 ? e : e.t(), copies).cpu();
    const Tensor reference = largest.cpu();
    for (int64_t i = 0; i < found.size(0); ++i)
      add(sums[i], reference.data_ptr<float>()[i], found.data_ptr<float>()[i], scale_);
  }

  static Factors factors(const PairTile& tile, const std::vector<double>& weight, const std::vector<double>& lse,
                         const Range& range) {
    std::vector<float> weights, lses;
    for (auto i = static_cast<size_t>(range.begin); i < static_cast<size_t>(range.end); ++i) {
      weights.push_back(static_cast<float>(weight[i]));
      lses.push_back(weight[i] > 0 ? static_cast<float>(lse[i]) : kInfinity);
    }
    return {on_device(tile, weights.data(), range.size()), on_device(tile, lses.data(), range.size())};
  }

  std::vector<float> unsaid_copies_;  // times the weight of what nobody said
};

}  // namespace

std::unique_ptr<PairTiles> tiles_on_gpu(const PairTargets& targets, double scale, double bias) {
  return std::make_unique<TilesOnGpu>(targets, scale, bias);
}

}  // namespace weft
