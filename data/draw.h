// SPDX-License-Identifier: Apache-2.0
// Lines, discs, hatching and text on pictures of three channels; what lies outside the picture is not drawn.
// Coordinates are pixel edges as everywhere (data/geometry.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/geometry.h"
#include "data/image.h"

namespace weft {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

struct Pen {
  Colour colour;
  float width = 2;
  std::vector<float> dashes;  // pixels of ink and gap in turn; empty: one line
  float opacity = 1;
};

enum class Hatch : uint8_t { none, slashes, backslashes, crosses, dots, waves };
bool is_hatched(Hatch hatch, int x, int y);

void blend(Image& image, int x, int y, Colour colour, float opacity);
void draw_rectangle(Image& image, const Box& box, Colour colour, float opacity = 1);  // filled; whole pixels
void draw_line(Image& image, std::vector<Point> points, const Pen& pen, bool closed = false);
void draw_disc(Image& image, Point centre, float radius, Colour colour, float opacity = 1);
void paste(Image& image, const Image& other, int left, int top);

// Text in the letters of data/letters.h; its cell begins at (left, top).
void draw_text(Image& image, int left, int top, std::string_view text, Colour colour, int scale = 1);
int text_width(std::string_view text, int scale = 1);
std::string shortened(std::string_view text, int width, int scale = 1);  // ends in ".." where it does not fit
// At most `most` lines of at most `width` pixels, broken between words where that is possible.
std::vector<std::string> wrapped(std::string_view text, int width, size_t most, int scale = 1);

}  // namespace weft
