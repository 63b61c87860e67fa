// SPDX-License-Identifier: Apache-2.0
// A picture laid together from pieces with alpha, which knows of every pixel whose it is.
//   colour = (alpha * piece + (255 - alpha) * below) / 255, rounded;  a pixel belongs to the last piece laid there with
//   alpha >= 128, so that the masks of pieces are disjoint and exact.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/formats/rle.h"
#include "data/image.h"

namespace weft {

struct Piece {
  Image rgba;  // straight alpha
  int x = 0, y = 0;
};

class Scene {
 public:
  explicit Scene(Image ground);  // three channels

  // Lays pieces on, unless one of them, or one below them, would keep less than `least_visible` of its own pixels: then
  // nothing changes.  Pixels outside the picture count as covered.
  bool lay(const std::vector<Piece>& pieces, double least_visible);

  const Image& picture() const { return picture_; }
  size_t pieces() const { return whole_.size(); }
  Rle visible(size_t piece) const;
  double visible_share(size_t piece) const;
  bool is_cut(size_t piece) const { return cut_.at(piece); }  // by the picture's edge

 private:
  void put(const Piece& piece);

  Image picture_;
  std::vector<uint32_t> owner_;  // of each pixel: 1 + piece; 0: the ground
  std::vector<uint64_t> whole_, visible_;
  std::vector<bool> cut_;
};

// Textures by name; each draw has colours, a direction and a period of its own.
const std::vector<std::string>& textures();
// A texture that fills a part of the picture: one side of a wavy line, or an ellipse.
Image draw_stuff(size_t texture, int width, int height, Stream& stream);

// A picture with alpha without its empty margins, and at another size.
Image trimmed_to_alpha(const Image& rgba);
Image resized_rgba(const Image& rgba, int width, int height);

}  // namespace weft
