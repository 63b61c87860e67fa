// SPDX-License-Identifier: Apache-2.0
// The keys of [data.augment].  What is off by default draws nothing.
#include "data/view.h"

namespace weft {

void AugmentSettings::fields(Fields& visit) {
  const Check share = between(0.01, 1);
  visit("crop_scale_min", crop_scale_min, share, "least share of the image's area that a training crop keeps");
  visit("crop_scale_max", crop_scale_max, share, "largest share of the image's area that a training crop keeps");
  visit("crop_ratio_max", crop_ratio_max, between(1, 8), "a crop's width / height lies in [1 / this, this]");
  visit("scale_jitter_min", scale_jitter_min, between(0, 4),
        "instead of a crop: least length of the longer side, as a share of the view; what is larger is cut, what is "
        "smaller is padded");
  visit("scale_jitter_max", scale_jitter_max, between(0, 4),
        "instead of a crop: most length of the longer side, as a share of the view, e.g. 0.1 to 2; 0: crops");
  visit("flip", flip, unit, "probability of a left-right flip; leave 0 where left and right mean something");
  visit("flip_vertical", flip_vertical, unit, "probability of an upside-down flip");
  visit("quarter_turns", quarter_turns, unit, "probability of a turn by 90, 180 or 270 degrees");
  visit("rotate_degrees", rotate_degrees, between(0, 180), "a view is turned by up to this, either way");
  visit("shear_degrees", shear_degrees, between(0, 60), "a view is sheared by up to this along each axis, either way");
  visit("translate", translate, unit, "a view is shifted by up to this share of its side along each axis, either way");
  visit("rescale", rescale, between(0, 4), "a view is scaled by a factor between 1 / (1 + this) and 1 + this");
  visit("zoom_min", zoom_min, between(0.05, 4),
        "images with alpha: least length of the longer side, as a share of the view");
  visit("zoom_max", zoom_max, between(0.05, 4),
        "images with alpha: most length of the longer side, as a share of the view");
  visit("filter", filter, one_of({"bicubic", "bilinear"}), "how pixels are resized, antialiased either way");
  visit("color_jitter", color_jitter, unit, "brightness, contrast and saturation are scaled by 1 - this to 1 + this");
  visit("hue", hue, between(0, 0.5), "colours are turned by up to this share of the colour circle, either way");
  visit("grayscale", grayscale, unit, "probability that a view loses its colours");
  visit("blur", blur, unit, "probability of a Gaussian blur");
  visit("blur_sigma_max", blur_sigma_max, between(0.1, 50), "a blur's standard deviation lies in [0.1, this] pixels");
  visit("noise", noise, unit, "Gaussian noise of up to this standard deviation, as a share of the range of values");
  visit("cutout", cutout, unit, "probability that a rectangle of the view is hidden");
  visit("cutout_area_max", cutout_area_max, between(0.02, 1), "a hidden rectangle has 0.02 to this of the view's area");
}

}  // namespace weft
