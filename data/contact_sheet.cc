// SPDX-License-Identifier: Apache-2.0
#include "data/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "data/draw_evidence.h"
#include "data/letters.h"

namespace weft {
namespace {

constexpr int kMargin = 8, kLine = 14;
constexpr Colour kPage{232, 235, 240}, kCard{255, 255, 255}, kInk{22, 25, 29}, kSoft{91, 100, 112};

Image blank(int width, int height, Colour colour) {
  Image image(width, height, 3);
  draw_rectangle(image, {0, 0, static_cast<double>(width), static_cast<double>(height)}, colour);
  return image;
}

// Enlarged pixel by pixel, so that a statement's place can be read off; shrunk smoothly.
Image shown_at(const Image& picture, int width, int height) {
  if (width <= picture.width)
    return resize_bicubic(picture, {0, 0, 1.0 * picture.width, 1.0 * picture.height}, width, height);
  Image out(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const int64_t from_x = static_cast<int64_t>(x) * picture.width / width;
      const int64_t from_y = static_cast<int64_t>(y) * picture.height / height;
      std::copy_n(picture.row(static_cast<int>(from_y)) + 3 * from_x, 3, out.row(y) + 3 * x);
    }
  return out;
}

struct Line {
  const Look* look = nullptr;  // none: a line without a swatch
  std::string text;
  Colour colour = kInk;
};

// "box", "mask", ... with the concept, so that a hundred nuclei are one line.
std::vector<Line> lines_of(const Store& store, size_t sample, uint32_t view,
                           const std::vector<ShownStatement>& statements) {
  const SampleInfo& info = store.info(sample);
  std::string size = join(info.upright_width(), "x", info.upright_height());
  if (info.views > 1) size += join("  slice ", view, " of ", info.views);
  std::vector<Line> lines{
      {nullptr, info.key},
      {nullptr, join("#", sample, "  ", size, info.group == info.key ? "" : "  group " + info.group), kSoft}};
  std::map<std::pair<const Look*, std::string>, std::pair<size_t, size_t>> regions;  // place in lines, count
  for (const ShownStatement& statement : statements) {
    const Record& first = statement.records.front();
    if (first.scope == Scope::image || first.scope == Scope::bag) {
      lines.push_back({statement.look, join(statement.look->sign, " ", statement.text)});
      continue;
    }
    const std::string what = join(statement.look->sign, " ", statement.text, " (", name_of(first.scope), ")");
    auto& [place, count] =
        regions.try_emplace({statement.look, what}, std::pair(lines.size(), size_t{0})).first->second;
    if (++count == 1) lines.push_back({statement.look, what});
    if (count > 1) lines[place].text = join(count, " x ", what);
  }
  if (statements.empty()) lines.push_back({nullptr, "nothing is said of it", kSoft});
  return lines;
}

// Lines of the list, long ones broken once, as many as fit; the last one says how many did not.
std::vector<Line> fitted(const std::vector<Line>& lines, int width, size_t most) {
  std::vector<Line> out;
  for (size_t i = 0; i < lines.size(); ++i) {
    const int room = width - (lines[i].look ? kLine + 2 : 0);
    const std::vector<std::string> parts = wrapped(lines[i].text, room, i == 0 ? 1 : 2);
    if (out.size() + parts.size() + (i + 1 < lines.size() ? 1 : 0) > most) {
      out.push_back({nullptr, join("and ", lines.size() - i, " more"), kSoft});
      break;
    }
    for (size_t part = 0; part < parts.size(); ++part)
      out.push_back({part == 0 ? lines[i].look : nullptr, (part > 0 && lines[i].look ? "   " : "") + parts[part],
                     lines[i].colour});
  }
  return out;
}

void draw_lines(Image& image, const std::vector<Line>& lines, int left, int top) {
  for (const Line& line : lines) {
    int text_left = left;
    if (line.look) {
      const double x = left, y = top + 1;
      draw_swatch(image, {x, y, x + kLine - 3, y + kLine - 3}, *line.look);
      text_left += kLine + 2;
    }
    draw_text(image, text_left, top + 3, line.text, line.colour);
    top += kLine;
  }
}

Image legend(const std::set<const Look*>& used, int width) {
  std::vector<std::pair<int, int>> places;  // where each entry begins
  int left = kMargin, top = kMargin;
  for (const Look* look : used) {
    const int entry = kLine + 6 + text_width(join(look->sign, " ", look->name)) + 18;
    if (left > kMargin && left + entry > width) left = kMargin, top += kLine + 4;
    places.emplace_back(left, top);
    left += entry;
  }
  Image image = blank(width, top + kLine + kMargin, kPage);
  size_t i = 0;
  for (const Look* look : used) {
    const double x = places[i].first, y = places[i].second;
    draw_swatch(image, {x, y, x + kLine, y + kLine}, *look);
    draw_text(image, places[i].first + kLine + 6, places[i].second + 4, join(look->sign, " ", look->name), kInk);
    ++i;
  }
  return image;
}

}  // namespace

Image sample_card(const Store& store, size_t sample, const CardSettings& settings) {
  const uint32_t view = settings.view.value_or(telling_view(store, sample));
  const Image picture = picture_of(store, sample, view);
  const double scale = static_cast<double>(settings.side) / std::max(picture.width, picture.height);
  const int width = std::max(1, static_cast<int>(std::lround(picture.width * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(picture.height * scale)));
  std::vector<ShownStatement> statements = statements_of(store, sample, view);
  Image shown = shown_at(picture, width, height);
  if (settings.evidence) draw_statements(shown, scale, statements, settings.side >= 640 ? 2 : 1);
  const std::vector<ShownStatement> of_bags = bag_statements_of(store, sample);
  statements.insert(statements.begin(), of_bags.begin(), of_bags.end());

  std::vector<Line> lines;
  if (settings.most_lines > 0)
    lines = fitted(lines_of(store, sample, view, statements), settings.side, settings.most_lines);
  const int text_height = static_cast<int>(lines.size()) * kLine;
  Image card = blank(settings.side + 2 * kMargin, height + 3 * kMargin + text_height, kCard);
  paste(card, shown, kMargin + (settings.side - width) / 2, kMargin);
  draw_lines(card, lines, kMargin, height + 2 * kMargin);
  return card;
}

Image contact_sheet(const Store& store, const std::vector<uint32_t>& samples, int columns,
                    const CardSettings& settings) {
  check(!samples.empty(), "no sample was chosen");
  std::vector<Image> cards;
  std::set<const Look*> used;
  for (const uint32_t sample : samples) {
    cards.push_back(sample_card(store, sample, settings));
    for (const Record& record : store.records(sample)) used.insert(&look_of(record));
    for (const ShownStatement& statement : bag_statements_of(store, sample)) used.insert(statement.look);
  }
  columns = std::min(columns, static_cast<int>(cards.size()));
  const int card_width = settings.side + 2 * kMargin, width = columns * (card_width + kMargin) + kMargin;
  std::vector<int> tops{kMargin};
  for (size_t i = 0; i < cards.size(); i += columns) {
    int height = 0;
    for (size_t k = i; k < std::min(cards.size(), i + columns); ++k) height = std::max(height, cards[k].height);
    tops.push_back(tops.back() + height + kMargin);
  }
  const Image key = legend(used, width);
  Image sheet = blank(width, tops.back() + (used.empty() ? 0 : key.height), kPage);
  for (size_t i = 0; i < cards.size(); ++i) {
    const int left = kMargin + static_cast<int>(i) % columns * (card_width + kMargin), top = tops[i / columns];
    const double bottom = tops[i / columns + 1] - kMargin;
    draw_rectangle(sheet, {1.0 * left, 1.0 * top, 1.0 * left + card_width, bottom}, kCard);
    paste(sheet, cards[i], left, top);
  }
  if (!used.empty()) paste(sheet, key, 0, tops.back());
  return sheet;
}

}  // namespace weft
