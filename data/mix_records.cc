// SPDX-License-Identifier: Apache-2.0
// What is left of statements when part of a view is covered, and of those of two pictures that are blended.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "data/mix.h"

namespace weft {
namespace {

// A view of which a part is covered.
struct Covered {
  const PasteMask& hidden;
  int size;
  bool is_hidden(int x, int y) const {
    return x < 0 || y < 0 || x >= size || y >= size || hidden[static_cast<size_t>(y) * size + x] != 0;
  }
  bool is_hidden(Point at) const {
    return is_hidden(static_cast<int>(std::floor(at.x)), static_cast<int>(std::floor(at.y)));
  }
};

bool is_positive(const Record& record) {
  return record.kind == Kind::pos || record.kind == Kind::soft || record.kind == Kind::exists;
}

Bytes mask_of_bitmap(const PasteMask& bitmap, int size) {
  return mask_bytes(rle_of_bitmap(bitmap.data(), size, size));
}

// The picture's visible part, and its share.
struct Visible {
  Bytes geometry;
  double share;
};

std::vector<Record> visible_global(const Record& record, const Visible& visible, const MixSettings& settings) {
  Record left = record;
  switch (record.kind) {
    case Kind::pos:
    case Kind::soft:
    case Kind::exists:
      if (settings.global == "area") return {};  // blended_globals says it
      left.kind = Kind::exists;
      return {left};
    case Kind::unknown:
      return {left};
    case Kind::candidates:
      return {};
    case Kind::count:
      left.operands[0] = 0;
      break;
    case Kind::neg:
    case Kind::exhaustive:
      break;
  }
  left.scope = Scope::mask;
  left.geometry = visible.geometry;
  return {left};
}

// A mask, or the pixels whose centres a box holds.
PasteMask bitmap_of(const Record& record, int size) {
  PasteMask bitmap(static_cast<size_t>(size) * size);
  if (record.scope == Scope::mask) {
    const Rle mask = mask_of(record.geometry);
    check(mask.width == uint32_t(size) && mask.height == uint32_t(size), "a mask of ", mask.width, " x ", mask.height,
          " in a view of ", size);
    paint_rle(mask, bitmap.data(), 1);
    return bitmap;
  }
  const Box box = box_of(record.geometry);
  const auto first = [&](double edge) { return std::clamp(static_cast<int>(std::ceil(edge - 0.5)), 0, size); };
  for (int y = first(box.y0); y < first(box.y1); ++y)
    std::fill(bitmap.begin() + y * size + first(box.x0), bitmap.begin() + y * size + first(box.x1), 1);
  return bitmap;
}

// A box that is said to hold something shrinks to what is seen of it; of any other statement the very pixels are kept.
std::vector<Record> visible_region(const Record& record, const Covered& covered, const MixSettings& settings) {
  PasteMask bitmap = bitmap_of(record, covered.size);
  size_t before = 0, after = 0;
  int left = covered.size, top = covered.size, right = 0, bottom = 0;
  for (int y = 0; y < covered.size; ++y)
    for (int x = 0; x < covered.size; ++x) {
      uint8_t& pixel = bitmap[static_cast<size_t>(y) * covered.size + x];
      before += pixel;
      if (covered.is_hidden(x, y)) pixel = 0;
      if (!pixel) continue;
      ++after;
      left = std::min(left, x), right = std::max(right, x + 1);
      top = std::min(top, y), bottom = std::max(bottom, y + 1);
    }
  if (after == 0 || static_cast<double>(after) < settings.least_visible * static_cast<double>(before)) return {};
  if (after == before) return {record};
  Record rest = record;
  if (is_positive(record)) rest.flags |= kOccluded;
  if (record.kind == Kind::count) rest.operands[0] = 0;
  if (record.scope == Scope::box && is_positive(record)) {
    const Box seen = {1.0 * left, 1.0 * top, 1.0 * right, 1.0 * bottom};
    rest.geometry = box_bytes(intersection(box_of(record.geometry), seen));
  } else {
    rest.scope = Scope::mask;
    rest.geometry = mask_of_bitmap(bitmap, covered.size);
  }
  return {rest};
}

// A line that is covered in between becomes several.
std::vector<Record> visible_scribble(const Record& record, const Covered& covered) {
  const Scribble scribble = scribble_of(record.geometry);
  std::vector<Record> pieces;
  Scribble piece{scribble.width, {}};
  const auto end_piece = [&] {
    if (piece.points.empty()) return;
    pieces.push_back(record);
    pieces.back().geometry = scribble_bytes(piece);
    piece.points.clear();
  };
  for (const Point& point : scribble.points)
    if (covered.is_hidden(point))
      end_piece();
    else
      piece.points.push_back(point);
  end_piece();
  return pieces;
}

void forget_lost_parents(std::vector<Record>& records) {
  for (Record& record : records) {
    const auto is_parent = [&](const Record& other) {
      return other.id == record.parent && other.source == record.source;
    };
    if (record.parent != 0 && std::none_of(records.begin(), records.end(), is_parent)) record.parent = 0;
  }
}

}  // namespace

std::vector<Record> visible_records(const std::vector<Record>& records, const PasteMask& hidden, int size,
                                    const MixSettings& settings) {
  const Covered covered{hidden, size};
  const size_t seen = static_cast<size_t>(std::count(hidden.begin(), hidden.end(), 0));
  if (seen == hidden.size()) return records;
  Visible visible;
  visible.share = static_cast<double>(seen) / static_cast<double>(hidden.size());
  PasteMask rest(hidden.size());
  std::transform(hidden.begin(), hidden.end(), rest.begin(), [](uint8_t value) { return !value; });
  visible.geometry = mask_of_bitmap(rest, size);
  std::vector<Record> all;
  const auto take = [&](const Record& record) -> std::vector<Record> {
    switch (record.scope) {
      case Scope::image:
        if (visible.share < settings.least_visible) return {};
        return visible_global(record, visible, settings);
      case Scope::box:
      case Scope::mask:
        return visible_region(record, covered, settings);
      case Scope::point:
        return covered.is_hidden(point_of(record.geometry)) ? std::vector<Record>{} : std::vector<Record>{record};
      case Scope::scribble:
        return visible_scribble(record, covered);
      case Scope::bag:
      case Scope::pair:
        return {};
    }
    return {};
  };
  for (const Record& record : records)
    for (Record& left : take(record)) all.push_back(std::move(left));
  forget_lost_parents(all);
  return all;
}

std::vector<Record> blended_globals(const std::vector<Record>& a, double share_a, const std::vector<Record>& b,
                                    double share_b) {
  struct Sum {
    Record record;
    double q = 0, share = 0;
    bool is_denied = true;  // nobody says that it is there
  };
  std::map<uint32_t, Sum> sums;
  for (const auto& [records, share] : {std::pair{&a, share_a}, {&b, share_b}}) {
    std::map<uint32_t, std::pair<const Record*, double>> said;  // the last of a picture's layers counts
    for (const Record& record : *records) {
      if (record.scope != Scope::image || record.concept_row == kAnyConcept) continue;
      if (record.kind == Kind::pos || record.kind == Kind::soft || record.kind == Kind::neg)
        said[record.concept_row] = {&record, record.kind == Kind::neg ? 1 - record.confidence : record.confidence};
    }
    for (const auto& [row, statement] : said) {
      Sum& sum = sums[row];
      sum.record = *statement.first;
      sum.q += share * statement.second;
      sum.share += share;
      if (statement.first->kind != Kind::neg) sum.is_denied = false;
    }
  }
  std::vector<Record> blended;
  for (auto& [row, sum] : sums) {
    if (sum.is_denied && sum.share < 1 - 1e-9) continue;  // by one picture alone: nothing is known of the other
    sum.record.kind = sum.is_denied ? Kind::neg : Kind::soft;
    sum.record.confidence = static_cast<float>(sum.is_denied ? 1 - sum.q : std::min(sum.q, 1.0));
    blended.push_back(std::move(sum.record));
  }
  return blended;
}

void append_renumbered(std::vector<Record>& records, std::vector<Record> others) {
  uint32_t used = 0;
  for (const Record& record : records) used = std::max(used, record.id);
  for (Record& record : others) {
    if (record.id != 0) record.id += used;
    if (record.parent != 0) record.parent += used;
    records.push_back(std::move(record));
  }
}

}  // namespace weft
