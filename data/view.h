// SPDX-License-Identifier: Apache-2.0
// A decoded image becomes the square that a model sees: one geometry (crop, flip, rotation, scale), one pass over
// pixels. An image with alpha is laid over a background drawn from a stream, so that the background is an augmentation
// in training and the same for every model in evaluation.
#pragma once

#include <cstdint>

#include "base/hash.h"
#include "base/random.h"
#include "configs/fields.h"
#include "data/image.h"

namespace weft {

struct AugmentSettings : Settings {
  double crop_scale_min = 0.9, crop_scale_max = 1.0;  // share of the image's area
  double crop_ratio_max = 4.0 / 3;                    // width / height in [1/max, max]
  double flip = 0.0;                                  // probability
  double rotate_degrees = 0.0;                        // uniform in [-rotate, rotate]
  double zoom_min = 0.6, zoom_max = 1.0;              // side of an image with alpha, as a share of the view's side
  double color_jitter = 0.0;                          // brightness, contrast, saturation factors in [1 - j, 1 + j]
  double grayscale = 0.0;                             // probability
  void fields(Fields& visit) override;
};

// Writes 3 * size * size bytes, plane by plane (CHW).
void training_view(const Image& image, const AugmentSettings& augment, int size, Stream& stream, uint8_t* out);

// Without alpha: CLIP's evaluation preprocessing (short side to `size` by Pillow's bicubic, the centre cut out).
// With alpha: the whole image, centred, 0.9 of the view's side, over the background that `background` draws.
void evaluation_view(const Image& image, int size, Stream& background, uint8_t* out);

// The background of a sample's evaluation view: (seed, Purpose::background, 0, uid), the same for every model.
Stream evaluation_background(const Uid& uid, uint64_t seed);

// One of: one colour, a gradient between two, soft blobs of a few colours, stripes.  size * size * 3 (HWC).
void draw_background(int size, Stream& stream, uint8_t* out);

}  // namespace weft
