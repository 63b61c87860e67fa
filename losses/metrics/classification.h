// SPDX-License-Identifier: Apache-2.0
// One class of several for each item, by scores.
//   accuracy at k          = is the true class among the k best: equal scores stand in random order (its expectation)
//   mean per-class recall  = the mean, over classes with items, of the accuracy of their items: balanced accuracy
//   p                      = softmax(scale * scores); Brier = sum over classes of (p - [it is true])^2
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

// What is kept of an item's scores.
struct Classified {
  int64_t item = 0, truth = 0, predicted = 0;  // predicted: the best class, of equal ones the first
  double top1 = 0, top5 = 0;                   // probability that the true class is among the first
  double confidence = 0;                       // p of the predicted class
  double brier = 0;
};

// `scores` by class.  An Error where one is no number.
Classified classify(std::span<const float> scores, int64_t item, int64_t truth, double scale);

// By class; -1 where no item is of it.
std::vector<double> recall_of_classes(std::span<const Classified> items, int64_t classes);

// Pairs of classes that were taken for each other, the most frequent first, then the one that comes first in the items.
struct Confusion {
  int64_t truth, predicted, items;
};
std::vector<Confusion> confusions(std::span<const Classified> items);

}  // namespace weft
