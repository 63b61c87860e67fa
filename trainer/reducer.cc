// SPDX-License-Identifier: Apache-2.0
#include "trainer/reducer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "trainer/device.h"

namespace weft {

class ReadyHook final : public torch::autograd::PostAccumulateGradHook {
 public:
  ReadyHook(GradientReducer& reducer, size_t seat) : reducer_(reducer), seat_(seat) {}
  void operator()(const torch::autograd::Variable&) override { reducer_.ready(seat_); }

 private:
  GradientReducer& reducer_;
  size_t seat_;
};

GradientReducer::GradientReducer(FlatParameters& flat)
    : flat_(flat),
      missing_(static_cast<size_t>(flat.layout().buckets())),
      fires_(flat.seats().size()),
      fires_often_(flat.seats().size()),
      reached_(flat.seats().size()) {
  check(std::has_single_bit(static_cast<unsigned>(virtual_ranks())), "engine.virtual_ranks: each of the ",
        flat.layout().ranks, " ranks stands for ", virtual_ranks(), " virtual ranks; wanted a power of two");
  kept_.resize(static_cast<size_t>(std::bit_width(static_cast<unsigned>(virtual_ranks())) - 1));
  for (Tensor& sum : kept_) sum = at::empty({flat.layout().count}, on_device(flat.device()));
  for (size_t seat = 0; seat < flat.seats().size(); ++seat) {
    const Tensor& leaf = flat.seats()[seat].parameter->value;
    if (leaf.requires_grad())
      torch::autograd::impl::set_post_acc_grad_hooks(leaf, std::make_unique<ReadyHook>(*this, seat));
  }
}

GradientReducer::~GradientReducer() {
  for (const auto& seat : flat_.seats())
    if (seat.parameter->value.requires_grad())
      torch::autograd::impl::set_post_acc_grad_hooks(seat.parameter->value, nullptr);
}

void GradientReducer::start(int j) {
  flat_.zero_gradients();
  if (j > 0) return;
  next_bucket_ = 0;
  std::fill(fires_.begin(), fires_.end(), 0);
  std::fill(missing_.begin(), missing_.end(), 0);
  for (const auto& seat : flat_.seats())
    if (seat.parameter->trains)
      for (int b = flat_.layout().bucket_of(seat.offset); b <= flat_.layout().bucket_of(seat.offset + seat.count - 1);
           ++b)
        ++missing_[static_cast<size_t>(b)];
}

void GradientReducer::arm() {
  armed_ = true;
}

void GradientReducer::complete(const Parameter& parameter) {
  for (size_t seat = 0; seat < flat_.seats().size(); ++seat)
    if (flat_.seats()[seat].parameter == &parameter && parameter.trains) ready(seat);
}

void GradientReducer::ready(size_t seat) {
  reached_[seat] = true;
  if (!armed_) return;
  const FlatParameters::Seat& s = flat_.seats()[seat];
  const int first = flat_.layout().bucket_of(s.offset), last = flat_.layout().bucket_of(s.offset + s.count - 1);
  const int fires = ++fires_[seat];
  if (fires > 1) {
    fires_often_[seat] = true;
    check(first >= next_bucket_, "the gradient of ", s.parameter->name,
          " grew after its bucket had left: it fires a different number of times from step to step");
    return;
  }
  if (learning_ || fires_often_[seat]) return;
  for (int b = first; b <= last; ++b) --missing_[static_cast<size_t>(b)];
  leave_if_complete();
  flat_.exchange().progress();
}

void GradientReducer::leave_if_complete() {
  while (next_bucket_ < flat_.layout().buckets() && missing_[static_cast<size_t>(next_bucket_)] == 0) {
    add_kept(flat_.layout().bucket_range(next_bucket_));
    flat_.exchange().reduce(next_bucket_++);
  }
}

// gradient = kept[0] + gradient, then kept[1] + ...: from the smallest part of the tree to the largest.
void GradientReducer::add_kept(Range numbers) {
  at::NoGradGuard no_grad;
  const Tensor sum = flat_.gradient_of(numbers);
  for (const Tensor& left : kept_) sum.add_(left.narrow(0, numbers.begin, numbers.size()));
}

void GradientReducer::finish(int j) {
  if (j + 1 < virtual_ranks()) {
    // Like a carry: virtual rank 1 joins 0, 3 joins 2 and then both join 0 and 1.
    at::NoGradGuard no_grad;
    const Tensor sum = flat_.gradient_of(Range{0, flat_.layout().count});
    size_t level = 0;
    for (; j & (1 << level); ++level) sum.add_(kept_[level]);
    kept_[level].copy_(sum);
    return;
  }
  armed_ = learning_ = false;
  std::fill(missing_.begin(), missing_.end(), 0);  // what was not reached contributes zeros
  leave_if_complete();
  flat_.exchange().finish_reduce();
}

std::vector<std::string> GradientReducer::never_reached() const {
  std::vector<std::string> names;
  for (size_t seat = 0; seat < reached_.size(); ++seat)
    if (!reached_[seat] && flat_.seats()[seat].parameter->trains) names.push_back(flat_.seats()[seat].parameter->name);
  return names;
}

}  // namespace weft
