// SPDX-License-Identifier: Apache-2.0
// One homogeneous part of a training step.  The tables (texts, cells) describe the step of the whole world and are the
// same on every rank; pixels and the texts to encode are this rank's share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/comm.h"

namespace weft {

// (image x text) cells that somebody said something about, as CSR over images; what is absent is unknown.
struct PairCells {
  int64_t images = 0, texts = 0;
  std::vector<int64_t> begin;  // images + 1
  std::vector<int32_t> text;   // column of each cell, ascending within an image
  std::vector<float> q, w;     // target in [0, 1] and weight >= 0 of each cell
  // The (image, text) pairs that were drawn for this step, by image.  Every drawn pair is a cell with q > 0.
  std::vector<std::pair<int32_t, int32_t>> drawn;

  // Images whose pixels could not be read: everything about them is unknown, their drawn pairs are gone.
  std::vector<int32_t> unreadable;
  void forget_image(int32_t image);
};

struct Batch {
  int64_t step = 0;
  int image_size = 0;

  // World tables.
  std::vector<uint32_t> samples;             // store index of each image
  std::vector<std::vector<int32_t>> tokens;  // each distinct text of the step, once
  PairCells cells;

  // This rank's share.
  Range images, texts;
  std::vector<uint8_t> pixels;  // [images.size(), 3, image_size, image_size]
  // World positions of images that could not be read, with the reason; their pixels are zero.
  std::vector<std::pair<int32_t, std::string>> damaged;
};

}  // namespace weft
