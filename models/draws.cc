// SPDX-License-Identifier: Apache-2.0
#include "models/draws.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weft {

Stream Draws::stream(Purpose purpose, int64_t row) const {
  const int64_t place = first + (rows.empty() ? row : rows[static_cast<size_t>(row)]);
  return {seed, purpose, static_cast<uint64_t>(step), static_cast<uint64_t>(place)};
}

Tensor kept_tokens(const Draws& draws, int64_t images, int64_t leading, int64_t patches, double dropout) {
  const auto kept =
      std::max<int64_t>(1, static_cast<int64_t>(std::floor(static_cast<double>(patches) * (1 - dropout))));
  const Tensor token_K = at::empty({images * (leading + kept)}, at::kLong);
  int64_t* out = token_K.data_ptr<int64_t>();
  std::vector<int64_t> order(static_cast<size_t>(patches));
  for (int64_t image = 0; image < images; ++image) {
    Stream stream = draws.stream(Purpose::patch_dropout, image);
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = 0; i < static_cast<size_t>(kept); ++i)
      std::swap(order[i], order[i + stream.below(order.size() - i)]);
    std::sort(order.begin(), order.begin() + kept);
    const int64_t begin = image * (leading + patches);
    for (int64_t i = 0; i < leading; ++i) *out++ = begin + i;
    for (int64_t i = 0; i < kept; ++i) *out++ = begin + leading + order[static_cast<size_t>(i)];
  }
  return token_K;
}

Tensor branch_factors(const Draws& draws, Purpose purpose, int64_t layers, int64_t rows, double most) {
  const Tensor factor_L2R = at::empty({layers, 2, rows}, at::kFloat);
  float* factor = factor_L2R.data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row) {
    Stream stream = draws.stream(purpose, row);
    for (int64_t branch = 0; branch < 2 * layers; ++branch) {
      const int64_t layer = branch / 2;
      const double p = layers > 1 ? most * static_cast<double>(layer) / static_cast<double>(layers - 1) : 0;
      factor[branch * rows + row] = stream.chance(p) ? 0.f : static_cast<float>(1 / (1 - p));
    }
  }
  return factor_L2R;
}

}  // namespace weft
