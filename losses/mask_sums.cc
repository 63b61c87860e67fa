// SPDX-License-Identifier: Apache-2.0
#include "losses/mask_sums.h"

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "losses/parallel.h"

namespace weft {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRows = 16;  // rows whose sums are kept in f32

const MaskPath& path() {
  return mask_paths().back();
}

// Between which two numbers of `from` each of `to` lies; the last of `from` counts as followed by itself.
struct Axis {
  Axis(int64_t from, int64_t to) : size(from), left(static_cast<size_t>(to)), share(left.size()) {
    const float scale = static_cast<float>(from) / static_cast<float>(to);
    for (size_t i = 0; i < left.size(); ++i) {
      const float place = std::max(scale * (static_cast<float>(i) + 0.5f) - 0.5f, 0.f);
      left[i] = std::min(static_cast<int32_t>(place), static_cast<int32_t>(from) - 1);
      share[i] = std::clamp(place - static_cast<float>(left[i]), 0.f, 1.f);
    }
  }
  int64_t size;
  std::vector<int32_t> left;
  std::vector<float> share;
};

// Pixels of prompts, row by row as f32.
struct Plane {
  explicit Plane(const Tensor& values_PHW) : values(values_PHW.contiguous()) {
    WEFT_ASSERT(values.scalar_type() == at::kByte || values.scalar_type() == at::kFloat);
  }
  const float* row(int64_t prompt, int64_t y, std::vector<float>& space) const {
    const int64_t n = values.size(2), first = (prompt * values.size(1) + y) * n;
    if (values.scalar_type() == at::kFloat) return values.const_data_ptr<float>() + first;
    path().widen(values.const_data_ptr<uint8_t>() + first, n, space.data());
    return space.data();
  }
  Tensor values;
};

struct Pixels {
  Pixels(const Tensor& truth_PHW, const Tensor& known_PHW)
      : truth(truth_PHW),
        known(known_PHW.defined() ? known_PHW : at::ones({1, 1, truth_PHW.size(2)}, at::kFloat)),
        all_known(!known_PHW.defined()) {}
  Plane truth, known;
  bool all_known;
};

// The rows of pixels of one mask: body(y, row) of each, its logits stretched from the rows on both sides.
class Rows {
 public:
  Rows(const float* logits, const Axis& down, const Axis& along)
      : logits_(logits), down_(down), along_(along), narrow_(static_cast<size_t>(along.size) + 1) {
    for (auto& wide : wide_) wide.resize(along.left.size());
  }

  int64_t above(int64_t y) const { return down_.left[static_cast<size_t>(y)]; }
  MaskRow row(int64_t y) {
    const auto n = static_cast<int64_t>(along_.left.size());
    return {stretched(above(y)), stretched(above(y) + 1), down_.share[static_cast<size_t>(y)], nullptr, nullptr, n};
  }

 private:
  const float* stretched(int64_t i) {
    auto& wide = wide_[static_cast<size_t>(i % 2)];
    if (std::exchange(held_[static_cast<size_t>(i % 2)], i) == i) return wide.data();
    const float* from = logits_ + std::min(i, down_.size - 1) * along_.size;
    std::copy_n(from, along_.size, narrow_.begin());
    narrow_.back() = from[along_.size - 1];
    path().stretch(narrow_.data(), along_.left.data(), along_.share.data(), static_cast<int64_t>(wide.size()),
                   wide.data());
    return wide.data();
  }

  const float* logits_;
  const Axis &down_, &along_;
  std::vector<float> narrow_;
  std::array<std::vector<float>, 2> wide_;
  std::array<int64_t, 2> held_ = {-1, -1};
};

// Slopes of stretched rows, given back to the rows that they were stretched from.
class RowSlopes {
 public:
  RowSlopes(float* gradient, const Axis& down, const Axis& along)
      : gradient_(gradient), down_(down), along_(along), narrow_(static_cast<size_t>(along.size) + 1) {
    for (auto& wide : wide_) wide.resize(along.left.size());
  }
  ~RowSlopes() {
    give(0);
    give(1);
  }
  RowSlopes(const RowSlopes&) = delete;
  RowSlopes& operator=(const RowSlopes&) = delete;

  float* of(int64_t i) {
    const auto slot = static_cast<size_t>(i % 2);
    if (held_[slot] != i) {
      give(slot);
      held_[slot] = i;
      std::fill(wide_[slot].begin(), wide_[slot].end(), 0.f);
    }
    return wide_[slot].data();
  }

 private:
  void give(size_t slot) {
    if (held_[slot] < 0) return;
    std::fill(narrow_.begin(), narrow_.end(), 0.f);
    for (size_t x = 0; x < along_.left.size(); ++x) {
      const float slope = wide_[slot][x], right = along_.share[x] * slope;
      const auto left = static_cast<size_t>(along_.left[x]);
      narrow_[left] += slope - right;
      narrow_[left + 1] += right;
    }
    float* to = gradient_ + std::min(held_[slot], down_.size - 1) * along_.size;
    for (int64_t i = 0; i < along_.size; ++i) to[i] += narrow_[static_cast<size_t>(i)];
    to[along_.size - 1] += narrow_.back();
  }

  float* gradient_;
  const Axis &down_, &along_;
  std::vector<float> narrow_;
  std::array<std::vector<float>, 2> wide_;
  std::array<int64_t, 2> held_ = {-1, -1};
};

template <int64_t kSums>
class Lanes {
 public:
  float* f32() { return lanes_.data(); }
  void add_to(std::array<double, kSums>& sums) {
    for (int64_t k = 0; k < kSums; ++k)
      for (int64_t l = 0; l < kMaskLanes; ++l) sums[static_cast<size_t>(k)] += lanes_[k * kMaskLanes + l];
    lanes_.fill(0);
  }

 private:
  std::array<float, kSums * kMaskLanes> lanes_{};
};

// body(y, truth, known) of the rows of a prompt; `after` every kRows rows and at the end.
template <class Body, class After>
void for_rows(const Pixels& pixels, int64_t prompt, const Body& body, const After& after) {
  const int64_t height = pixels.truth.values.size(1);
  std::vector<float> truth(static_cast<size_t>(pixels.truth.values.size(2))), known(truth.size());
  for (int64_t y = 0; y < height; ++y) {
    body(y, pixels.truth.row(prompt, y, truth),
         pixels.all_known ? pixels.known.row(0, 0, known) : pixels.known.row(prompt, y, known));
    if ((y + 1) % kRows == 0 || y + 1 == height) after();
  }
}

// What has no gradient, so that autograd does not ask for its: `known_PHW` may be undefined.
struct Still {
  Tensor truth_PHW, known_PHW;
  PixelCost cost;
};

struct Sums : torch::autograd::Function<Sums> {
  // f64 [P, M, kMaskSums].
  static Tensor forward(AutogradContext* context, const Tensor& given_PMhw, const Still& still) {
    const auto& [truth_PHW, known_PHW, cost] = still;
    const Tensor logits = given_PMhw.contiguous();
    context->save_for_backward({logits, truth_PHW, known_PHW});
    context->saved_data["alpha"] = double{cost.alpha};
    context->saved_data["gamma"] = cost.gamma;
    context->saved_data["squared"] = cost.squared;
    const int64_t masks = logits.size(1), h = logits.size(2), w = logits.size(3);
    const Axis down(h, truth_PHW.size(1)), along(w, truth_PHW.size(2));
    const Pixels pixels(truth_PHW, known_PHW);
    const Tensor result = at::empty({logits.size(0), masks, kMaskSums}, at::kDouble);
    in_parallel(logits.size(0) * masks, [&](int64_t mask) {
      Rows rows(logits.const_data_ptr<float>() + mask * h * w, down, along);
      Lanes<kMaskSums> lanes;
      std::array<double, kMaskSums> sums{};
      for_rows(
          pixels, mask / masks,
          [&](int64_t y, const float* truth, const float* known) {
            MaskRow row = rows.row(y);
            row.truth = truth;
            row.known = known;
            path().add(row, cost, lanes.f32());
          },
          [&] { lanes.add_to(sums); });
      std::copy(sums.begin(), sums.end(), result.data_ptr<double>() + mask * kMaskSums);
    });
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &logits = saved[0], slopes = gradients[0].contiguous();
    PixelCost cost;
    cost.alpha = static_cast<float>(context->saved_data["alpha"].toDouble());
    cost.gamma = static_cast<int>(context->saved_data["gamma"].toInt());
    cost.squared = context->saved_data["squared"].toBool();
    const int64_t masks = logits.size(1), h = logits.size(2), w = logits.size(3);
    const Axis down(h, saved[1].size(1)), along(w, saved[1].size(2));
    const Pixels pixels(saved[1], saved[2]);
    const Tensor result = at::zeros(logits.sizes(), at::kFloat);
    in_parallel(logits.size(0) * masks, [&](int64_t mask) {
      const double* slope = slopes.const_data_ptr<double>() + mask * kMaskSums;
      const std::array<float, 3> factors = {static_cast<float>(slope[0]), static_cast<float>(slope[2]),
                                            static_cast<float>(slope[3])};
      if (factors == std::array<float, 3>{}) return;
      Rows rows(logits.const_data_ptr<float>() + mask * h * w, down, along);
      RowSlopes to(result.data_ptr<float>() + mask * h * w, down, along);
      for_rows(
          pixels, mask / masks,
          [&](int64_t y, const float* truth, const float* known) {
            MaskRow row = rows.row(y);
            row.truth = truth;
            row.known = known;
            path().slope(row, cost, factors.data(), to.of(rows.above(y)), to.of(rows.above(y) + 1));
          },
          [] {});
    });
    return {result, Tensor()};
  }
};

MaskSums named(const Tensor& sums_PMK) {
  const auto sum = [&](int64_t k) { return sums_PMK.select(2, k); };
  return {sum(0), sum(1).detach(), sum(2), sum(3), sum(4).detach(), sum(5).detach()};
}

void check_shapes(const Tensor& logits, const Tensor& truth, const Tensor& known) {
  check(logits.dim() == 4 && truth.dim() == 3 && logits.size(0) == truth.size(0), "masks: logits are ", logits.sizes(),
        " but their truth is ", truth.sizes(), "; wanted [P, M, h, w] and [P, H, W]");
  check(!known.defined() || known.sizes() == truth.sizes(), "masks: what is known is ", known.sizes(),
        " but the truth is ", truth.sizes());
}

}  // namespace

MaskSums mask_sums(const Tensor& logits, const Tensor& truth, const Tensor& known, const PixelCost& cost) {
  if (!logits.is_cpu() || logits.scalar_type() != at::kFloat) return dense_mask_sums(logits, truth, known, cost);
  check_shapes(logits, truth, known);
  return named(Sums::apply(logits, Still{truth, known, cost}));
}

MaskSums dense_mask_sums(const Tensor& logits, const Tensor& truth, const Tensor& known, const PixelCost& cost) {
  check_shapes(logits, truth, known);
  const auto plane = [&](const Tensor& values) { return values.to(logits.scalar_type()).unsqueeze(1); };
  const Tensor t = plane(truth), k = known.defined() ? plane(known) : at::ones_like(t);
  const Tensor z = logits.sizes().slice(2) == truth.sizes().slice(1)
                       ? logits
                       : at::upsample_bilinear2d(logits, truth.sizes().slice(1), /*align_corners=*/false);
  const Tensor p = at::sigmoid(z), hard = (z > 0) * k;
  const Tensor ce = at::binary_cross_entropy_with_logits(z, t.expand_as(z), {}, {}, at::Reduction::None);
  const Tensor weight = at::pow(p * (1 - t) + (1 - p) * t, cost.gamma) * k;
  const Tensor balance = cost.alpha * t + (1 - cost.alpha) * (1 - t);
  const auto sum = [](const Tensor& values) { return values.sum({2, 3}, false, at::kDouble); };
  return named(at::stack({sum(weight * balance * ce), sum(weight), sum((cost.squared ? p * p : p) * k), sum(p * t * k),
                          sum(hard), sum(hard * (t > 0.5))},
                         2));
}

TruthSums truth_sums(const Tensor& truth, const Tensor& known, const PixelCost& cost) {
  if (!truth.is_cpu()) {
    const Tensor t = truth.to(at::kFloat), k = known.defined() ? known.to(at::kFloat) : at::ones_like(t);
    const auto sum = [](const Tensor& values) { return values.sum({1, 2}, false, at::kDouble); };
    return {sum(k), sum((cost.squared ? t * t : t) * k), sum((t > 0.5) * k)};
  }
  const Pixels pixels(truth, known);
  const Tensor result = at::empty({truth.size(0), kTruthSums}, at::kDouble);
  in_parallel(truth.size(0), [&](int64_t prompt) {
    Lanes<kTruthSums> lanes;
    std::array<double, kTruthSums> sums{};
    for_rows(
        pixels, prompt,
        [&](int64_t, const float* t, const float* k) { path().add_truth(t, k, truth.size(2), cost, lanes.f32()); },
        [&] { lanes.add_to(sums); });
    std::copy(sums.begin(), sums.end(), result.data_ptr<double>() + prompt * kTruthSums);
  });
  return {result.select(1, 0), result.select(1, 1), result.select(1, 2)};
}

Tensor inside_of(const Tensor& logits_Phw, int64_t height, int64_t width) {
  if (!logits_Phw.is_cpu())
    return at::upsample_bilinear2d(logits_Phw.unsqueeze(1), {height, width}, false).squeeze(1).gt(0).to(at::kByte);
  const Tensor logits = logits_Phw.to(at::kFloat).contiguous();
  const int64_t h = logits.size(1), w = logits.size(2);
  const Axis down(h, height), along(w, width);
  const Tensor result = at::empty({logits.size(0), height, width}, at::kByte);
  in_parallel(logits.size(0), [&](int64_t mask) {
    Rows rows(logits.const_data_ptr<float>() + mask * h * w, down, along);
    for (int64_t y = 0; y < height; ++y)
      path().inside(rows.row(y), result.data_ptr<uint8_t>() + (mask * height + y) * width);
  });
  return result;
}

}  // namespace weft
