// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/settings.h"

namespace weft {

void PromptSettings::fields(Fields& visit) {
  visit("point", point, non_negative,
        "how often an episode begins with a click in the object, beside the other shares");
  visit("box", box, non_negative, "how often it begins with the object's box");
  visit("scribble", scribble, non_negative, "how often it begins with a scribble in the object");
  visit("negative_only", negative_only, non_negative,
        "how often it begins with negative clicks alone: nothing is asked for, the target is empty");
  visit("absent", absent, non_negative,
        "how often it begins with a prompt where nothing is that it could mean: the target is empty");
  visit("box_jitter", box_jitter, one_of({"none", "normal", "outward", "uniform"}),
        "how a box's edges move: not; by a normal deviate (SAM); uniformly (SAM 2); away from the object (MedSAM)");
  visit("box_jitter_share", box_jitter_share, between(0, 1),
        "deviation of the normal, greatest move of the uniform jitter, as a share of the box's side");
  visit("box_jitter_pixels", box_jitter_pixels, non_negative, "greatest move of an edge, in pixels of the view");
  visit("corrections", corrections, between(0, 100), "rounds after the first, each with clicks on the error");
  visit("mask_only", mask_only, between(0, 100),
        "further rounds without a new click: the last one, and others at random places");
  visit("feedback", feedback, one_of({"best", "predicted"}),
        "which of three masks is the next round's prompt: that of the least loss (SAM 2), or of the greatest predicted "
        "IoU (SAM)");
  visit("points", points, between(1, 100), "clicks of a correction, at most");
  visit("from_truth", from_truth, unit,
        "probability that a correction's click is drawn from the object instead of the error");
  visit("negatives", negatives, between(1, 100), "clicks of a negative-only prompt: 1 to this many");
  visit("line", line, non_negative, "how often a scribble is made of lines between pixels of the object");
  visit("centerline", centerline, non_negative, "how often it is the object's broken centerline");
  visit("contour", contour, non_negative, "how often it is a broken contour shrunk into the object");
  visit("scribble_points", scribble_points, between(1, 1000), "points of a scribble that the model sees, at most");
}

}  // namespace weft
