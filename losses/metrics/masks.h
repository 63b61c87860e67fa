// SPDX-License-Identifier: Apache-2.0
// How well masks are judged (docs/METRICS.md).  Masks are one byte a pixel (0: outside), row-major; pixels that are not
// known (0 in `known`; null: all are) are in neither mask.  Where both masks are empty they agree: 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/prompts/prompt.h"

namespace weft {

struct Overlap {
  int64_t truth = 0, prediction = 0, both = 0;
  double iou() const;
  double dice() const;
};
Overlap overlap(const MaskView& truth, const uint8_t* prediction);

// IoU of the bands of pixels that lie within max(1, round(share * diagonal)) steps of eight neighbours of the mask's
// outside, the outside of the picture included (Cheng et al., CVPR 2021).
constexpr double kBoundaryShare = 0.02;
double boundary_iou(const MaskView& truth, const uint8_t* prediction, double share = kBoundaryShare);

// Normalised surface distance: the share of both contours' length that lies within `tolerance` of the other one.
// Pixels measure step_x by step_y; tolerance in the same unit (Nikolov et al., arXiv 1809.04430).  One mask empty: 0.
double surface_dice(const MaskView& truth, const uint8_t* prediction, double tolerance, double step_x = 1,
                    double step_y = 1);

// IoUs of objects by click: row i holds those after click 1, 2, ... of object i, at most kMostClicks; a row that ends
// early keeps its last value (its episode found no error left).
constexpr int kMostClicks = 20;
using ClickTable = std::vector<std::vector<double>>;
double mean_iou_at(const ClickTable& table, int clicks);
struct NumberOfClicks {
  double mean = 0;       // over objects of the first click that reaches the IoU, kMostClicks where none does
  int64_t never = 0;     // objects that no click brings there
  int64_t at_least = 0;  // objects whose number is kMostClicks: RITM's ">= 20", successes at the last click included
};
NumberOfClicks number_of_clicks(const ClickTable& table, double iou);

// Average recall of proposals, class-agnostic, as COCO's evaluator counts it: in each image the `most` best proposals
// are matched greedily, best first, each with the free object of greatest IoU at least t; recall over all objects,
// averaged over t = .5, .55 .. .95.  Objects of other sizes, and crowds, are matched last and not counted.
struct ProposalImage {
  std::vector<double> area;              // of the objects, in pixels
  std::vector<std::vector<double>> iou;  // [proposal][object], proposals best first
  std::vector<uint8_t> is_crowd;         // by object; empty: none.  A crowd is never missed and matches without end
};
struct AverageRecall {  // small: area <= 32^2, medium: 32^2 to 96^2, large: >= 96^2; -1: no such object
  double all = -1, small = -1, medium = -1, large = -1;
};
AverageRecall average_recall(std::span<const ProposalImage> images, int most);

}  // namespace weft
