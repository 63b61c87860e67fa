// SPDX-License-Identifier: Apache-2.0
#include "data/order.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace weft {
namespace {

std::vector<SourcePart> all_parts(const Sources& sources, uint64_t seed) {
  std::vector<SourcePart> parts;
  for (const Sources::Source& source : sources.sources())
    for (SourcePart& part : parts_of(sources, source, seed, parts.size())) {
      part.source = source.settings;
      parts.push_back(std::move(part));
    }
  return parts;
}

template <class Kind, class Part>
std::vector<Kind> each(std::vector<SourcePart>& parts, Part SourcePart::* member) {
  std::vector<Kind> values;
  for (SourcePart& part : parts) values.push_back(std::move(part.*member));
  return values;
}

// Texts of the other picture are worth having in a step where all of that picture comes in.
bool shows_both(const Mixing& mixing) {
  return mixing.kind == MixKind::cut_mix || mixing.kind == MixKind::mix_up;
}

}  // namespace

Order::Order(const Sources& sources, const OrderSettings& settings)
    : Order(sources, settings, all_parts(sources, settings.seed)) {}

Order::Order(const Sources& sources, const OrderSettings& settings, std::vector<SourcePart> parts)
    : sources_(sources),
      settings_(settings),
      strata_(each<Stratum>(parts, &SourcePart::stratum)),
      mixture_(each<ShareSchedule>(parts, &SourcePart::share), settings.global_batch) {
  for (const SourcePart& part : parts) source_of_.push_back(part.source);
  check_templates(sources, settings.negatives_per_image);
  const MixSettings& mix = settings.mix;
  const double mixed = mix.copy_paste + mix.cut_mix + mix.class_mix + mix.mix_up;
  check(mixed <= 1 + 1e-9, "the probabilities of data.mix add up to ", mixed, "; wanted at most 1");
  check(mix.cut_area_min <= mix.cut_area_max, "data.mix.cut_area_min is ", mix.cut_area_min,
        ", above cut_area_max, which is ", mix.cut_area_max);
  check(settings.global_batch <= units(), sources.store(0).folder().string(), ": batch.global is ",
        settings.global_batch, ", but one round visits only ", units(),
        " samples, groups or classes; a step would see one of them twice");
}

int64_t Order::units() const {
  int64_t units = 0;
  for (const Stratum& stratum : strata_) units += stratum.units();
  return units;
}

// The slots of a step are dealt to the parts in an order of the step's own, so that every rank gets some of each.
Order::Place Order::place_of(int64_t step, int64_t slot, const Mixture::Counts& counts) const {
  if (strata_.size() == 1) return {0, counts.before[0] + slot};
  Stream stream(settings_.seed, Purpose::mixture, 0, 0);
  const uint64_t seed = uint64_t{stream.bits()} << 32 | stream.bits();
  const Permutation deal(static_cast<uint64_t>(settings_.global_batch), seed, static_cast<uint64_t>(step));
  auto index = static_cast<int64_t>(deal.at(static_cast<uint64_t>(slot)));
  size_t part = 0;
  while (index >= counts.in_step[part]) index -= counts.in_step[part++];
  return {part, counts.before[part] + index};
}

Pick Order::at(int64_t step, int64_t slot) const {
  const Place place = place_of(step, slot, mixture_.at(step));
  return strata_[place.part].at(place.k);
}

// A draw of the slot's part, from rounds that are never reached.
Pick Order::extra_draw(Purpose purpose, int64_t step, int64_t slot, int attempt) const {
  constexpr uint64_t kNeverReached = uint64_t{1} << 40, kMost = uint64_t{1} << 60;
  const Place place = place_of(step, slot, mixture_.at(step));
  Stream stream(settings_.seed, purpose, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  int64_t k = 0;
  for (int i = 0; i <= attempt; ++i) k = static_cast<int64_t>(kNeverReached + stream.below(kMost));
  return strata_[place.part].at(k);
}

Pick Order::replacement(int64_t step, int64_t slot, int attempt) const {
  return extra_draw(Purpose::replacement, step, slot, attempt);
}

Mixing Order::mixing(int64_t step, int64_t slot) const {
  return settings_.mix.any() ? draw_mixing(settings_.mix, settings_.image_size, settings_.seed, step, slot) : Mixing{};
}

Pick Order::partner(int64_t step, int64_t slot) const {
  return extra_draw(Purpose::mix_partner, step, slot, 0);
}

std::vector<DrawnText> Order::texts_of(int64_t step, int64_t slot, uint32_t sample,
                                       const SourceSettings& source) const {
  const auto draw = [&](uint32_t of, int64_t item) {
    return draw_texts(sources_, of, source, settings_.texts_per_image, settings_.negatives_per_image,
                      Stream(settings_.seed, Purpose::texts, static_cast<uint64_t>(step), static_cast<uint64_t>(item)));
  };
  std::vector<DrawnText> texts = draw(sample, slot);
  if (shows_both(mixing(step, slot)))
    for (DrawnText& text : draw(partner(step, slot).sample, settings_.global_batch + slot))
      texts.push_back(std::move(text));
  return texts;
}

Order::Plan Order::plan(int64_t step) const {
  Plan plan;
  TextTable table;
  std::vector<std::pair<int32_t, int32_t>> drawn;
  const Mixture::Counts counts = mixture_.at(step);
  for (int64_t slot = 0; slot < settings_.global_batch; ++slot) {
    const Place place = place_of(step, slot, counts);
    plan.picks.push_back(strata_[place.part].at(place.k));
    const size_t before = drawn.size();
    for (const DrawnText& text : texts_of(step, slot, plan.picks.back().sample, *source_of_[place.part])) {
      const std::pair<int32_t, int32_t> pair = {static_cast<int32_t>(slot), table.add(text)};
      const auto of_slot = drawn.begin() + static_cast<int64_t>(before);
      if (text.is_true && std::find(of_slot, drawn.end(), pair) == drawn.end()) drawn.push_back(pair);
    }
  }
  const TextColumns columns = columns_of(table.texts);
  plan.cells.texts = static_cast<int64_t>(table.texts.size());
  for (int64_t slot = 0; slot < settings_.global_batch; ++slot) {
    std::vector<Cell> cells = cells_of(sources_, plan.picks[static_cast<size_t>(slot)].sample, columns);
    if (const Mixing mixed = mixing(step, slot); mixed.kind != MixKind::none) {
      // What is mixed is what shows the concepts; a text that denies one follows from that.
      std::vector<Cell> other = cells_of(sources_, partner(step, slot).sample, columns);
      turn_negated(cells, table.texts);
      turn_negated(other, table.texts);
      cells = mixed_cells(cells, other, mixed, settings_.mix);
      turn_negated(cells, table.texts);
    }
    plan.cells.add_image(cells);
  }
  // A text of a picture of which too little is seen was not drawn for it.
  std::copy_if(drawn.begin(), drawn.end(), std::back_inserter(plan.cells.drawn),
               [&](const auto& pair) { return plan.cells.is_true(pair.first, pair.second); });
  plan.texts = std::move(table.texts);
  return plan;
}

}  // namespace weft
