// SPDX-License-Identifier: Apache-2.0
#include "data/order.h"

#include <algorithm>
#include <map>
#include <string_view>

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

constexpr std::string_view kPlace = "{}";  // of the concept in a template

void check_templates(const Sources::Source& source, const char* key, const std::vector<std::string>& templates) {
  for (const std::string& form : templates) {
    const size_t place = form.find(kPlace);
    check(place != std::string::npos && form.find(kPlace, place + 1) == std::string::npos, "source ", source.name,
          ": ", key, " has \"", form, "\"; wanted one {} in it, where the concept's text goes");
  }
}

// One of the templates, drawn where there are several, with the text in its place.
std::string worded(const std::vector<std::string>& templates, const std::string& text, Stream& stream) {
  if (templates.empty()) return text;
  std::string words = templates[templates.size() > 1 ? stream.below(templates.size()) : 0];
  return words.replace(words.find(kPlace), kPlace.size(), text);
}

// `wanted` of the rows of which the statements are of one kind, in an order that is drawn.
std::vector<uint32_t> draw_rows(const std::vector<TextStatement>& statements, Kind kind, int64_t wanted,
                                Stream& stream) {
  std::vector<uint32_t> rows;
  for (const TextStatement& said : statements)
    if (said.kind == kind && (rows.empty() || rows.back() != said.row)) rows.push_back(said.row);
  const size_t count = std::min(rows.size(), static_cast<size_t>(wanted));
  for (size_t i = 0; i < count; ++i) std::swap(rows[i], rows[i + stream.below(rows.size() - i)]);
  rows.resize(count);
  return rows;
}

template <class Kind, class Part>
std::vector<Kind> each(std::vector<SourcePart>& parts, Part SourcePart::* member) {
  std::vector<Kind> values;
  for (SourcePart& part : parts) values.push_back(std::move(part.*member));
  return values;
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
  for (const Sources::Source& source : sources.sources()) {
    check_templates(source, "templates", source.settings->templates);
    check_templates(source, "negation", source.settings->negation);
    check(source.settings->negation.empty() || settings.negatives_per_image > 0, "source ", source.name,
          " has negation templates, but data.negatives_per_image is 0: no negative would be drawn for them");
  }
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

Pick Order::replacement(int64_t step, int64_t slot, int attempt) const {
  constexpr uint64_t kNeverReached = uint64_t{1} << 40, kMost = uint64_t{1} << 60;
  const Place place = place_of(step, slot, mixture_.at(step));
  Stream stream(settings_.seed, Purpose::replacement, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  int64_t k = 0;
  for (int i = 0; i <= attempt; ++i) k = static_cast<int64_t>(kNeverReached + stream.below(kMost));
  return strata_[place.part].at(k);
}

std::vector<Order::DrawnText> Order::draw_texts(uint32_t sample, const SourceSettings& source, int64_t step,
                                                int64_t slot) const {
  Stream stream(settings_.seed, Purpose::texts, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  std::vector<DrawnText> drawn;
  const auto add = [&](uint32_t row, const std::vector<std::string>& templates, bool negated, bool is_true) {
    drawn.push_back({{row, negated},
                     source.prefix + worded(templates, sources_.vocabulary().text(row), stream),
                     is_true});
  };
  const std::vector<TextStatement>& said = sources_.texts(sample);
  for (const uint32_t row : draw_rows(said, Kind::pos, settings_.texts_per_image, stream))
    add(row, source.templates, false, true);
  for (const uint32_t row : draw_rows(said, Kind::neg, settings_.negatives_per_image, stream)) {
    add(row, source.templates, false, false);
    if (!source.negation.empty()) add(row, source.negation, true, true);
  }
  return drawn;
}

Order::Plan Order::plan(int64_t step) const {
  Plan plan;
  std::unordered_map<std::string, int32_t> column;
  const Mixture::Counts counts = mixture_.at(step);
  for (int64_t slot = 0; slot < settings_.global_batch; ++slot) {
    const Place place = place_of(step, slot, counts);
    plan.picks.push_back(strata_[place.part].at(place.k));
    for (DrawnText& text : draw_texts(plan.picks.back().sample, *source_of_[place.part], step, slot)) {
      const auto [found, is_new] = column.try_emplace(text.words, static_cast<int32_t>(plan.texts.size()));
      if (is_new) plan.texts.push_back({std::move(text.words), {}});
      std::vector<StepText::Claim>& claims = plan.texts[static_cast<size_t>(found->second)].claims;
      if (std::find(claims.begin(), claims.end(), text.claim) == claims.end()) claims.push_back(text.claim);
      if (text.is_true) plan.cells.drawn.emplace_back(static_cast<int32_t>(slot), found->second);
    }
  }
  const TextColumns columns = columns_of(plan.texts);
  plan.cells.texts = static_cast<int64_t>(plan.texts.size());
  for (const Pick& pick : plan.picks) plan.cells.add_image(cells_of(sources_, pick.sample, columns));
  return plan;
}

TextColumns columns_of(const std::vector<StepText>& texts) {
  TextColumns columns;
  for (size_t i = 0; i < texts.size(); ++i)
    for (const StepText::Claim& claim : texts[i].claims)
      columns[claim.row].push_back({static_cast<int32_t>(i), claim.negated});
  return columns;
}

std::vector<Cell> cells_of(const Sources& sources, uint32_t sample, const TextColumns& columns) {
  struct Sum {
    double q = 0, w = 0;
  };
  std::map<int32_t, Sum> said;
  for (const TextStatement& statement : sources.texts(sample)) {
    const auto found = columns.find(statement.row);
    if (found == columns.end()) continue;
    const bool soft = statement.kind == Kind::soft;
    if (!soft && statement.kind != Kind::pos && statement.kind != Kind::neg && statement.kind != Kind::unknown)
      continue;
    const double q = soft ? statement.confidence : statement.kind == Kind::pos;
    const double w = statement.kind == Kind::unknown ? 0 : soft ? 1 : statement.confidence;
    for (const TextColumn& column : found->second) {
      Sum& sum = said[column.column];
      sum.q += (column.negated ? 1 - q : q) * w;
      sum.w += w;
    }
  }
  std::vector<Cell> cells;
  for (const auto& [text, sum] : said)
    cells.push_back({text, sum.w > 0 ? static_cast<float>(sum.q / sum.w) : 0, static_cast<float>(sum.w)});
  return cells;
}

}  // namespace weft
