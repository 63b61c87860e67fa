// SPDX-License-Identifier: Apache-2.0
#include "losses/weak_masks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

// The share of each of `cells` along one axis that [low, high) covers: [P, cells].
Tensor covered(const Tensor& low_P, const Tensor& high_P, int64_t pixels, int64_t cells, const at::TensorOptions& as) {
  const double size = static_cast<double>(pixels) / static_cast<double>(cells);
  const Tensor begin = at::arange(cells, as) * size;
  const Tensor low = low_P.to(as).unsqueeze(1), high = high_P.to(as).unsqueeze(1);
  return (at::minimum(high, begin + size) - at::maximum(low, begin)).clamp_min(0) / size;
}

struct BoxCells {
  Tensor x_Pw, y_Ph;
};
BoxCells box_cells(const Tensor& box_P4, const ViewSize& view, int64_t h, int64_t w, const at::TensorOptions& as) {
  return {covered(box_P4.select(1, 0), box_P4.select(1, 2), view.width, w, as),
          covered(box_P4.select(1, 1), box_P4.select(1, 3), view.height, h, as)};
}

Tensor unlike(const Tensor& x, const Tensor& y) {
  return 1 - 2 * (x * y).sum(-1) / ((x * x).sum(-1) + (y * y).sum(-1) + 1e-5);
}

// The cells that have a neighbour (down, along) away, and those neighbours; down >= 0.
struct Neighbours {
  int64_t down, along;
  Tensor from(const Tensor& of) const { return part(of, 0, std::max(-along, int64_t{0})); }
  Tensor to(const Tensor& of) const { return part(of, down, std::max(along, int64_t{0})); }
  bool exist(const Tensor& of) const { return of.size(-2) > down && of.size(-1) > std::abs(along); }

 private:
  Tensor part(const Tensor& of, int64_t y, int64_t x) const {
    return of.narrow(-2, y, of.size(-2) - down).narrow(-1, x, of.size(-1) - std::abs(along));
  }
};

}  // namespace

Tensor box_projection(const Tensor& logits, const Tensor& box_P4, const ViewSize& view) {
  const BoxCells box = box_cells(box_P4, view, logits.size(2), logits.size(3), logits.options());
  return unlike(at::sigmoid(at::amax(logits, {2})), box.x_Pw.unsqueeze(1)) +
         unlike(at::sigmoid(at::amax(logits, {3})), box.y_Ph.unsqueeze(1));
}

Cells cells_of(const Tensor& pixels, const Tensor& valid, int64_t height, int64_t width) {
  check(pixels.dim() == 4 && (pixels.size(1) == 1 || pixels.size(1) == 3), "mask loss: pixels are ", pixels.sizes(),
        "; wanted [P, 1 or 3, H, W]");
  const auto mean = [&](const Tensor& of) { return at::adaptive_avg_pool2d(of, {height, width}); };
  const Tensor colour = pixels.scalar_type() == at::kByte ? pixels.to(at::kFloat) / 255 : pixels.to(at::kFloat);
  const Tensor is_valid = valid.defined() ? mean(valid.to(at::kFloat).unsqueeze(1)).squeeze(1).gt(0.999).to(at::kFloat)
                                          : at::ones({pixels.size(0), height, width}, colour.options());
  return {mean(colour), is_valid};
}

Tensor lab_of(const Tensor& colour) {
  const Tensor linear = at::where(colour > 0.04045, at::pow((colour + 0.055) / 1.055, 2.4), colour / 12.92);
  const auto channel = [&](int64_t c) { return linear.select(1, std::min(c, colour.size(1) - 1)); };
  const auto curve = [](const Tensor& t) { return at::where(t > 0.008856, at::pow(t, 1. / 3), 7.787 * t + 16. / 116); };
  const auto mix = [&](double r, double g, double b, double white) {
    return curve((r * channel(0) + g * channel(1) + b * channel(2)) / white);
  };
  const Tensor x = mix(0.412453, 0.357580, 0.180423, 0.95047), y = mix(0.212671, 0.715160, 0.072169, 1),
               z = mix(0.019334, 0.119193, 0.950227, 1.08883);
  return at::stack({116 * y - 16, 500 * (x - y), 200 * (y - z)}, 1);
}

Tensor pairwise(const Tensor& logits, const Cells& cells, const Tensor& box_P4, const ViewSize& view) {
  const BoxCells box = box_cells(box_P4, view, logits.size(1), logits.size(2), logits.options());
  const Tensor in_box = (box.y_Ph.unsqueeze(2) * box.x_Pw.unsqueeze(1)).ge(0.5).to(logits.scalar_type());
  const Tensor lab = lab_of(cells.colour_PChw), inside = at::log_sigmoid(logits), outside = at::log_sigmoid(-logits);
  Tensor cost = at::zeros({logits.size(0)}, logits.options()), edges = at::zeros_like(cost);
  for (const Neighbours n : {Neighbours{0, 2}, Neighbours{2, -2}, Neighbours{2, 0}, Neighbours{2, 2}}) {
    if (!n.exist(logits)) continue;
    const Tensor like = at::exp(-0.5 * at::linalg_vector_norm(n.from(lab) - n.to(lab), 2, {1})).ge(0.3);
    // Both ends of an edge have it as theirs.
    const Tensor weight = (n.from(in_box) + n.to(in_box)) * like * n.from(cells.valid_Phw) * n.to(cells.valid_Phw);
    const Tensor same = at::logaddexp(n.from(inside) + n.to(inside), n.from(outside) + n.to(outside));
    cost = cost - (weight * same).sum({1, 2});
    edges = edges + weight.sum({1, 2});
  }
  return cost / edges.clamp_min(1);
}

// With p_i (1 - p_j) + (1 - p_i) p_j = p_i + p_j - 2 p_i p_j, d_i = sum_j k_ij and (Kp)_i = sum_j k_ij p_j:
// the sum is 2 (<p, d> - <p, Kp>) and its slope 2 d - 4 Kp, so one pass without a graph gives both.
Tensor gated_crf(const Tensor& logits, const Cells& cells) {
  constexpr int64_t kRadius = 5;
  constexpr double kCells = 6, kColour = 0.1;
  const Tensor p = at::sigmoid(logits), still = p.detach();
  Tensor degree = at::zeros_like(still), smooth = at::zeros_like(still);
  {
    const at::NoGradGuard no_grad;
    for (int64_t down = 0; down <= kRadius; ++down)
      for (int64_t along = down == 0 ? 1 : -kRadius; along <= kRadius; ++along) {
        const Neighbours n{down, along};
        if (!n.exist(still)) continue;
        const Tensor apart = n.from(cells.colour_PChw) - n.to(cells.colour_PChw);
        const double near = static_cast<double>(down * down + along * along) / (2 * kCells * kCells);
        const Tensor kernel = at::exp((apart * apart).sum(1) / (-2 * kColour * kColour) - near) *
                              n.from(cells.valid_Phw) * n.to(cells.valid_Phw);
        n.from(degree).add_(kernel);
        n.to(degree).add_(kernel);
        n.from(smooth).add_(kernel * n.to(still));
        n.to(smooth).add_(kernel * n.from(still));
      }
  }
  const Tensor value = (p * (2 * degree - 4 * smooth)).sum({1, 2}) + 2 * (still * smooth).sum({1, 2});
  return value / cells.valid_Phw.sum({1, 2}).clamp_min(1);
}

}  // namespace weft
