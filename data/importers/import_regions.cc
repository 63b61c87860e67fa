// SPDX-License-Identifier: Apache-2.0
// What an import says of its pictures: texts, classes, regions, and whether coordinates are those of the picture.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/hash.h"
#include "data/importers/import_run_state.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr double kWritingLoss = 0.01;  // pixels
constexpr double kNearEdge = 1;

std::string describe(const Added& of) {
  return join("the picture ", of.key, " of ", of.width, " x ", of.height);
}

std::string from_latin1(const std::string& text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80)
      utf8 += c;
    else
      utf8 += {static_cast<char>(0xC0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3F))};
  }
  return utf8;
}

bool is_outside(double x, double y, const Added& of, double tolerance) {
  return x < -tolerance || y < -tolerance || x > of.width + tolerance || y > of.height + tolerance;
}

Point clamped(Point at, const Added& of) {
  return {std::clamp(at.x, 0.0f, static_cast<float>(of.width)), std::clamp(at.y, 0.0f, static_cast<float>(of.height))};
}

// The places, counted along the mask's columns, where foreground begins or ends.
std::vector<uint64_t> edges_of(const Rle& mask) {
  std::vector<uint64_t> edges;
  uint64_t at = 0;
  for (size_t i = 0; i + 1 < mask.runs.size(); ++i) edges.push_back(at += mask.runs[i]);
  return edges;
}

// Even-odd: what an odd number of the masks cover.
Rle odd_of(const std::vector<Rle>& masks) {
  std::vector<uint64_t> edges;
  for (const Rle& mask : masks) {
    const std::vector<uint64_t> own = edges_of(mask);
    edges.insert(edges.end(), own.begin(), own.end());
  }
  std::sort(edges.begin(), edges.end());
  Rle odd{masks[0].height, masks[0].width, {}};
  const uint64_t end = uint64_t{odd.height} * odd.width;
  uint64_t from = 0;
  for (size_t i = 0; i < edges.size();) {
    size_t same = i;
    while (same < edges.size() && edges[same] == edges[i]) ++same;
    if ((same - i) % 2 == 1 && edges[i] < end) {
      odd.runs.push_back(static_cast<uint32_t>(edges[i] - from));
      from = edges[i];
    }
    i = same;
  }
  odd.runs.push_back(static_cast<uint32_t>(end - from));
  return odd;
}

// A mask of the stored picture, upright.
Rle turned(const Rle& mask, int orientation) {
  std::vector<uint8_t> stored(size_t{mask.height} * mask.width), upright(stored.size());
  paint_rle(mask, stored.data(), 1);
  const Affine map = upright_map(orientation, mask.width, mask.height);
  for (uint32_t y = 0; y < mask.height; ++y)
    for (uint32_t x = 0; x < mask.width; ++x) {
      const Point at = map.apply({static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f});
      upright[static_cast<size_t>(at.y) * mask.height + static_cast<size_t>(at.x)] = stored[size_t{y} * mask.width + x];
    }
  return rle_of_bitmap(upright.data(), mask.width, mask.height);
}

}  // namespace

std::string trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kWhite) - first + 1));
}

bool looks_like_image(const Path& path) {
  constexpr std::array<uint8_t, 3> kJpeg = {0xFF, 0xD8, 0xFF};
  constexpr std::array<uint8_t, 8> kPng = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::ifstream file(path, std::ios::binary);
  std::array<uint8_t, 8> start{};
  file.read(reinterpret_cast<char*>(start.data()), start.size());
  return std::equal(kJpeg.begin(), kJpeg.end(), start.begin()) || start == kPng;
}

Box mapped(const Affine& map, const Box& box) {
  const auto at = [&](double x, double y) {
    return std::pair(map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f);
  };
  const std::array corners = {at(box.x0, box.y0), at(box.x1, box.y0), at(box.x0, box.y1), at(box.x1, box.y1)};
  Box around{corners[0].first, corners[0].second, corners[0].first, corners[0].second};
  for (const auto& [x, y] : corners)
    around = {std::min(around.x0, x), std::min(around.y0, y), std::max(around.x1, x), std::max(around.y1, y)};
  return around;
}

// A text that is not UTF-8 is met once, and mended alike wherever it comes again.
std::optional<std::string> ImportRun::utf8(const std::string& text, const std::string& place) {
  if (is_utf8(text)) return text;
  const auto [seen, is_new] = impl_->mended_texts.try_emplace(text);
  if (is_new && meet(Problem::text_not_utf8, place, join("\"", text, "\" is not UTF-8"), true))
    seen->second = from_latin1(text);
  return seen->second;
}

EvidenceWriter& ImportRun::layer(const std::string& name) {
  return impl_->writer.layer(name);
}

void ImportRun::add_record(const std::string& layer, Record record) {
  this->layer(layer).add(std::move(record));
}

void ImportRun::add_class(const std::string& layer, const std::string& name, const std::string& place, bool closed,
                          const std::vector<std::string>& synonyms, const std::vector<std::string>& parents) {
  const std::optional<std::string> text = utf8(name, place);
  if (!text) return;
  if (!impl_->classes.emplace(layer, *text).second)
    meet(Problem::repeated_label, place, join("the class \"", *text, "\" is there already"), true);
  Vocabulary& vocabulary = this->layer(layer).vocabulary();
  const auto put = [](auto& list, const auto& value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  };
  const uint32_t row = vocabulary.row_of(*text);
  if (closed) vocabulary.about(row).closed = true;
  for (const std::string& synonym : synonyms)
    if (const auto other = utf8(synonym, place); other && *other != *text) put(vocabulary.about(row).synonyms, *other);
  for (const std::string& parent : parents)
    if (const auto other = utf8(parent, place); other && *other != *text) {
      const uint32_t parent_row = vocabulary.row_of(*other);
      put(vocabulary.about(row).parents, parent_row);
    }
}

void ImportRun::say(const std::string& layer, const Added& of, const std::string& text, Kind kind, float confidence,
                    uint32_t view) {
  const uint32_t row = text == "*" ? kAnyConcept : this->layer(layer).vocabulary().row_of(text);
  add_record(layer, {.item = of.uid, .view = view, .concept_row = row, .kind = kind, .confidence = confidence});
}

void ImportRun::say_text(const std::string& layer, const Added& of, const std::string& text, const std::string& place) {
  const std::optional<std::string> whole = utf8(trimmed(text), place);
  if (!whole) return;
  if (whole->empty()) {
    meet(Problem::empty_text, place, join("the text of ", of.key, " is empty"), true);
    return;
  }
  const uint64_t hash = hash64(join(layer, '\0', of.uid.text(), *whole));
  if (!impl_->said.insert(hash).second) {
    meet(Problem::repeated_label, place, join("\"", *whole, "\" was said of ", of.key, " before"), true);
    return;
  }
  // A row of its own, because a text that is "*" means just that.
  add_record(layer, {.item = of.uid, .concept_row = this->layer(layer).vocabulary().row_of(*whole)});
}

bool ImportRun::add_region(const std::string& layer, const Added& of, Scope scope, Bytes geometry, const Region& region,
                           const std::string& place) {
  const std::optional<std::string> text = utf8(region.concept_text, place);
  if (!text) return false;
  const std::string_view shape(reinterpret_cast<const char*>(geometry.data()), geometry.size());
  const uint64_t hash =
      hash64(join(layer, '\0', of.uid.text(), *text, '\0', static_cast<int>(scope), ' ', static_cast<int>(region.kind),
                  ' ', region.view, ' ', static_cast<int>(region.is), ' ', region.parent, ' ', shape));
  if (!impl_->said.insert(hash).second) {
    meet(Problem::repeated_label, place, join("the same ", name_of(scope), " of \"", *text, "\" is in ", of.key), true);
    return false;
  }
  add_record(layer, {.item = of.uid,
                     .view = region.view,
                     .scope = scope,
                     .concept_row = *text == "*" ? kAnyConcept : this->layer(layer).vocabulary().row_of(*text),
                     .kind = region.kind,
                     .confidence = region.confidence,
                     .region = region.is,
                     .flags = region.flags,
                     .id = region.id,
                     .parent = region.parent,
                     .geometry = std::move(geometry)});
  return true;
}

bool ImportRun::add_box(const std::string& layer, const Added& of, Box box, const Region& region,
                        const std::string& place) {
  const std::string shown = join("the box ", box.x0, " ", box.y0, " ", box.x1, " ", box.y1);
  if (!std::isfinite(box.x0 + box.y0 + box.x1 + box.y1)) {
    meet(Problem::malformed_label, place, shown + " is not made of finite numbers");
    return false;
  }
  if (box.is_empty()) {
    meet(Problem::box_empty, place, shown + " has no area");
    return false;
  }
  const bool is_beyond = is_outside(box.x0, box.y0, of, kWritingLoss) || is_outside(box.x1, box.y1, of, kWritingLoss);
  box = intersection(box, {0, 0, of.width, of.height});
  const auto stored = [](double value) { return static_cast<float>(value); };  // what is tiny may lose its area
  if (!(stored(box.x0) < stored(box.x1) && stored(box.y0) < stored(box.y1))) {
    meet(Problem::box_empty, place, join(shown, " has no area within ", describe(of)));
    return false;
  }
  if (is_beyond && !meet(Problem::box_outside, place, join(shown, " reaches beyond ", describe(of)), true))
    return false;
  return add_region(layer, of, Scope::box, box_bytes(box), region, place);
}

bool ImportRun::add_point(const std::string& layer, const Added& of, Point at, const Region& region,
                          const std::string& place) {
  const std::string shown = join("the point ", at.x, " ", at.y);
  if (!std::isfinite(at.x + at.y)) {
    meet(Problem::malformed_label, place, shown + " is not made of finite numbers");
    return false;
  }
  const bool can_repair = !is_outside(at.x, at.y, of, kNearEdge);
  if (is_outside(at.x, at.y, of, kWritingLoss) &&
      !meet(Problem::box_outside, place, join(shown, " is outside ", describe(of)), can_repair))
    return false;
  return add_region(layer, of, Scope::point, point_bytes(clamped(at, of)), region, place);
}

bool ImportRun::add_scribble(const std::string& layer, const Added& of, const Scribble& scribble, const Region& region,
                             const std::string& place) {
  const bool is_sound =
      scribble.width > 0 && std::isfinite(scribble.width) && !scribble.points.empty() &&
      std::all_of(scribble.points.begin(), scribble.points.end(), [](Point at) { return std::isfinite(at.x + at.y); });
  if (!is_sound) {
    meet(Problem::malformed_label, place,
         join("a scribble of ", scribble.points.size(), " points and width ", scribble.width,
              "; wanted finite points and a width above 0"));
    return false;
  }
  // Cut where it leaves the picture; the points that remain are as they were.
  std::vector<Scribble> pieces;
  bool is_beyond = false, goes_on = false;
  for (const Point at : scribble.points) {
    is_beyond |= is_outside(at.x, at.y, of, kWritingLoss);
    const bool is_in = !is_outside(at.x, at.y, of, kNearEdge);
    if (is_in && !goes_on) pieces.push_back({scribble.width, {}});
    if (is_in) pieces.back().points.push_back(clamped(at, of));
    goes_on = is_in;
  }
  if (is_beyond && !meet(Problem::box_outside, place, "a scribble leaves " + describe(of), !pieces.empty()))
    return false;
  bool is_added = false;
  for (const Scribble& piece : pieces)
    is_added |= add_region(layer, of, Scope::scribble, scribble_bytes(piece), region, place);
  return is_added;
}

bool ImportRun::add_mask(const std::string& layer, const Added& of, const Rle& mask, const Region& region,
                         const std::string& place) {
  const auto leave_out = [&](const std::string& what) {
    meet(Problem::bad_mask, place, what);
    return false;
  };
  try {
    check_rle(mask);
  } catch (const Error& error) {
    return leave_out(join("the mask: ", error.what()));
  }
  const bool is_upright = mask.width == of.width && mask.height == of.height;
  const bool is_stored = of.orientation >= 5 && mask.width == of.height && mask.height == of.width;
  if (!is_upright && !is_stored) {
    meet(Problem::size_mismatch, place,
         join("the mask is ", mask.width, " x ", mask.height, ", but it is of ", describe(of)));
    return false;
  }
  if (area_of(mask) == 0) return leave_out("the mask is empty");
  return add_region(layer, of, Scope::mask, mask_bytes(is_upright ? mask : turned(mask, of.orientation)), region,
                    place);
}

bool ImportRun::add_polygon(const std::string& layer, const Added& of, const std::vector<std::vector<double>>& rings,
                            const Region& region, const std::string& place) {
  constexpr size_t kLeastNumbers = 6;  // three corners
  std::vector<Rle> masks;
  bool is_beyond = false;
  size_t broken = 0;
  for (const std::vector<double>& ring : rings) {
    const bool is_finite = std::all_of(ring.begin(), ring.end(), [](double value) { return std::isfinite(value); });
    if (ring.size() < kLeastNumbers || ring.size() % 2 == 1 || !is_finite) {
      ++broken;
      continue;
    }
    for (size_t i = 0; i < ring.size(); i += 2) is_beyond |= is_outside(ring[i], ring[i + 1], of, kWritingLoss);
    masks.push_back(rle_of_polygon(ring, static_cast<uint32_t>(of.height), static_cast<uint32_t>(of.width)));
  }
  if (broken > 0 || masks.empty()) {
    const std::string what =
        join(broken, " of ", rings.size(), " rings of the polygon have no three corners of finite numbers");
    if (!meet(Problem::bad_mask, place, what, !masks.empty())) return false;
  }
  if (is_beyond && !meet(Problem::box_outside, place, "a polygon leaves " + describe(of), true)) return false;
  return add_mask(layer, of, odd_of(masks), region, place);
}

std::optional<Affine> ImportRun::frame_of(const Added& of, double stated_width, double stated_height,
                                          const std::string& place) {
  const bool is_turned = of.orientation >= 5, is_unsaid = stated_width == 0 || stated_height == 0;
  const bool is_upright = stated_width == of.width && stated_height == of.height;
  const bool is_stored = is_turned && stated_width == of.height && stated_height == of.width;
  if (is_stored && !is_upright) return upright_map(of.orientation, stated_width, stated_height);
  if (is_upright || is_unsaid) {
    const bool could_be_either = of.orientation != 1 && (is_unsaid || is_stored || !is_turned);
    if (could_be_either)
      note(
          "some pictures have an EXIF orientation, and the size that their labels state does not tell whether "
          "coordinates are of the stored or of the upright picture; the upright one was taken");
    return Affine{};
  }
  const std::string what =
      join("the label states ", stated_width, " x ", stated_height, ", but it is of ", describe(of));
  if (impl_->settings.on.chosen.at(Problem::size_mismatch) == "scale" && stated_width > 0 && stated_height > 0) {
    impl_->report.repaired[name_of(Problem::size_mismatch)].push_back(place + ": " + what +
                                                                      "; its coordinates were scaled");
    return Affine{.a = of.width / stated_width, .e = of.height / stated_height};
  }
  if (!meet(Problem::size_mismatch, place, what, true)) return std::nullopt;
  return Affine{};
}

}  // namespace weft
