// SPDX-License-Identifier: Apache-2.0
#include "data/draw.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "data/letters.h"

namespace weft {
namespace {

// Distance of a pixel's centre to a segment.
float distance(float x, float y, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const float t = length > 0 ? std::clamp(((x - a.x) * dx + (y - a.y) * dy) / length, 0.0f, 1.0f) : 0.0f;
  return std::hypot(x - a.x - t * dx, y - a.y - t * dy);
}

// How much of each pixel of a part of the picture a pen covers: a line that crosses itself is blended once.
class Cover {
 public:
  Cover(const Image& image, const std::vector<Point>& points, float reach) {
    float x0 = std::numeric_limits<float>::max(), y0 = x0, x1 = -x0, y1 = -x0;
    for (const Point p : points)
      x0 = std::min(x0, p.x), y0 = std::min(y0, p.y), x1 = std::max(x1, p.x), y1 = std::max(y1, p.y);
    const auto within = [](float value, int most) {
      return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(most)));
    };
    left_ = within(x0 - reach, image.width), top_ = within(y0 - reach, image.height);
    right_ = within(x1 + reach + 1, image.width), bottom_ = within(y1 + reach + 1, image.height);
    share_.resize(static_cast<size_t>(std::max(0, right_ - left_)) * static_cast<size_t>(std::max(0, bottom_ - top_)));
  }

  void add(Point a, Point b, float radius) {
    const auto from = [&](float value, int low, int high) {
      return static_cast<int>(std::clamp(value, static_cast<float>(low), static_cast<float>(high)));
    };
    const float reach = radius + 1;
    const int x0 = from(std::min(a.x, b.x) - reach, left_, right_),
              x1 = from(std::max(a.x, b.x) + reach + 1, left_, right_);
    const int y0 = from(std::min(a.y, b.y) - reach, top_, bottom_),
              y1 = from(std::max(a.y, b.y) + reach + 1, top_, bottom_);
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) {
        float& share = share_[static_cast<size_t>(y - top_) * (right_ - left_) + (x - left_)];
        share = std::max(share, std::clamp(radius + 0.5f - distance(x + 0.5f, y + 0.5f, a, b), 0.0f, 1.0f));
      }
  }

  void blend_into(Image& image, Colour colour, float opacity) const {
    size_t place = 0;
    for (int y = top_; y < bottom_; ++y)
      for (int x = left_; x < right_; ++x) blend(image, x, y, colour, share_[place++] * opacity);
  }

 private:
  int left_, top_, right_, bottom_;
  std::vector<float> share_;
};

// The inked pieces of a line, one after the other along it.
template <class Ink>
void walk_dashes(const std::vector<Point>& points, const std::vector<float>& dashes, const Ink& ink) {
  size_t dash = 0;
  float left = dashes.empty() ? std::numeric_limits<float>::max() : dashes[0];
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    const Point a = points[i], b = points[i + 1];
    const float length = std::hypot(b.x - a.x, b.y - a.y);
    float at = 0;
    do {
      const float end = std::min(length, at + left);
      const auto place = [&](float s) {
        const float t = length > 0 ? s / length : 0;
        return Point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
      };
      if (dash % 2 == 0) ink(place(at), place(end));
      left -= end - at;
      at = end;
      if (left < 1e-3f) dash = (dash + 1) % dashes.size(), left = dashes[dash];
    } while (at < length);
  }
}

}  // namespace

bool is_hatched(Hatch hatch, int x, int y) {
  constexpr int kPeriod = 8;
  const auto is_line = [](int value) { return (value % kPeriod + kPeriod) % kPeriod < 2; };
  switch (hatch) {
    case Hatch::none:
      return false;
    case Hatch::slashes:
      return is_line(x + y);
    case Hatch::backslashes:
      return is_line(x - y);
    case Hatch::crosses:
      return is_line(x + y) || is_line(x - y);
    case Hatch::dots:
      return is_line(x) && is_line(y);
    case Hatch::waves:
      return is_line(y + std::abs(x % 12 - 6) / 2);
  }
  return false;
}

void blend(Image& image, int x, int y, Colour colour, float opacity) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height || opacity <= 0) return;
  uint8_t* pixel = image.row(y) + 3 * x;
  const auto mix = [&](uint8_t& below, uint8_t above) {
    below = static_cast<uint8_t>(std::lround(below + std::min(opacity, 1.0f) * (above - below)));
  };
  mix(pixel[0], colour.red), mix(pixel[1], colour.green), mix(pixel[2], colour.blue);
}

void draw_rectangle(Image& image, const Box& box, Colour colour, float opacity) {
  const auto edge = [](double value, int most) {
    return static_cast<int>(std::lround(std::clamp(value, 0.0, static_cast<double>(most))));
  };
  const int x1 = edge(box.x1, image.width), y1 = edge(box.y1, image.height);
  for (int y = edge(box.y0, image.height); y < y1; ++y)
    for (int x = edge(box.x0, image.width); x < x1; ++x) blend(image, x, y, colour, opacity);
}

void draw_line(Image& image, std::vector<Point> points, const Pen& pen, bool closed) {
  WEFT_ASSERT(image.channels == 3);
  if (points.empty()) return;
  if (closed || points.size() == 1) points.push_back(points.front());
  constexpr float kFar = 1e5f;  // beyond every picture; keeps the number of dashes small
  for (Point& p : points) p = {std::clamp(p.x, -kFar, kFar), std::clamp(p.y, -kFar, kFar)};
  const float radius = pen.width / 2;
  Cover cover(image, points, radius + 1);
  walk_dashes(points, pen.dashes, [&](Point a, Point b) { cover.add(a, b, radius); });
  cover.blend_into(image, pen.colour, pen.opacity);
}

void draw_disc(Image& image, Point centre, float radius, Colour colour, float opacity) {
  draw_line(image, {centre}, {.colour = colour, .width = 2 * radius, .dashes = {}, .opacity = opacity});
}

void paste(Image& image, const Image& other, int left, int top) {
  WEFT_ASSERT(image.channels == 3 && other.channels == 3);
  const int x0 = std::max(0, -left), x1 = std::min(other.width, image.width - left);
  for (int y = std::max(0, -top); y < std::min(other.height, image.height - top) && x0 < x1; ++y)
    std::copy(other.row(y) + 3 * x0, other.row(y) + 3 * x1, image.row(top + y) + 3 * (left + x0));
}

void draw_text(Image& image, int left, int top, std::string_view text, Colour colour, int scale) {
  for (const char letter : as_letters(text)) {
    for (int y = 0; y < kLetterHeight * scale; ++y)
      for (int x = 0; x < kLetterWidth * scale; ++x)
        if (letter_has_ink(letter, x, y, scale)) blend(image, left + x, top + y, colour, 1);
    left += kLetterWidth * scale;
  }
}

int text_width(std::string_view text, int scale) {
  return static_cast<int>(as_letters(text).size()) * kLetterWidth * scale;
}

std::string shortened(std::string_view text, int width, int scale) {
  std::string letters = as_letters(text);
  const auto most = static_cast<size_t>(std::max(1, width / (kLetterWidth * scale)));
  if (letters.size() <= most) return letters;
  letters.resize(most);
  for (size_t i = 0; i < std::min<size_t>(2, most); ++i) letters[most - 1 - i] = '.';
  return letters;
}

std::vector<std::string> wrapped(std::string_view text, int width, size_t most, int scale) {
  const auto columns = static_cast<size_t>(std::max(1, width / (kLetterWidth * scale)));
  std::string rest = as_letters(text);
  std::vector<std::string> lines;
  while (rest.size() > columns && lines.size() + 1 < most) {
    const size_t space = rest.rfind(' ', columns);
    const size_t end = space == std::string::npos || space == 0 ? columns : space;
    lines.push_back(rest.substr(0, end));
    rest.erase(0, end + (end == space ? 1 : 0));
  }
  if (!rest.empty() && most > 0) lines.push_back(shortened(rest, width, scale));
  return lines;
}

}  // namespace weft
