// SPDX-License-Identifier: Apache-2.0
// Gradients on their way to the sum over all ranks, while backward still runs.  A hook on each parameter counts its
// buckets down; a complete bucket leaves, always in the order 0, 1, 2, ....  A rank that stands for several virtual
// ranks adds their gradients first, in the binary tree that the exchange continues over the ranks, so that the sum has
// the same bits for 1, 2 or 4 ranks.
#pragma once

#include <vector>

#include "trainer/flat.h"

namespace weft {

class GradientReducer {
 public:
  explicit GradientReducer(FlatParameters& flat);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  // Virtual ranks of this rank, for each of which the gradient is computed on its own.
  int virtual_ranks() const { return flat_.layout().virtual_ranks / flat_.layout().ranks; }

  // Before virtual rank j's first backward.
  void start(int j);
  // The next backward is this rank's last of the step: from now on complete buckets leave.
  void arm();
  // A parameter whose gradient is complete without a backward of its own.
  void complete(const Parameter& parameter);
  // After virtual rank j's last backward; after the last one, the owned pieces of the gradient hold the world's sums.
  void finish(int j);

  // Parameters that no backward of this rank has reached so far.
  std::vector<std::string> never_reached() const;

 private:
  friend class ReadyHook;
  void ready(size_t seat);
  void leave_if_complete();
  void add_kept(Range numbers);

  FlatParameters& flat_;
  std::vector<Tensor> kept_;       // sums of 1, 2, 4, ... virtual ranks that wait for their right half
  std::vector<int> missing_;       // of each bucket: seats whose gradient is not complete
  std::vector<int> fires_;         // of each seat: hooks in this step's last backward
  std::vector<bool> fires_often_;  // of each seat: seen more than once in a backward, so its bucket leaves last
  std::vector<bool> reached_;
  bool armed_ = false, learning_ = true;  // the first step only counts
  int next_bucket_ = 0;
};

}  // namespace weft
