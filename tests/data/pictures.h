// SPDX-License-Identifier: Apache-2.0
// Made-up pictures and the views of them that tests look at.
#pragma once

#include "data/view.h"

namespace weft {

// The two formulas of tests/golden/make_resize.py and make_box_resize.py.
inline Image noisy(int width, int height, int channels) {
  Image image(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint32_t>(i * 2654435761u) >> 24;
  return image;
}

inline Image blocky(int width, int height, int channels) {
  Image image(width, height, channels);
  size_t i = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) image.pixels[i++] = (x / 5 + y / 3 + c) % 2 ? 255 : 0;
  return image;
}

inline Image flat(int width, int height, const Bytes& pixel) {
  Image image(width, height, static_cast<int>(pixel.size()));
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = pixel[i % pixel.size()];
  return image;
}

inline Stream stream_of(uint64_t item, uint64_t step = 0) {
  return Stream(7, Purpose::augment, step, item);
}

inline Bytes train(const Image& image, const AugmentSettings& augment, int size, uint64_t item = 0,
                   ViewMap* map = nullptr) {
  Bytes out(size_t{3} * size * size);
  const ViewMap made = ViewMaker().make(image, {&augment, size, stream_of(item), out.data(), nullptr});
  if (map) *map = made;
  return out;
}

inline AugmentSettings everything() {
  AugmentSettings augment;
  augment.crop_scale_min = 0.3;
  augment.flip = augment.grayscale = 0.5;
  augment.rotate_degrees = 30;
  augment.color_jitter = 0.4;
  return augment;
}

}  // namespace weft
