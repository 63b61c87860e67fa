// SPDX-License-Identifier: Apache-2.0
#include "losses/metrics/binary.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weft {

std::vector<CurvePoint> threshold_curve(std::vector<LabelledScore> items) {
  for (const LabelledScore& item : items)
    check(!std::isnan(item.score), "metrics: a score is not a number; has the training diverged?");
  std::sort(items.begin(), items.end(),
            [](const LabelledScore& a, const LabelledScore& b) { return a.score > b.score; });
  std::vector<CurvePoint> curve;
  int64_t true_above = 0, false_above = 0;
  for (const LabelledScore& item : items) {
    ++(item.is_true ? true_above : false_above);
    if (curve.empty() || curve.back().threshold != item.score) curve.push_back({item.score, 0, 0});
    curve.back().true_above = true_above, curve.back().false_above = false_above;
  }
  check(true_above > 0 && false_above > 0, "metrics: ", true_above, " true and ", false_above,
        " false items; wanted some of both");
  return curve;
}

double average_precision(std::span<const CurvePoint> curve) {
  const auto positives = static_cast<double>(curve.back().true_above);
  double sum = 0;
  int64_t before = 0;
  for (const CurvePoint& point : curve) {
    const auto above = static_cast<double>(point.true_above + point.false_above);
    sum += static_cast<double>(point.true_above - before) / positives * static_cast<double>(point.true_above) / above;
    before = point.true_above;
  }
  return sum;
}

double auroc(std::span<const CurvePoint> curve) {
  double area = 0;  // in pairs of a true and a false item, twice
  CurvePoint before{};
  for (const CurvePoint& point : curve) {
    area += static_cast<double>(point.false_above - before.false_above) *
            static_cast<double>(point.true_above + before.true_above);
    before = point;
  }
  return area / 2 / static_cast<double>(before.true_above) / static_cast<double>(before.false_above);
}

double sensitivity_at(std::span<const CurvePoint> curve, double specificity) {
  const auto positives = static_cast<double>(curve.back().true_above);
  const auto negatives = static_cast<double>(curve.back().false_above);
  double best = 0;
  for (const CurvePoint& point : curve)
    if (1 - static_cast<double>(point.false_above) / negatives >= specificity)
      best = static_cast<double>(point.true_above) / positives;
  return best;
}

double chance_sensitivity(int64_t negatives, double specificity) {
  int64_t allowed = 0;
  while (allowed < negatives && 1 - static_cast<double>(allowed + 1) / static_cast<double>(negatives) >= specificity)
    ++allowed;
  return allowed == negatives ? 1 : static_cast<double>(allowed + 1) / static_cast<double>(negatives + 1);
}

double precision_at_prevalence(double sensitivity, double specificity, double prevalence) {
  const double found = sensitivity * prevalence;
  return found == 0 ? 0 : found / (found + (1 - specificity) * (1 - prevalence));
}

}  // namespace weft
