// SPDX-License-Identifier: Apache-2.0
#include "data/sources.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace weft {

void SourceSettings::fields(Fields& visit) {
  visit("dataset", dataset, any, "folder of the dataset (made by `weft data import`)");
  visit("split", split, not_empty, "which split to draw from");
  visit("draw", draw, one_of({"samples", "groups", "classes", "repeat_factor", "foreground"}),
        "what a round visits once: every sample, group or class; samples of rare classes more often; or two rounds, of "
        "samples in which something was found and of the others");
  visit("share", share, non_negative, "of the batch, against the other sources' shares");
  visit("share_schedule", share_schedule, any, "instead: step:share, step:share, ..., and linear between them");
  visit("foreground", foreground, unit, "draw = \"foreground\": share of samples in which something was found");
  visit("repeat_threshold", repeat_threshold, between(1e-9, 1),
        "draw = \"repeat_factor\": classes found in a smaller share of the samples than this are repeated");
  visit("templates", templates, any,
        "e.g. \"a photo of a {}\": words around a text, one of these drawn for each; none: the text alone");
  visit("negation", negation, any,
        "e.g. \"no {}\": each verified negative that is drawn also gives such a text, which is true of its image");
  visit("prefix", prefix, any, "before every text of this source, e.g. \"[label] \", so that the model may tell");
}

namespace {
ShareSchedule share_of_source(const SourceSettings& source) {
  return source.share_schedule.empty() ? ShareSchedule().times(source.share)
                                       : ShareSchedule::parse(source.share_schedule);
}
}  // namespace

Sources::Sources(const Path& dataset, const std::string& split)
    : Sources([&] {
        SourceSettings source;
        source.dataset = dataset.string();
        source.split = split;
        return std::map<std::string, SourceSettings>{{"data", source}};
      }()) {}

Sources::Sources(const std::map<std::string, SourceSettings>& settings) : settings_(settings) {
  std::map<std::string, size_t> opened;
  uint64_t samples = 0;
  for (const auto& [name, source] : settings_) {
    const auto [place, is_new] = opened.try_emplace(Path(source.dataset).lexically_normal().string(), stores_.size());
    if (is_new) {
      stores_.push_back(std::make_unique<Store>(source.dataset));
      starts_.push_back(static_cast<uint32_t>(samples));
      samples += stores_.back()->size();
      check(samples < std::numeric_limits<uint32_t>::max(), "the datasets have ", samples,
            " samples, more than can be numbered");
      rows_.push_back(vocabulary_.absorb(stores_.back()->vocabulary()));
    }
    Source of{name, &source, share_of_source(source), stores_[place->second]->split(source.split)};
    for (uint32_t& sample : of.samples) sample += starts_[place->second];
    sources_.push_back(std::move(of));
  }
  if (stores_.size() == 1) return;
  for (size_t number = 0; number < stores_.size(); ++number) {
    const auto& store = stores_[number];
    const auto row_here = [&](uint32_t row) { return rows_[number][row]; };
    for (size_t sample = 0; sample < store->size(); ++sample) {
      std::vector<TextStatement>& texts = texts_.emplace_back(store->texts(sample));
      for (TextStatement& said : texts) said.row = row_here(said.row);
      std::stable_sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
      std::vector<Record>& records = records_.emplace_back(store->records(sample));
      for (Record& record : records) {
        if (record.concept_row != kAnyConcept) record.concept_row = row_here(record.concept_row);
        if (record.kind != Kind::candidates) continue;
        for (uint32_t& row : record.operands) row = row_here(row);
        std::sort(record.operands.begin(), record.operands.end());
      }
    }
  }
}

size_t Sources::size() const {
  return starts_.back() + stores_.back()->size();
}

size_t Sources::number_of(uint32_t sample) const {
  return static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), sample) - starts_.begin() - 1);
}
const Store& Sources::store_of(uint32_t sample) const {
  return *stores_[number_of(sample)];
}
uint32_t Sources::start_of(uint32_t sample) const {
  return starts_[number_of(sample)];
}
const std::vector<TextStatement>& Sources::texts(uint32_t sample) const {
  return stores_.size() == 1 ? stores_[0]->texts(sample) : texts_.at(sample);
}
std::vector<TextStatement> Sources::denied(uint32_t sample) const {
  std::vector<TextStatement> denied = store_of(sample).denied(sample - start_of(sample));
  for (TextStatement& said : denied) said.row = rows_[number_of(sample)][said.row];
  return denied;
}
const std::vector<Record>& Sources::records(uint32_t sample) const {
  return stores_.size() == 1 ? stores_[0]->records(sample) : records_.at(sample);
}

}  // namespace weft
