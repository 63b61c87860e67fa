// SPDX-License-Identifier: Apache-2.0
#include "launch/color_ridge.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include "launch/views.h"

namespace weft {

namespace {

Tensor histograms_of(const Tensor& views_NCHW) {
  const int64_t n = views_NCHW.size(0), pixels = views_NCHW.size(2) * views_NCHW.size(3);
  Tensor counts = at::zeros({n, 64}, at::kDouble);
  double* bins = counts.data_ptr<double>();
  const uint8_t* in = views_NCHW.data_ptr<uint8_t>();
  for (int64_t image = 0; image < n; ++image, in += 3 * pixels, bins += 64)
    for (int64_t p = 0; p < pixels; ++p)
      bins[(in[p] >> 6) * 16 + (in[pixels + p] >> 6) * 4 + (in[2 * pixels + p] >> 6)] += 1;
  return (counts / static_cast<double>(pixels)).sqrt();
}

}  // namespace

Tensor color_histograms(const Store& store, const std::vector<uint32_t>& samples, int view_size,
                        uint64_t background_seed, Comm& comm) {
  return of_views(store, samples, view_size, background_seed, comm, histograms_of);
}

ColorRidge::ColorRidge(const Store& store, const std::vector<uint32_t>& train, int view_size, int draws,
                       const std::vector<std::vector<int64_t>>& truth_of_train, int64_t texts, Comm& comm) {
  const auto n = static_cast<int64_t>(train.size());
  Tensor y_NT = at::zeros({n, texts}, at::kDouble);
  double* y = y_NT.data_ptr<double>();
  for (int64_t i = 0; i < n; ++i)
    for (const int64_t text : truth_of_train[static_cast<size_t>(i)]) y[i * texts + text] = 1;
  y_NT = y_NT - y_NT.mean(0);
  std::vector<Tensor> x, targets;
  for (int draw = 0; draw < draws; ++draw) {
    x.push_back(color_histograms(store, train, view_size, static_cast<uint64_t>(draw), comm));
    targets.push_back(y_NT);
  }
  Tensor all = at::cat(x, 0);
  mean_ = all.mean(0);
  all = all - mean_;
  gram_ = at::mm(all.t(), all);
  cross_ = at::mm(all.t(), at::cat(targets, 0));
}

Tensor ColorRidge::weights(double strength) const {
  return at::linalg_solve(gram_ + strength * at::eye(64, at::kDouble), cross_).t();
}

}  // namespace weft
