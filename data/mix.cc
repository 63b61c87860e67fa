// SPDX-License-Identifier: Apache-2.0
#include "data/mix.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"

namespace weft {
namespace {

size_t area_of(int size) {
  return static_cast<size_t>(size) * size;
}

void check_pair(const MixedView& a, const MixedView& b) {
  for (const MixedView* view : {&a, &b})
    WEFT_ASSERT(view->size == a.size && view->pixels.size() == 3 * area_of(a.size) &&
                view->known.size() == area_of(a.size));
}

PasteMask inverted(const PasteMask& mask) {
  PasteMask out(mask.size());
  std::transform(mask.begin(), mask.end(), out.begin(), [](uint8_t value) { return !value; });
  return out;
}

PasteMask mask_over(const MixedView& from, std::span<const size_t> objects) {
  PasteMask mask(area_of(from.size));
  for (const size_t object : objects) {
    const Record& record = from.records.at(object);
    check(record.scope == Scope::mask, "record ", object, " to be pasted is a ", name_of(record.scope),
          "; wanted a mask");
    const Rle region = mask_of(record.geometry);
    check(region.width == uint32_t(from.size) && region.height == uint32_t(from.size), "a mask of ", region.width,
          " x ", region.height, " in a view of ", from.size);
    paint_rle(region, mask.data(), 1);
  }
  return mask;
}

// Means over squares of 2 reach + 1, one axis after the other, of what is 0 or 1; edges are repeated.
std::vector<float> softened(const PasteMask& mask, int size, int reach) {
  std::vector<float> soft(mask.begin(), mask.end()), line(size);
  const auto pass = [&](size_t along, size_t across) {
    for (int i = 0; i < size; ++i) {
      for (int k = 0; k < size; ++k) {
        float sum = 0;
        for (int t = -reach; t <= reach; ++t) sum += soft[i * across + std::clamp(k + t, 0, size - 1) * along];
        line[k] = sum / static_cast<float>(2 * reach + 1);
      }
      for (int k = 0; k < size; ++k) soft[i * across + k * along] = line[k];
    }
  };
  pass(1, size);
  pass(size, 1);
  return soft;
}

// Pixels of `from` over those of `onto`; what is known of each place.
MixedView overlaid(const MixedView& onto, const MixedView& from, const PasteMask& mask, int feather) {
  MixedView out{onto.size, onto.pixels, onto.known, {}};
  const size_t area = mask.size();
  const std::vector<float> share = softened(mask, onto.size, feather);
  for (size_t i = 0; i < area; ++i) {
    if (mask[i]) out.known[i] = from.known[i];
    for (size_t c = 0; c < 3; ++c) {
      const float below = onto.pixels[c * area + i], above = from.pixels[c * area + i];
      out.pixels[c * area + i] = static_cast<uint8_t>(below + share[i] * (above - below) + 0.5f);
    }
  }
  return out;
}

MixedView with_objects(const MixedView& onto, const MixedView& from, const PasteMask& mask, int feather,
                       const MixSettings& settings) {
  MixedView out = overlaid(onto, from, mask, feather);
  out.records = visible_records(onto.records, mask, onto.size, settings);
  std::vector<Record> regions;
  std::copy_if(from.records.begin(), from.records.end(), std::back_inserter(regions),
               [](const Record& record) { return record.scope != Scope::image; });
  append_renumbered(out.records, visible_records(regions, inverted(mask), onto.size, settings));
  return out;
}

double draw_gamma(double shape, Stream& stream) {  // Marsaglia and Tsang, 2000
  if (shape < 1) return draw_gamma(shape + 1, stream) * std::pow(1 - stream.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = stream.normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - stream.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

void MixSettings::fields(Fields& visit) {
  visit("copy_paste", copy_paste, unit, "probability that objects of another picture (its masks) are pasted in");
  visit("cut_mix", cut_mix, unit, "probability that a rectangle of another picture covers the same place");
  visit("class_mix", class_mix, unit, "probability that half of the classes of another picture's masks are pasted in");
  visit("mix_up", mix_up, unit, "probability that a picture is blended with another one");
  visit("cut_area_min", cut_area_min, between(0.001, 1), "least share of the view that a rectangle covers");
  visit("cut_area_max", cut_area_max, between(0.001, 1), "largest share of the view that a rectangle covers");
  visit("mix_up_alpha", mix_up_alpha, between(0.01, 100),
        "the weight of the picture itself is the larger one of Beta(this, this) and what is left");
  visit("least_visible", least_visible, unit, "regions of which a smaller share is left are dropped");
  visit("global", global, one_of({"area", "exists"}),
        "what becomes of labels of a whole picture that is covered in part: still somewhere, or weighted by area");
  visit("feather", feather, between(0, 16), "pixels over which a pasted object's edge fades");
}

MixedView copy_paste(const MixedView& onto, const MixedView& from, std::span<const size_t> objects,
                     const MixSettings& settings) {
  check_pair(onto, from);
  return with_objects(onto, from, mask_over(from, objects), static_cast<int>(settings.feather), settings);
}

MixedView class_mix(const MixedView& onto, const MixedView& from, Stream& stream, const MixSettings& settings) {
  check_pair(onto, from);
  std::set<uint32_t> rows;
  for (const Record& record : from.records)
    if (record.scope == Scope::mask && record.kind == Kind::pos) rows.insert(record.concept_row);
  std::vector<uint32_t> drawn(rows.begin(), rows.end());
  for (size_t i = drawn.size(); i > 1; --i) std::swap(drawn[i - 1], drawn[stream.below(i)]);
  drawn.resize((drawn.size() + 1) / 2);
  std::vector<size_t> objects;
  for (size_t i = 0; i < from.records.size(); ++i) {
    const Record& record = from.records[i];
    if (record.scope == Scope::mask && record.kind == Kind::pos &&
        std::find(drawn.begin(), drawn.end(), record.concept_row) != drawn.end())
      objects.push_back(i);
  }
  return with_objects(onto, from, mask_over(from, objects), 0, settings);
}

MixedView cut_mix(const MixedView& onto, const MixedView& from, const Box& part, const MixSettings& settings) {
  check_pair(onto, from);
  PasteMask mask(area_of(onto.size));
  for (int y = static_cast<int>(part.y0); y < static_cast<int>(part.y1); ++y)
    std::fill(mask.begin() + y * onto.size + static_cast<int>(part.x0),
              mask.begin() + y * onto.size + static_cast<int>(part.x1), 1);
  MixedView out = overlaid(onto, from, mask, 0);
  out.records = visible_records(onto.records, mask, onto.size, settings);
  append_renumbered(out.records, visible_records(from.records, inverted(mask), onto.size, settings));
  if (settings.global == "area") {
    const double share = part.area() / static_cast<double>(mask.size());
    for (Record& record : blended_globals(onto.records, 1 - share, from.records, share))
      out.records.push_back(std::move(record));
  }
  return out;
}

MixedView mix_up(const MixedView& a, const MixedView& b, double share) {
  check_pair(a, b);
  MixedView out{a.size, a.pixels, a.known, blended_globals(a.records, share, b.records, 1 - share)};
  const float part = static_cast<float>(share);
  for (size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = static_cast<uint8_t>(part * a.pixels[i] + (1 - part) * b.pixels[i] + 0.5f);
  for (size_t i = 0; i < out.known.size(); ++i) out.known[i] = a.known[i] && b.known[i];
  for (const auto& [view, weight] : {std::pair{&a, share}, {&b, 1 - share}}) {
    std::vector<Record> regions;
    for (Record record : view->records) {
      if (record.scope == Scope::image || (record.kind != Kind::pos && record.kind != Kind::soft)) continue;
      record.kind = Kind::soft;
      record.confidence = static_cast<float>(weight * record.confidence);
      regions.push_back(std::move(record));
    }
    append_renumbered(out.records, std::move(regions));
  }
  return out;
}

Box draw_cut(int size, double area_min, double area_max, Stream& stream) {
  const double most = std::log(1 / 0.3);
  const double area = stream.uniform(area_min, area_max), ratio = std::exp(stream.uniform(-most, most));
  const auto length = [&](double share) { return std::clamp(std::round(size * share), 1.0, 1.0 * size); };
  const double w = length(std::sqrt(area * ratio)), h = length(std::sqrt(area / ratio));
  const double x = static_cast<double>(stream.below(static_cast<uint64_t>(size - w) + 1));
  const double y = static_cast<double>(stream.below(static_cast<uint64_t>(size - h) + 1));
  return {x, y, x + w, y + h};
}

double draw_share(double alpha, Stream& stream) {
  const double one = draw_gamma(alpha, stream), other = draw_gamma(alpha, stream);
  return one + other > 0 ? std::max(one, other) / (one + other) : 1;
}

}  // namespace weft
