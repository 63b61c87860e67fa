// SPDX-License-Identifier: Apache-2.0
// One homogeneous part of a training step.  The tables (texts, cells) describe the step of the whole world and are the
// same on every rank; pixels, evidence and the texts to encode are this rank's share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/comm.h"
#include "data/evidence.h"
#include "data/objects.h"

namespace weft {

class Order;

// A sample, and of a volume one of its slices.
struct Pick {
  uint32_t sample = 0, slice = 0;
  auto operator<=>(const Pick&) const = default;
};

// A text that a step encodes, and the concepts of which it speaks: almost always one.
struct StepText {
  struct Claim {
    uint32_t row;  // of the sources' vocabulary
    bool negated;  // the text says that it is not there
    bool operator==(const Claim&) const = default;
  };
  std::string words;
  std::vector<Claim> claims;
};

// Is this text true of this image?  Target in [0, 1], weight >= 0.
struct Cell {
  int32_t text;
  float q, w;
};

// (image x text) cells that somebody said something about, as CSR over images; what is absent is unknown.
struct PairCells {
  int64_t images = 0, texts = 0;
  std::vector<int64_t> begin{0};  // images + 1
  std::vector<int32_t> text;      // column of each cell, ascending within an image
  std::vector<float> q, w;        // target in [0, 1] and weight >= 0 of each cell
  // The (image, text) pairs that were drawn for this step as true, by image.  Every drawn pair is a cell with q > 0 and
  // w > 0.
  std::vector<std::pair<int32_t, int32_t>> drawn;

  void add_image(const std::vector<Cell>& cells);
  bool is_true(int32_t image, int32_t text) const;  // somebody said so: q > 0 and w > 0
  // Another picture has come in an image's place: these are its cells, and no pair of it was drawn.
  void replace_image(int32_t image, const std::vector<Cell>& cells);
  // Images whose pixels could not be had: everything about them is unknown, their drawn pairs are gone.
  std::vector<int32_t> unreadable;
  void forget_image(int32_t image);
};

// A sample that could not be read.
struct Damage {
  int32_t position = 0;  // in the world's step
  std::string reason;
  int attempt = kNone;  // which replacement (Order::replacement) has come in its place
  static constexpr int kNone = -1;
};

struct Batch {
  int64_t step = 0;
  int image_size = 0;
  int views = 1;  // of each image: the first by data.augment, the others by data.strong

  // World tables.
  std::vector<Pick> picks;                   // what each image is
  std::vector<std::vector<int32_t>> tokens;  // each distinct text of the step, once
  std::vector<StepText> said;                // what each of them says
  PairCells cells;
  const Order* order = nullptr;

  // This rank's share.
  Range images, texts;
  std::vector<uint8_t> pixels;  // [views, images.size(), 3, image_size, image_size]
  // Instead of them, where data.pixels = "f32": [views, images.size(), channels, image_size, image_size], black 0 and
  // white 1 of the window.
  std::vector<float> values;
  int channels = 3;
  // [views, images.size()]: statements about the image, in the coordinates of the view (data/algebra.h), where
  // data.regions asks for them.
  std::vector<std::vector<Record>> evidence;
  std::vector<ViewObjects> objects;  // [images.size()] of the first view, where data.objects asks for some
  std::vector<Damage> damaged;       // pixels are the replacement's, or zero

  // Every rank does this alike for each image that was damaged on some rank: the tables become the replacement's, or,
  // without one, everything about the image is unknown.
  void mend(int32_t position, int attempt);
};

}  // namespace weft
