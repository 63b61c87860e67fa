// SPDX-License-Identifier: Apache-2.0
#include "data/draw_evidence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "data/image.h"

namespace weft {
namespace {

constexpr Colour kBlack{0, 0, 0}, kWhite{255, 255, 255};

Colour readable_on(Colour colour) {
  return 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue > 140 ? kBlack : kWhite;
}

// Colours after Okabe and Ito's, which differ for every kind of colour vision.
const std::vector<Look> kLooks = {
    {"positive", "+", {0, 215, 170}, {}, Hatch::none, 0.15f},
    {"negative", "-", {255, 90, 40}, {9, 5}, Hatch::backslashes, 0.12f},
    {"nothing of interest", "-", {150, 160, 175}, {3, 3}, Hatch::crosses, 0.12f},
    {"unknown (asserted)", "?", {245, 205, 20}, {2, 5}, Hatch::dots, 0.12f},
    {"soft", "~", {90, 160, 255}, {12, 4, 2, 4}, Hatch::waves, 0.12f},
    {"one of several", "|", {190, 120, 255}, {14, 4}, Hatch::slashes, 0.08f},
    {"exists in here", "E", {255, 130, 210}, {4, 3}, Hatch::none, 0.08f},
    {"count", "#", {255, 255, 255}, {14, 3, 3, 3}, Hatch::none, 0.05f},
    {"exhaustive", "=", {110, 190, 60}, {20, 4}, Hatch::none, 0.0f},
};
enum Place : size_t { kPositive, kNegative, kNothing, kUnknown, kSoft, kCandidates, kExists, kCount, kExhaustive };

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

std::string text_of(const Record& record, const Store& store) {
  const Vocabulary& vocabulary = store.vocabulary();
  const bool any = record.concept_row == kAnyConcept;
  std::string text = any ? record.kind == Kind::neg ? "nothing of interest" : "*" : vocabulary.text(record.concept_row);
  if (record.kind == Kind::candidates) {
    text.clear();
    for (const uint32_t row : record.operands) text += (text.empty() ? "" : " | ") + vocabulary.text(row);
  }
  if (record.kind == Kind::count && record.operands.size() == 2)
    text += join(" ", record.operands[0], "..", record.operands[1]);
  if (record.kind == Kind::exhaustive) text = "every " + (any ? "class of " + store.layers()[record.source] : text);
  if (record.kind == Kind::soft || record.confidence != 1) text += " " + number(record.confidence);
  return text;
}

std::string remarks_of(const Record& record) {
  std::string text;
  const auto add = [&](const char* word) { text += (text.empty() ? " (" : ", ") + std::string(word); };
  if (record.region == RegionIs::part || record.region == RegionIs::stuff || record.region == RegionIs::fragment)
    add(name_of(record.region));
  if (record.flags & kCrowd) add("crowd");
  if (record.flags & kOccluded) add("occluded");
  if (record.flags & kTruncated) add("truncated");
  if (record.flags & kDepiction) add("depiction");
  if (record.flags & kInside) add("inside");
  if (record.flags & kDifficult) add("difficult");
  return text.empty() ? text : text + ")";
}

bool has_place(const Record& record) {
  return record.scope == Scope::box || record.scope == Scope::point || record.scope == Scope::scribble ||
         record.scope == Scope::mask;
}

// A mask at the size of the picture that shows it, and where it lies there.
struct ShownMask {
  int left = 0, top = 0, width = 0, height = 0;
  std::vector<uint8_t> pixels;
  bool has(int x, int y) const {
    return x >= left && y >= top && x < left + width && y < top + height &&
           pixels[static_cast<size_t>(y - top) * width + (x - left)] != 0;
  }
};

ShownMask shown(const Rle& mask, double scale, const Image& picture) {
  const std::array<double, 4> box = box_of_rle(mask);
  const auto edge = [](double value, int most) { return static_cast<int>(std::clamp(value, 0.0, 1.0 * most)); };
  ShownMask out;
  out.left = edge(std::floor(box[0] * scale), picture.width),
  out.top = edge(std::floor(box[1] * scale), picture.height);
  out.width = edge(std::ceil((box[0] + box[2]) * scale), picture.width) - out.left;
  out.height = edge(std::ceil((box[1] + box[3]) * scale), picture.height) - out.top;
  if (out.width <= 0 || out.height <= 0) return {};
  std::vector<uint8_t> pixels(static_cast<size_t>(mask.height) * mask.width);
  paint_rle(mask, pixels.data(), 1);
  out.pixels.resize(static_cast<size_t>(out.width) * out.height);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const auto from_x = static_cast<uint32_t>((out.left + x + 0.5) / scale);
      const auto from_y = static_cast<uint32_t>((out.top + y + 0.5) / scale);
      if (from_x < mask.width && from_y < mask.height)
        out.pixels[static_cast<size_t>(y) * out.width + x] = pixels[static_cast<size_t>(from_y) * mask.width + from_x];
    }
  return out;
}

template <class Inside>
void draw_area(Image& picture, const Look& look, int x0, int y0, int x1, int y1, float tint, const Inside& inside) {
  for (int y = std::max(0, y0); y < std::min(picture.height, y1); ++y)
    for (int x = std::max(0, x0); x < std::min(picture.width, x1); ++x)
      if (inside(x, y)) blend(picture, x, y, look.colour, is_hatched(look.hatch, x, y) ? 0.75f : tint);
}

// How far along its outline a pixel is cannot be told from the mask; a slanted measure of place stands for it.
bool is_dash(const std::vector<float>& dashes, int x, int y) {
  float period = 0;
  for (const float length : dashes) period += length;
  if (period == 0) return true;
  float at = std::fmod(static_cast<float>(2 * x + y), period);
  for (size_t i = 0; i < dashes.size(); ++i) {
    if (at < dashes[i]) return i % 2 == 0;
    at -= dashes[i];
  }
  return true;
}

void draw_mask(Image& picture, const ShownMask& mask, const Look& look, float tint, int line) {
  const auto inside = [&](int x, int y) { return mask.has(x, y); };
  draw_area(picture, look, mask.left, mask.top, mask.left + mask.width, mask.top + mask.height, tint, inside);
  for (int y = mask.top; y < mask.top + mask.height; ++y)
    for (int x = mask.left; x < mask.left + mask.width; ++x) {
      if (!mask.has(x, y) || !is_dash(look.dashes, x, y)) continue;
      const bool is_edge =
          !mask.has(x - line, y) || !mask.has(x + line, y) || !mask.has(x, y - line) || !mask.has(x, y + line);
      if (is_edge) blend(picture, x, y, look.colour, 1);
    }
}

Box scaled(const Box& box, double scale) {
  return {box.x0 * scale, box.y0 * scale, box.x1 * scale, box.y1 * scale};
}
Point scaled(Point point, double scale) {
  return {static_cast<float>(point.x * scale), static_cast<float>(point.y * scale)};
}

// On bright and on dark pictures alike: the pen on a wider, dark one.
void draw_outlined(Image& picture, const std::vector<Point>& points, const Pen& pen, bool closed = false) {
  Pen dark = pen;
  dark.colour = kBlack, dark.width += 2, dark.opacity = 0.45f * pen.opacity;
  draw_line(picture, points, dark, closed);
  draw_line(picture, points, pen, closed);
}

class Drawing {
 public:
  Drawing(Image& picture, double scale, int text_scale) : picture_(picture), scale_(scale), text_scale_(text_scale) {}

  void find_parents(const std::vector<ShownStatement>& statements) {
    for (const ShownStatement& statement : statements)
      if (const Record& record = statement.records.front(); record.id != 0 && has_place(record))
        places_.try_emplace({record.source, record.id}, extent_of(record));
  }

  void draw_region(const ShownStatement& statement) {
    const Record& record = statement.records.front();
    const Look& look = *statement.look;
    const float line = static_cast<float>(text_scale_) * (record.region == RegionIs::part ? 1.0f : 1.5f);
    const float tint = record.kind == Kind::soft ? 0.4f * record.confidence : look.tint;
    if (record.scope == Scope::mask)
      draw_mask(picture_, shown(mask_of(record.geometry), scale_, picture_), look, tint, std::max(1, text_scale_));
    if (record.scope == Scope::scribble) {
      Scribble scribble = scribble_of(record.geometry);
      for (Point& point : scribble.points) point = scaled(point, scale_);
      const float width = static_cast<float>(scribble.width * scale_);
      draw_line(picture_, scribble.points, {look.colour, std::max(width, line), {}, 0.35f});
      draw_outlined(picture_, scribble.points, {look.colour, line, look.dashes, 1});
    }
    if (record.scope != Scope::box) return;
    const Box box = scaled(box_of(record.geometry), scale_);
    const auto x0 = static_cast<float>(box.x0), y0 = static_cast<float>(box.y0), x1 = static_cast<float>(box.x1),
               y1 = static_cast<float>(box.y1);
    if (look.hatch != Hatch::none || record.kind == Kind::soft)
      draw_area(picture_, look, std::lround(x0), std::lround(y0), std::lround(x1), std::lround(y1), tint / 2,
                [](int, int) { return true; });
    draw_outlined(picture_, {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, {look.colour, line, look.dashes, 1}, true);
  }

  // A ring where the place is hidden, with a line to the region it belongs to.
  void draw_point(const ShownStatement& statement) {
    const Record& record = statement.records.front();
    const Point at = scaled(point_of(record.geometry), scale_);
    const Look& look = *statement.look;
    const float radius = 3.5f * static_cast<float>(text_scale_);
    if (const auto parent = places_.find({record.source, record.parent});
        record.parent != 0 && parent != places_.end()) {
      const Box& box = parent->second;
      const Point centre{static_cast<float>(box.x0 + box.x1) / 2, static_cast<float>(box.y0 + box.y1) / 2};
      draw_line(picture_, {at, centre}, {look.colour, 1, {3, 3}, 0.8f});
    }
    draw_disc(picture_, at, radius + 1.5f, kBlack, 0.6f);
    draw_disc(picture_, at, radius, look.colour);
    if (record.flags & kOccluded) draw_disc(picture_, at, radius - 2, kBlack, 0.8f);
    const int half_width = kSignWidth * text_scale_ / 2, half_height = 7 * text_scale_ / 2;
    draw_text(picture_, static_cast<int>(at.x) - half_width, static_cast<int>(at.y) - half_height, look.sign,
              record.flags & kOccluded ? kWhite : readable_on(look.colour), text_scale_);
  }

  // Above the region, in it or below it, where no other text is.
  void draw_name(const ShownStatement& statement) {
    const Box place = extent_of(statement.records.front());
    const int most = std::max(60 * text_scale_, static_cast<int>(place.width()));
    const std::string text = shortened(statement.label, std::min(most, picture_.width - 4), text_scale_);
    const double width = text_width(text, text_scale_) + 2, height = 10 * text_scale_;
    const double left = std::clamp(place.x0, 0.0, std::max(0.0, picture_.width - width));
    for (const double top : {place.y0 - height, place.y0 + 1, place.y1, place.y1 - height - 1}) {
      const Box label{left, top, left + width, top + height};
      const bool is_free = std::none_of(labels_.begin(), labels_.end(),
                                        [&](const Box& other) { return !intersection(other, label).is_empty(); });
      if (top < 0 || label.y1 > picture_.height || !is_free) continue;
      labels_.push_back(label);
      draw_rectangle(picture_, label, statement.look->colour, 0.9f);
      draw_text(picture_, static_cast<int>(left) + 1, static_cast<int>(top) + 1, text,
                readable_on(statement.look->colour), text_scale_);
      return;
    }
  }

  // Pixels of the shown picture.
  Box extent_of(const Record& record) const {
    if (record.scope == Scope::box) return scaled(box_of(record.geometry), scale_);
    if (record.scope == Scope::mask) {
      const std::array<double, 4> box = box_of_rle(mask_of(record.geometry));
      return scaled(Box{box[0], box[1], box[0] + box[2], box[1] + box[3]}, scale_);
    }
    std::vector<Point> points;
    if (record.scope == Scope::point) points = {point_of(record.geometry)};
    if (record.scope == Scope::scribble) points = scribble_of(record.geometry).points;
    if (points.empty()) return {};
    Box box{points[0].x, points[0].y, points[0].x, points[0].y};
    for (const Point p : points)
      box = {std::min<double>(box.x0, p.x), std::min<double>(box.y0, p.y), std::max<double>(box.x1, p.x),
             std::max<double>(box.y1, p.y)};
    box = scaled(box, scale_);
    const double margin = record.scope == Scope::point ? 5 * text_scale_ : 0;
    return {box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin};
  }

 private:
  static constexpr int kSignWidth = 5;
  Image& picture_;
  double scale_;
  int text_scale_;
  std::map<std::pair<uint16_t, uint32_t>, Box> places_;  // of regions by layer and id
  std::vector<Box> labels_;
};

Image over_checkerboard(const Image& image) {
  Image out(image.width, image.height, 3);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* from = image.row(y) + static_cast<size_t>(x) * image.channels;
      uint8_t* to = out.row(y) + 3 * x;
      const int ground = (x / 8 + y / 8) % 2 == 0 ? 255 : 225;
      for (int c = 0; c < 3; ++c) {
        const int value = from[image.channels >= 3 ? c : 0];
        to[c] = static_cast<uint8_t>(image.channels == 4 ? (value * from[3] + ground * (255 - from[3]) + 127) / 255
                                                         : value);
      }
    }
  return out;
}

}  // namespace

const std::vector<Look>& looks() {
  return kLooks;
}

const Look& look_of(const Record& record) {
  switch (record.kind) {
    case Kind::pos:
      return kLooks[kPositive];
    case Kind::neg:
      return kLooks[record.concept_row == kAnyConcept ? kNothing : kNegative];
    case Kind::unknown:
      return kLooks[kUnknown];
    case Kind::soft:
      return kLooks[kSoft];
    case Kind::candidates:
      return kLooks[kCandidates];
    case Kind::exists:
      return kLooks[kExists];
    case Kind::count:
      return kLooks[kCount];
    case Kind::exhaustive:
      return kLooks[kExhaustive];
  }
  return kLooks[kUnknown];
}

void draw_swatch(Image& image, const Box& place, const Look& look) {
  draw_rectangle(image, place, {70, 76, 84});
  draw_area(image, look, static_cast<int>(place.x0), static_cast<int>(place.y0), static_cast<int>(place.x1),
            static_cast<int>(place.y1), 2 * look.tint, [](int, int) { return true; });
  const auto x0 = static_cast<float>(place.x0) + 1, y0 = static_cast<float>(place.y0) + 1,
             x1 = static_cast<float>(place.x1) - 1, y1 = static_cast<float>(place.y1) - 1;
  draw_line(image, {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, {look.colour, 1.5f, look.dashes, 1}, true);
}

std::vector<ShownStatement> statements_of(const Store& store, size_t sample, uint32_t view) {
  std::vector<ShownStatement> all;
  std::map<std::tuple<const Look*, uint16_t, Scope, uint32_t, Bytes>, size_t> places;
  for (const Record& record : store.records(sample)) {
    if (record.view != kEveryView && record.view != view) continue;
    const Look& look = look_of(record);
    // Statements about the whole picture stay apart: each is a line of a list.
    const bool is_new =
        !has_place(record) ||
        places.try_emplace({&look, record.source, record.scope, record.id, record.geometry}, all.size()).second;
    if (is_new) all.push_back({{}, &look, "", ""});
    ShownStatement& statement =
        is_new ? all.back() : all[places.at({&look, record.source, record.scope, record.id, record.geometry})];
    statement.records.push_back(record);
  }
  for (ShownStatement& statement : all) {
    // A class is the better name of a region than a keyword.
    std::stable_partition(statement.records.begin(), statement.records.end(), [&](const Record& record) {
      return record.concept_row != kAnyConcept && store.vocabulary().about(record.concept_row).closed;
    });
    for (const Record& record : statement.records)
      statement.text += (statement.text.empty() ? "" : ", ") + text_of(record, store);
    statement.label = text_of(statement.records.front(), store);
    if (const size_t more = statement.records.size() - 1; more > 0) statement.label += join(" +", more);
    statement.text += remarks_of(statement.records.front());
  }
  std::stable_sort(all.begin(), all.end(), [](const ShownStatement& a, const ShownStatement& b) {
    return !has_place(a.records.front()) && has_place(b.records.front());
  });
  return all;
}

std::vector<ShownStatement> bag_statements_of(const Store& store, size_t sample) {
  std::vector<ShownStatement> all;
  for (size_t layer = 0; layer < store.layers().size(); ++layer)
    for (const Bag& bag : store.bags(layer)) {
      if (!std::binary_search(bag.members.begin(), bag.members.end(), store.info(sample).uid)) continue;
      const Uid uid = bag.uid();
      for (const Record& record : store.bag_records(layer))
        if (record.item == uid)
          all.push_back({{record},
                         &look_of(record),
                         join(text_of(record, store), " (in the bag \"", bag.name, "\" of ", bag.members.size(), ")"),
                         text_of(record, store)});
    }
  return all;
}

Image picture_of(const Store& store, size_t sample, uint32_t view) {
  const SampleInfo& info = store.info(sample);
  Bytes content;
  store.read_view(sample, std::min(view, info.views - 1), content);
  return over_checkerboard(in_context([&] { return decode_image(content.data(), content.size()); }, "decoding sample ",
                                      sample, " (", info.key, ")"));
}

uint32_t telling_view(const Store& store, size_t sample) {
  std::map<uint32_t, size_t> said;
  for (const Record& record : store.records(sample))
    if (record.view != kEveryView) ++said[record.view];
  if (said.empty()) return store.info(sample).views / 2;
  return std::max_element(said.begin(), said.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void draw_statements(Image& picture, double scale, const std::vector<ShownStatement>& statements, int text_scale) {
  Drawing drawing(picture, scale, text_scale);
  drawing.find_parents(statements);
  std::vector<std::pair<double, const ShownStatement*>> regions, points;  // the largest first: it lies below the others
  for (const ShownStatement& statement : statements)
    if (const Record& record = statement.records.front(); has_place(record))
      (record.scope == Scope::point ? points : regions).emplace_back(-drawing.extent_of(record).area(), &statement);
  std::stable_sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [area, statement] : regions) drawing.draw_region(*statement);
  for (const auto& [area, statement] : points) drawing.draw_point(*statement);
  // Where many regions have one and the same name, it stands in the list below the picture.
  std::set<std::string> names;
  for (const auto* list : {&regions, &points})
    for (const auto& [area, statement] : *list) names.insert(statement->look->sign + statement->label);
  if (names.size() == 1 && regions.size() + points.size() > 3) return;
  for (const auto& [area, statement] : points) drawing.draw_name(*statement);
  for (const auto& [area, statement] : regions) drawing.draw_name(*statement);
}

}  // namespace weft
