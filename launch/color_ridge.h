// SPDX-License-Identifier: Apache-2.0
// What any image model must beat: a ridge regression from colour histograms to texts.  It sees the same views as the
// model: 64 bins (4 x 4 x 4 RGB), square roots of shares, centred; targets are indicators of each text, centred per
// text.
#pragma once

#include <vector>

#include "base/comm.h"
#include "base/tensor.h"
#include "data/store.h"

namespace weft {

class ColorRidge {
 public:
  // `truth_of_train[sample]`: which of the `texts` columns are true of it.  Every training sample is seen over `draws`
  // backgrounds.
  ColorRidge(const Store& store, const std::vector<uint32_t>& train, int view_size, int draws,
             const std::vector<std::vector<int64_t>>& truth_of_train, int64_t texts, Comm& comm);
  // Scores of images are the products of their centred histograms and the rows of weights, f64 [texts, 64].
  Tensor centred(const Tensor& histograms) const { return histograms - mean_; }
  Tensor weights(double strength) const;

 private:
  Tensor gram_, cross_, mean_;  // X'X, X'Y of centred X, and X's mean; f64
};

// Of the evaluation views of samples, f64 [N, 64]; shared out over ranks.
Tensor color_histograms(const Store& store, const std::vector<uint32_t>& samples, int view_size,
                        uint64_t background_seed, Comm& comm);

}  // namespace weft
