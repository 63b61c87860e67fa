// SPDX-License-Identifier: Apache-2.0
#include "data/mixing.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/random.h"

namespace weft {
namespace {

struct Pair {
  const Cell *own = nullptr, *partner = nullptr;
};

bool is_unknown(const Cell* cell) {
  return cell != nullptr && cell->w <= 0;
}
bool is_true(const Cell* cell) {
  return cell != nullptr && cell->w > 0 && cell->q > 0;
}
bool is_denied(const Cell* cell) {
  return cell != nullptr && cell->w > 0 && cell->q <= 0;
}

// By share, as blended_globals() of data/mix.h.
std::vector<Cell> by_share(int32_t text, const Pair& said, double share) {
  if (is_unknown(said.own) || is_unknown(said.partner)) return {{text, 0, 0}};
  double q = 0, w = 0, of_known = 0;
  for (const auto& [cell, part] : {std::pair{said.own, share}, {said.partner, 1 - share}}) {
    if (cell == nullptr) continue;
    q += part * cell->q;
    w += part * cell->w;
    of_known += part;
  }
  if (q <= 0 && of_known < 1 - 1e-9) return {};
  return {{text, static_cast<float>(std::min(q, 1.0)), static_cast<float>(w / of_known)}};
}

std::vector<Cell> somewhere(int32_t text, const Pair& said, double share, double least_visible) {
  const Cell* best = nullptr;
  for (const auto& [cell, part] : {std::pair{said.own, share}, {said.partner, 1 - share}})
    if (is_true(cell) && part >= least_visible && (best == nullptr || cell->q > best->q)) best = cell;
  if (best != nullptr) return {{text, best->q, best->w}};
  if (is_denied(said.own) && is_denied(said.partner)) return {{text, 0, std::min(said.own->w, said.partner->w)}};
  const bool doubtful = is_true(said.own) || is_true(said.partner) || is_unknown(said.own) || is_unknown(said.partner);
  return doubtful ? std::vector<Cell>{{text, 0, 0}} : std::vector<Cell>{};
}

std::vector<Cell> with_some_objects(int32_t text, const Pair& said) {
  if (is_true(said.own)) return {*said.own};
  if (is_true(said.partner) || is_unknown(said.own) || is_unknown(said.partner)) return {{text, 0, 0}};
  if (said.own && said.partner) return {{text, 0, std::min(said.own->w, said.partner->w)}};
  return {};
}

// Each object by a coin, at least one; parts follow their parents.
std::vector<size_t> drawn_objects(const std::vector<Record>& records, Stream& stream) {
  std::vector<size_t> objects, drawn;
  for (size_t i = 0; i < records.size(); ++i)
    if (records[i].scope == Scope::mask && records[i].kind == Kind::pos && records[i].region != RegionIs::stuff &&
        records[i].region != RegionIs::part)
      objects.push_back(i);
  for (const size_t object : objects)
    if (stream.chance(0.5)) drawn.push_back(object);
  if (drawn.empty() && !objects.empty()) drawn.push_back(objects[stream.below(objects.size())]);
  return drawn;
}

}  // namespace

Mixing draw_mixing(const MixSettings& settings, int size, uint64_t seed, int64_t step, int64_t slot) {
  Stream stream(seed, Purpose::mix, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  double coin = stream.uniform();
  Mixing mixing;
  for (const auto& [kind, probability] : {std::pair{MixKind::copy_paste, settings.copy_paste},
                                          {MixKind::cut_mix, settings.cut_mix},
                                          {MixKind::class_mix, settings.class_mix},
                                          {MixKind::mix_up, settings.mix_up}}) {
    if (coin < probability) {
      mixing.kind = kind;
      break;
    }
    coin -= probability;
  }
  if (mixing.kind == MixKind::cut_mix) {
    mixing.cut = draw_cut(size, settings.cut_area_min, settings.cut_area_max, stream);
    mixing.share = 1 - mixing.cut.area() / (static_cast<double>(size) * size);
  } else if (mixing.kind == MixKind::mix_up) {
    mixing.share = draw_share(settings.mix_up_alpha, stream);
  }
  return mixing;
}

MixedView mixed_view(const MixedView& own, const MixedView& partner, const Mixing& mixing, const MixSettings& settings,
                     uint64_t seed, int64_t step, int64_t slot) {
  Stream stream(seed, Purpose::pasted_objects, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  switch (mixing.kind) {
    case MixKind::copy_paste:
      return copy_paste(own, partner, drawn_objects(partner.records, stream), settings);
    case MixKind::cut_mix:
      return cut_mix(own, partner, mixing.cut, settings);
    case MixKind::class_mix:
      return class_mix(own, partner, stream, settings);
    case MixKind::mix_up:
      return mix_up(own, partner, mixing.share);
    case MixKind::none:
      break;
  }
  return own;
}

std::vector<Cell> mixed_cells(const std::vector<Cell>& own, const std::vector<Cell>& partner, const Mixing& mixing,
                              const MixSettings& settings) {
  std::map<int32_t, Pair> by_text;
  for (const Cell& cell : own) by_text[cell.text].own = &cell;
  for (const Cell& cell : partner) by_text[cell.text].partner = &cell;
  const bool shared_out =
      mixing.kind == MixKind::mix_up || (mixing.kind == MixKind::cut_mix && settings.global == "area");
  std::vector<Cell> cells;
  for (const auto& [text, said] : by_text) {
    const std::vector<Cell> found = shared_out ? by_share(text, said, mixing.share)
                                    : mixing.kind == MixKind::cut_mix
                                        ? somewhere(text, said, mixing.share, settings.least_visible)
                                        : with_some_objects(text, said);
    cells.insert(cells.end(), found.begin(), found.end());
  }
  return cells;
}

}  // namespace weft
