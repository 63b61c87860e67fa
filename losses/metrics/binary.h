// SPDX-License-Identifier: Apache-2.0
// How well scores tell true from false where both are known.  A threshold takes equal scores together, so ties need no
// order, and the figures are scikit-learn's:
//   AP     sum over thresholds, from the top, of (recall - recall before) * precision      average_precision_score
//   AUROC  the probability that a true item scores above a false one, equal scores half    roc_auc_score
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct LabelledScore {
  float score;
  bool is_true;
};

// How many true and false items score at least `threshold`; thresholds descend, one for each distinct score.
struct CurvePoint {
  float threshold;
  int64_t true_above, false_above;
};

// Both kinds must be there for what follows (each is an Error else); a score that is no number is an Error.
std::vector<CurvePoint> threshold_curve(std::vector<LabelledScore> items);

double average_precision(std::span<const CurvePoint> curve);
double auroc(std::span<const CurvePoint> curve);
// The greatest sensitivity (recall) of any threshold whose specificity is at least this; 0 where only "nothing is
// positive" is specific enough.
double sensitivity_at(std::span<const CurvePoint> curve, double specificity);

// What the latter is expected to be of scores in random order, equal ones apart: with f false items allowed of n, each
// true one lies above the false one f + 1 with probability (f + 1) / (n + 1).
double chance_sensitivity(int64_t negatives, double specificity);

// Of what is called positive, the share that is, by Bayes: se pi / (se pi + (1 - sp)(1 - pi)); 0 where se is 0.
double precision_at_prevalence(double sensitivity, double specificity, double prevalence);

}  // namespace weft
