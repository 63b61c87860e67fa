// SPDX-License-Identifier: Apache-2.0
#include "losses/pair_engine.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.h"
#include "losses/pair_tile.h"

namespace weft {
namespace {

struct TileSize {
  int64_t images, texts;
};

// What stays in cache, and at most a 32nd of the whole matrix where that is small.
TileSize tile_size(int64_t images, int64_t texts, bool on_cpu) {
  TileSize size = on_cpu ? TileSize{512, 2048} : TileSize{4096, 8192};
  size = {std::min(size.images, images), std::min(size.texts, texts)};
  const int64_t most = std::max(images * texts / 32, int64_t{1} << 16);
  while (size.images * size.texts > most) (size.texts >= size.images ? size.texts : size.images) /= 2;
  return size;
}

// Of one block of images: log-sum-exps over them by text, theirs over all texts, and two sums of the loss.
struct BlockSums {
  BlockSums(std::vector<double>& all, const PairTargets& targets, const PairBlocks& blocks, int which) {
    const int64_t most = (targets.images + blocks.world - 1) / blocks.world;
    const int64_t size = targets.texts + most + 2;
    all.resize(std::max(all.size(), static_cast<size_t>(size * (which + 1))));
    texts = std::span(all).subspan(static_cast<size_t>(size * which), static_cast<size_t>(targets.texts));
    images = std::span(all).subspan(static_cast<size_t>(size * which + targets.texts), static_cast<size_t>(most));
    terms = std::span(all).subspan(static_cast<size_t>(size * which + targets.texts + most), 2);
  }
  std::span<double> texts, images, terms;
};

// A judgement in the making.
class Streaming {
 public:
  Streaming(const PairFeatures& f, const PairTargets& targets, const PairBlocks& blocks, Comm& comm)
      : f_(f),
        targets_(targets),
        blocks_(blocks),
        comm_(comm),
        scale_(static_cast<float>(std::exp(f.log_scale))),  // as the tiles have it, so that their errors are one
        tiles_(f.image_BD.is_cpu() ? tiles_on_cpu(targets, scale_, f.bias) : tiles_on_gpu(targets, scale_, f.bias)),
        judgement_(Judgement::zeros(f, blocks)) {
    check(f.image_BD.size(1) == f.text_TD.size(1), "image embeddings have ", f.image_BD.size(1),
          " numbers but text embeddings have ", f.text_TD.size(1), "; do both towers end in the same `embed` size?");
    WEFT_ASSERT(f.image_BD.size(0) == targets.images && f.text_TD.size(0) == targets.texts);
    if (targets.guide_margin < PairTargets::kNone) guide();
  }

  Judgement softmax(const TermWeights& weights, double factor);
  Judgement sigmoid(double factor);

 private:
  Range images(int block) const { return blocks_.share(targets_.images, block); }
  Range texts(int block) const { return blocks_.share(targets_.texts, block); }
  Range all_images() const { return {0, targets_.images}; }
  Range all_texts() const { return {0, targets_.texts}; }

  void guide();
  // Every block's numbers, which are as many in each; `mine` holds those of this rank's blocks.
  std::vector<double> gathered(const std::vector<double>& mine) const;
  void add_up(int block, const TermWeights& weights, const Masses& masses, BlockSums sums);
  void combine(std::vector<double>& blocks, SoftmaxFactors& factors) const;

  // act(tile) of every tile of these images and texts, holding its dot products.
  template <class Act>
  void sweep(const Range& images, const Range& texts, const Act& act);
  // The same; act leaves slopes, which become gradients of the images, of the texts, or of both.
  enum class Of { images, texts, both };
  template <class Act>
  void slopes(const Range& images, const Range& texts, Of of, double factor, const Act& act);
  // All slopes of this rank; again(tile) where another block has the tile too, else act(tile).
  template <class Act, class Again>
  void all_slopes(double factor, const Act& act, const Again& again);
  double slope_of_log_scale(const Range& images) const;

  const PairFeatures& f_;
  const PairTargets& targets_;
  const PairBlocks& blocks_;
  Comm& comm_;
  const double scale_;
  const std::unique_ptr<PairTiles> tiles_;
  Judgement judgement_;
};

Tensor rows(const Tensor& all, const Range& range) {
  return all.narrow(0, range.begin, range.size());
}

void Streaming::guide() {
  constexpr int64_t kCells = 4096;  // at once
  const auto cells = static_cast<int64_t>(targets_.text.size());
  std::vector<int64_t> image_of(targets_.text.size());
  for (int64_t i = 0; i < targets_.images; ++i)
    std::fill(image_of.begin() + targets_.begin[static_cast<size_t>(i)],
              image_of.begin() + targets_.begin[static_cast<size_t>(i) + 1], i);
  tiles_->most.assign(static_cast<size_t>(targets_.images), std::numeric_limits<float>::infinity());
  std::vector<float> best(tiles_->most.size(), -std::numeric_limits<float>::infinity());
  for (int64_t first = 0; first < cells; first += kCells) {
    const int64_t count = std::min(kCells, cells - first);
    const at::Device device = f_.image_BD.device();
    const Tensor images = at::tensor(at::ArrayRef(image_of.data() + first, static_cast<size_t>(count))).to(device);
    const Tensor texts =
        at::tensor(at::ArrayRef(targets_.text.data() + first, static_cast<size_t>(count)), at::kLong).to(device);
    const Tensor dots = (f_.image_BD.index_select(0, images) * f_.text_TD.index_select(0, texts)).sum(1).cpu();
    for (int64_t k = 0; k < count; ++k) {
      const auto image = static_cast<size_t>(image_of[static_cast<size_t>(first + k)]);
      if (targets_.q[static_cast<size_t>(first + k)] <= 0) continue;
      best[image] = std::max(best[image], dots.data_ptr<float>()[k]);
      tiles_->most[image] = best[image] + targets_.guide_margin;
    }
  }
}

std::vector<double> Streaming::gathered(const std::vector<double>& mine) const {
  if (comm_.size() == 1) return mine;
  std::vector<double> all(mine.size() * static_cast<size_t>(comm_.size()));
  comm_.all_gather(mine.data(), mine.size() * sizeof(double), all.data());
  return all;
}

template <class Act>
void Streaming::sweep(const Range& images, const Range& texts, const Act& act) {
  if (images.size() == 0 || texts.size() == 0) return;
  const TileSize size = tile_size(images.size(), texts.size(), f_.image_BD.is_cpu());
  const Tensor buffer = at::empty({size.images * size.texts}, f_.image_BD.options());
  for (int64_t i = images.begin; i < images.end; i += size.images)
    for (int64_t j = texts.begin; j < texts.end; j += size.texts) {
      PairTile tile{{}, {i, std::min(images.end, i + size.images)}, {j, std::min(texts.end, j + size.texts)}};
      if (tiles_->is_empty(tile)) continue;
      const int64_t n = tile.images.size(), m = tile.texts.size();
      tile.dot = buffer.narrow(0, 0, n * m).view({n, m});
      at::mm_out(tile.dot, rows(f_.image_BD, tile.images), rows(f_.text_TD, tile.texts).t());
      act(tile);
    }
}

template <class Act>
void Streaming::slopes(const Range& images, const Range& texts, Of of, double factor, const Act& act) {
  const Range mine_images = blocks_.mine(targets_.images), mine_texts = blocks_.mine(targets_.texts);
  const auto part = [](const Tensor& gradient, const Range& mine, const Range& range) {
    return gradient.narrow(0, range.begin - mine.begin, range.size());
  };
  sweep(images, texts, [&](const PairTile& tile) {
    act(tile);
    if (of != Of::texts)
      part(judgement_.image_gradient, mine_images, tile.images)
          .addmm_(tile.dot, rows(f_.text_TD, tile.texts), 1, scale_ * factor);
    if (of != Of::images)
      part(judgement_.text_gradient, mine_texts, tile.texts)
          .addmm_(tile.dot.t(), rows(f_.image_BD, tile.images), 1, scale_ * factor);
  });
}

// With one block every tile is computed once and serves both gradients.  With several, a block computes its images'
// tiles and its texts' tiles, so that nobody sends gradients and nobody's depend on how many ranks there are.
template <class Act, class Again>
void Streaming::all_slopes(double factor, const Act& act, const Again& again) {
  if (blocks_.world == 1) slopes(all_images(), all_texts(), Of::both, factor, act);
  for (int b = 0; b < blocks_.count; ++b) {
    const Range mine = images(blocks_.first + b);
    if (blocks_.world > 1) {
      slopes(mine, all_texts(), Of::images, factor, act);
      slopes(all_images(), texts(blocks_.first + b), Of::texts, factor, again);
    }
    judgement_.log_scale_gradient[static_cast<size_t>(b)] = slope_of_log_scale(mine);
  }
}

double Streaming::slope_of_log_scale(const Range& images) const {
  constexpr int64_t kRows = 256;
  double sum = 0;
  for (int64_t i = images.begin; i < images.end; i += kRows) {
    const Range some{i, std::min(images.end, i + kRows)};
    const Tensor gradient = judgement_.image_gradient.narrow(0, i - blocks_.mine(targets_.images).begin, some.size());
    sum += (rows(f_.image_BD, some) * gradient).sum(at::kDouble).item<double>();
  }
  return sum;
}

void Streaming::add_up(int block, const TermWeights& weights, const Masses& masses, BlockSums sums) {
  const ExpSum none{-std::numeric_limits<float>::infinity(), 0};
  std::vector<ExpSum> of_images(static_cast<size_t>(targets_.images), none),
      of_texts(static_cast<size_t>(targets_.texts), none);
  const Range mine = images(block);
  sweep(mine, all_texts(), [&](const PairTile& tile) { tiles_->add_exp(tile, of_images, of_texts); });
  for (size_t j = 0; j < of_texts.size(); ++j) sums.texts[j] = log_of(of_texts[j], scale_);
  for (auto i = static_cast<size_t>(mine.begin); i < static_cast<size_t>(mine.end); ++i) {
    const double lse = sums.images[i - static_cast<size_t>(mine.begin)] = log_of(of_images[i], scale_);
    if (targets_.is_closed[i]) continue;
    if (weights.image[i] > 0) sums.terms[0] += weights.image[i] * lse;
    for (auto k = static_cast<size_t>(targets_.begin[i]); k < static_cast<size_t>(targets_.begin[i + 1]); ++k) {
      const auto j = static_cast<size_t>(targets_.text[k]);
      const double mass = targets_.q[k] * targets_.w[k], logit = scale_ * tiles_->cell_dot[k];
      if (mass == 0) continue;
      sums.terms[0] -= weights.image[i] * mass / masses.image[i] * logit;
      sums.terms[1] -= weights.text[j] * mass / masses.text[j] * logit;
    }
  }
}

// Log-sum-exps of the world from those of its blocks, in their order.
void Streaming::combine(std::vector<double>& blocks, SoftmaxFactors& f) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  f.image_lse.resize(static_cast<size_t>(targets_.images));
  std::vector<double> most(static_cast<size_t>(targets_.texts), -kInfinity), sum(most.size());
  for (int block = 0; block < blocks_.world; ++block) {
    const BlockSums sums(blocks, targets_, blocks_, block);
    std::copy_n(sums.images.begin(), images(block).size(), f.image_lse.begin() + images(block).begin);
    for (size_t j = 0; j < most.size(); ++j) most[j] = std::max(most[j], sums.texts[j]);
  }
  for (int block = 0; block < blocks_.world; ++block) {
    const BlockSums sums(blocks, targets_, blocks_, block);
    for (size_t j = 0; j < most.size(); ++j)
      if (!std::isinf(sums.texts[j])) sum[j] += std::exp(sums.texts[j] - most[j]);
  }
  f.text_lse.resize(most.size());
  for (size_t j = 0; j < most.size(); ++j) f.text_lse[j] = sum[j] == 0 ? -kInfinity : most[j] + std::log(sum[j]);
}

Judgement Streaming::softmax(const TermWeights& weights, double factor) {
  const Masses masses = masses_of(targets_);
  std::vector<double> blocks;
  for (int b = 0; b < blocks_.count; ++b)
    add_up(blocks_.first + b, weights, masses, BlockSums(blocks, targets_, blocks_, b));
  blocks = gathered(blocks);
  SoftmaxFactors f;
  combine(blocks, f);

  Term of_images{"images"}, of_texts{"texts"};
  for (int block = 0; block < blocks_.world; ++block) {
    const BlockSums sums(blocks, targets_, blocks_, block);
    of_images.sum += sums.terms[0];
    of_texts.sum += sums.terms[1];
  }
  for (const double weight : weights.image) of_images.count += weight;
  for (size_t j = 0; j < weights.text.size(); ++j) {
    of_texts.count += weights.text[j];
    if (weights.text[j] > 0) of_texts.sum += weights.text[j] * f.text_lse[j];
  }
  of_images.sum *= factor;
  of_texts.sum *= factor;
  judgement_.terms = {of_images, of_texts};
  if (of_images.count == 0 && of_texts.count == 0) return std::move(judgement_);

  for (const double weight : weights.image)
    f.image_weight.push_back(weight > 0 ? factor * weight / of_images.count : 0);
  for (const double weight : weights.text) f.text_weight.push_back(weight > 0 ? factor * weight / of_texts.count : 0);
  f.pull.assign(targets_.text.size(), 0);
  for (size_t i = 0; i < f.image_weight.size(); ++i)
    for (auto k = static_cast<size_t>(targets_.begin[i]); k < static_cast<size_t>(targets_.begin[i + 1]); ++k) {
      const auto j = static_cast<size_t>(targets_.text[k]);
      const double mass = targets_.q[k] * targets_.w[k];
      if (mass > 0 && !targets_.is_closed[i])
        f.pull[k] =
            static_cast<float>(mass * (f.image_weight[i] / masses.image[i] + f.text_weight[j] / masses.text[j]));
    }
  const auto act = [&](const PairTile& tile) { tiles_->softmax_slopes(tile, f); };
  all_slopes(1, act, act);
  return std::move(judgement_);
}

Judgement Streaming::sigmoid(double factor) {
  judgement_.terms = {{"cells"}};
  if (factor == 0) return std::move(judgement_);
  const auto images = static_cast<size_t>(targets_.images);
  SigmoidSums sums{std::vector<double>(images), std::vector<double>(images)}, again = sums;
  all_slopes(
      factor, [&](const PairTile& tile) { tiles_->sigmoid_slopes(tile, sums); },
      [&](const PairTile& tile) { tiles_->sigmoid_slopes(tile, again); });
  std::vector<double> cost(static_cast<size_t>(blocks_.count));
  for (size_t b = 0; b < cost.size(); ++b) {
    const Range mine = this->images(blocks_.first + static_cast<int>(b));
    for (auto i = static_cast<size_t>(mine.begin); i < static_cast<size_t>(mine.end); ++i) {
      cost[b] += sums.cost[i];
      judgement_.bias_gradient[b] += factor * sums.slope[i];
    }
  }
  for (const double block : gathered(cost)) judgement_.terms[0].sum += block;
  return std::move(judgement_);
}

}  // namespace

Masses masses_of(const PairTargets& t) {
  Masses masses{std::vector<double>(static_cast<size_t>(t.images)), std::vector<double>(static_cast<size_t>(t.texts))};
  for (size_t i = 0; i < masses.image.size(); ++i)
    for (auto k = static_cast<size_t>(t.begin[i]); k < static_cast<size_t>(t.begin[i + 1]) && !t.is_closed[i]; ++k) {
      masses.image[i] += t.q[k] * t.w[k];
      masses.text[static_cast<size_t>(t.text[k])] += t.q[k] * t.w[k];
    }
  return masses;
}

Judgement judge_softmax(const PairFeatures& features, const PairTargets& targets, const TermWeights& weights,
                        double factor, const PairBlocks& blocks, Comm& comm) {
  const at::NoGradGuard no_grad;
  return Streaming(features, targets, blocks, comm).softmax(weights, factor);
}

Judgement judge_sigmoid(const PairFeatures& features, const PairTargets& targets, double factor,
                        const PairBlocks& blocks, Comm& comm) {
  const at::NoGradGuard no_grad;
  return Streaming(features, targets, blocks, comm).sigmoid(factor);
}

}  // namespace weft
