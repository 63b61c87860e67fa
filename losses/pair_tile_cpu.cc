// SPDX-License-Identifier: Apache-2.0
// One exp a cell serves its row and its column: both are summed at the scale of the tile's largest dot product, and
// exp(s - row_lse) row + exp(s - column_lse) column is exp(s - reference) (row' + column').  Where the numbers of a row
// or column lie so far below the reference that f32 would lose them, they are taken on their own.
#include <algorithm>
#include <cmath>
#include <limits>

#include "losses/pair_paths.h"
#include "losses/pair_tile.h"
#include "losses/parallel.h"

namespace weft {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int64_t kRun = 16;        // rows that a thread takes at once
constexpr double kLeast = 1e-25;    // a sum below it has lost terms that count: exp's own zero is at 1e-38
constexpr double kMostSpread = 60;  // of log-sum-exps with a common reference: exp is finite to 88

class TilesOnCpu final : public PairTiles {
 public:
  TilesOnCpu(const PairTargets& targets, double scale, double bias)
      : PairTiles(targets, scale, bias), path_(pair_paths().back()), copies_(targets.copies) {
    for (float& copies : copies_) copies *= targets.unsaid_weight;
  }

  void add_exp(const PairTile& tile, std::vector<ExpSum>& of_images, std::vector<ExpSum>& of_texts) override {
    const int64_t runs = runs_of(tile), columns = tile.texts.size();
    std::vector<float> largest(static_cast<size_t>(runs));
    for_rows(tile, [&](int64_t run, int64_t image, float* row) {
      note_cells(image, tile.texts, row);
      mask(image, tile.texts, row);
      float& most_of_run = largest[static_cast<size_t>(run)];
      if (image == tile.images.begin + run * kRun) most_of_run = -kInfinity;
      if (!closed(image)) most_of_run = std::max(most_of_run, path_.largest(row, columns));
    });
    float reference = *std::max_element(largest.begin(), largest.end());
    if (!std::isfinite(reference)) reference = 0;
    run_sums_.assign(static_cast<size_t>(runs * columns), 0);
    const float* copies = targets_.copies.data() + tile.texts.begin;
    for_rows(tile, [&](int64_t run, int64_t image, const float* row) {
      if (closed(image)) return;
      float* sums = run_sums_.data() + run * columns;
      const double sum = path_.add_exp(row, columns, scale_, reference, copies, sums);
      if (sum < kLeast)
        add_apart(row, columns, 1, copies, of_images[static_cast<size_t>(image)]);
      else
        add(of_images[static_cast<size_t>(image)], reference, sum, scale_);
    });
    in_parallel((columns + kLanes - 1) / kLanes, [&](int64_t part) {
      for (int64_t j = part * kLanes; j < std::min(columns, (part + 1) * kLanes); ++j)
        add_column(tile, j, reference, of_texts[static_cast<size_t>(tile.texts.begin + j)]);
    });
  }

  void softmax_slopes(const PairTile& tile, const SoftmaxFactors& f) override {
    const Spread spread = spread_of(tile, f);
    const bool is_shared = spread.most - spread.least <= kMostSpread;
    const auto reference = static_cast<float>(spread.least);
    const auto columns = static_cast<size_t>(tile.texts.size());
    std::vector<float> weight(columns), lse(columns);
    for (size_t j = 0; j < columns; ++j) {
      const size_t text = static_cast<size_t>(tile.texts.begin) + j;
      const double factor = is_shared ? std::exp(reference - f.text_lse[text]) : 1;
      weight[j] = f.text_weight[text] > 0 ? static_cast<float>(f.text_weight[text] * factor) : 0;
      lse[j] = f.text_weight[text] > 0 ? static_cast<float>(f.text_lse[text]) : kInfinity;
    }
    const float* copies = targets_.copies.data() + tile.texts.begin;
    for_rows(tile, [&](int64_t, int64_t image, float* row) {
      const auto i = static_cast<size_t>(image);
      if (closed(image)) return std::fill(row, row + columns, 0.f);
      if (has_masks_) note_cells(image, tile.texts, row);
      mask(image, tile.texts, row);
      const double w = f.image_weight[i];
      const auto n = static_cast<int64_t>(columns);
      if (is_shared)
        path_.softmax_shared(row, n, scale_, reference,
                             w > 0 ? static_cast<float>(w * std::exp(reference - f.image_lse[i])) : 0, copies,
                             weight.data());
      else
        path_.softmax_apart(row, n, scale_, static_cast<float>(w),
                            w > 0 ? static_cast<float>(f.image_lse[i]) : kInfinity, copies, weight.data(), lse.data());
      const Range cells = cells_of(image, tile.texts);
      for (int64_t k = cells.begin; k < cells.end; ++k) row[column(k, tile)] -= f.pull[static_cast<size_t>(k)];
    });
  }

  void sigmoid_slopes(const PairTile& tile, SigmoidSums& sums) override {
    const int64_t columns = tile.texts.size();
    const float* copies = copies_.data() + tile.texts.begin;
    for_rows(tile, [&](int64_t, int64_t image, float* row) {
      if (closed(image)) return std::fill(row, row + columns, 0.f);
      note_cells(image, tile.texts, row);
      mask(image, tile.texts, row);
      const Range cells = cells_of(image, tile.texts);
      for (int64_t k = cells.begin; k < cells.end; ++k) row[column(k, tile)] = -kInfinity;  // judged below
      double slope = 0;
      const double cost = path_.sigmoid(row, columns, scale_, bias_, copies, &slope);
      sums.cost[static_cast<size_t>(image)] += cost;
      sums.slope[static_cast<size_t>(image)] += slope;
      for (int64_t k = cells.begin; k < cells.end; ++k) row[column(k, tile)] = judge_cell(k, image, sums);
    });
  }

 private:
  static constexpr int64_t kLanes = 256;  // columns that a thread takes at once

  static int64_t runs_of(const PairTile& tile) { return (tile.images.size() + kRun - 1) / kRun; }
  bool closed(int64_t image) const { return targets_.is_closed[static_cast<size_t>(image)] != 0; }
  int64_t column(int64_t cell, const PairTile& tile) const {
    return targets_.text[static_cast<size_t>(cell)] - tile.texts.begin;
  }

  // body(run, image, row) of every row; the rows of a run one after another on one thread.
  template <class Body>
  static void for_rows(const PairTile& tile, const Body& body) {
    float* first = tile.dot.data_ptr<float>();
    const int64_t stride = tile.dot.stride(0);
    in_parallel(runs_of(tile), [&](int64_t run) {
      for (int64_t i = run * kRun; i < std::min(tile.images.size(), (run + 1) * kRun); ++i)
        body(run, tile.images.begin + i, first + i * stride);
    });
  }

  void note_cells(int64_t image, const Range& texts, const float* row) {
    const Range cells = cells_of(image, texts);
    for (auto k = static_cast<size_t>(cells.begin); k < static_cast<size_t>(cells.end); ++k)
      cell_dot[k] = row[targets_.text[k] - texts.begin];
  }

  // Cells that leave the sums become -inf.
  void mask(int64_t image, const Range& texts, float* row) const {
    if (!has_masks_) return;
    const float limit = targets_.unsaid_weight == 0 ? -kInfinity
                        : most.empty()              ? kInfinity
                                                    : most[static_cast<size_t>(image)];
    if (limit < kInfinity)
      for (int64_t j = 0; j < texts.size(); ++j) row[j] = row[j] > limit ? -kInfinity : row[j];
    const Range cells = cells_of(image, texts);
    for (auto k = static_cast<size_t>(cells.begin); k < static_cast<size_t>(cells.end); ++k) {
      float& dot = row[targets_.text[k] - texts.begin];
      dot = targets_.w[k] == 0 ? -kInfinity : cell_dot[k];
    }
  }

  // To a sum, numbers `stride` apart at the scale of their own largest.
  void add_apart(const float* x, int64_t n, int64_t stride, const float* copies, ExpSum& to) const {
    float largest = -kInfinity;
    for (int64_t i = 0; i < n; ++i) largest = std::max(largest, x[i * stride]);
    if (largest == -kInfinity) return;
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += copies[i] * std::exp(scale_ * (double{x[i * stride]} - largest));
    add(to, largest, sum, scale_);
  }

  void add_column(const PairTile& tile, int64_t j, float reference, ExpSum& to) const {
    double sum = 0;
    for (int64_t run = 0; run < runs_of(tile); ++run)
      sum += run_sums_[static_cast<size_t>(run * tile.texts.size() + j)];
    if (!(sum < kLeast)) return add(to, reference, sum, scale_);
    std::vector<float> open;
    for (int64_t i = 0; i < tile.images.size(); ++i)
      if (!closed(tile.images.begin + i)) open.push_back(tile.dot.data_ptr<float>()[i * tile.dot.stride(0) + j]);
    const std::vector<float> once(open.size(), 1);
    add_apart(open.data(), static_cast<int64_t>(open.size()), 1, once.data(), to);
  }

  struct Spread {
    double least = kInfinity, most = -kInfinity;
  };
  // Of the log-sum-exps of the tile's rows and columns, each of which bounds the logits in it.
  Spread spread_of(const PairTile& tile, const SoftmaxFactors& f) const {
    Spread spread;
    const auto take = [&](const std::vector<double>& lse, const Range& range) {
      for (auto i = static_cast<size_t>(range.begin); i < static_cast<size_t>(range.end); ++i) {
        if (std::isinf(lse[i])) continue;  // nothing is left of it
        spread.least = std::min(spread.least, lse[i]);
        spread.most = std::max(spread.most, lse[i]);
      }
    };
    take(f.image_lse, tile.images);
    take(f.text_lse, tile.texts);
    return spread;
  }

  const PairPath& path_;
  std::vector<float> copies_;    // times the weight of what nobody said
  std::vector<float> run_sums_;  // of each run of rows: its sums by column
};

}  // namespace

std::unique_ptr<PairTiles> tiles_on_cpu(const PairTargets& targets, double scale, double bias) {
  return std::make_unique<TilesOnCpu>(targets, scale, bias);
}

}  // namespace weft
