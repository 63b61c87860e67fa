// SPDX-License-Identifier: Apache-2.0
// How many draws of each part of a mixture a run has made before a step, for shares that change with the step.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <vector>

namespace weft {

// A share over steps: linear between given points, constant before the first and after the last.
class ShareSchedule {
 public:
  ShareSchedule() = default;  // 1, always
  // Points "0:1, 10000:0.25" (step:share), or one share; Error with what is wrong.
  static ShareSchedule parse(const std::string& text);
  double at(int64_t step) const;
  ShareSchedule times(double factor) const;

 private:
  std::vector<std::pair<int64_t, double>> points_{{0, 1.0}};
};

// Each step gives every part a whole number of the batch's slots, so that a part's draws never stray from its share by
// one or more: of what is due and not yet given, the whole part is given and the rest goes to the largest remainders
// (Hamilton), the earlier part first where two are equal.  Steps are folded from 0, which takes no more than 0.1 us
// each, so a step is all the state there is.
class Mixture {
 public:
  Mixture(std::vector<ShareSchedule> parts, int64_t batch);
  struct Counts {
    std::vector<int64_t> before, in_step;  // draws of each part before the step, and in it
  };
  Counts at(int64_t step) const;  // thread-safe; Error where all shares are 0

 private:
  struct Anchor {
    std::vector<int64_t> given;
    std::vector<double> due;
  };
  std::vector<int64_t> advance(Anchor& state, int64_t step) const;

  std::vector<ShareSchedule> parts_;
  int64_t batch_;
  mutable std::shared_mutex mutex_;
  mutable std::vector<Anchor> anchors_;  // before steps 0, kStride, 2 kStride, ...
};

}  // namespace weft
