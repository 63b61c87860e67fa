// SPDX-License-Identifier: Apache-2.0
#include "data/check/labels.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "base/error.h"
#include "data/check/known.h"
#include "data/geometry.h"

namespace weft {
namespace {

constexpr size_t kMostPaired = 60;     // most frequent concepts, of which every two are compared
constexpr size_t kLeastVerified = 20;  // samples, for a pair that no region names

size_t letters_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

size_t words_of(const std::string& text) {
  std::istringstream stream(text);
  size_t words = 0;
  for (std::string word; stream >> word;) ++words;
  return words;
}

// In pixels; negative where a region has none.
double area_of_region(const Record& record) {
  if (record.scope == Scope::box) return box_of(record.geometry).area();
  if (record.scope == Scope::mask) return static_cast<double>(area_of(mask_of(record.geometry)));
  return -1;
}

// Of a concept, while samples are read.
struct Collected {
  StateCounts all;  // of samples that say something directly
  std::map<uint16_t, StateCounts> layers;
  std::map<std::string, size_t> regions;
  std::vector<double> areas, sides;
};

class Collector {
 public:
  explicit Collector(const Store& store) : store_(store), known_(store), of_row_(store.vocabulary().size()) {
    for (size_t layer = 0; layer < store.layers().size(); ++layer) {
      LayerStatistics& of = found.layers[store.layers()[layer]];
      of.classes = known_.classes(layer);
      of.bags = store.bags(layer).size();
      for (const Record& record : store.bag_records(layer)) count_record(of, record);
    }
  }

  void read(uint32_t sample) {
    known_.read(sample);
    count_records(sample);
    count_states(sample);
  }

  void finish(size_t most_listed) {
    for (uint32_t row = 0; row < of_row_.size(); ++row) finish_concept(row);
    std::stable_sort(found.concepts.begin(), found.concepts.end(),
                     [](const auto& a, const auto& b) { return a.all[Known::pos] > b.all[Known::pos]; });
    find_parts();
    std::stable_sort(found.contradictions.begin(), found.contradictions.end(),
                     [](const auto& a, const auto& b) { return a.text < b.text; });
    if (found.contradictions.size() > most_listed) found.contradictions.resize(most_listed);
    found.vocabulary = store_.vocabulary().size();
    found.words = quantiles_of(words_), found.letters = quantiles_of(letters_);
  }

  LabelStatistics found;

 private:
  static void count_record(LayerStatistics& layer, const Record& record) {
    ++layer.records, ++layer.kinds[name_of(record.kind)], ++layer.scopes[name_of(record.scope)];
    if (record.region != RegionIs::unsaid) ++layer.regions[name_of(record.region)];
  }

  void count_records(uint32_t sample) {
    const SampleInfo& info = store_.info(sample);
    const double pixels = 1.0 * info.upright_width() * info.upright_height();
    std::set<uint16_t> speaking;
    std::map<std::pair<uint16_t, uint32_t>, uint32_t> concept_of;  // of regions that may be parents
    for (const Record& record : store_.records(sample)) {
      speaking.insert(record.source);
      LayerStatistics& layer = found.layers.at(store_.layers()[record.source]);
      count_record(layer, record);
      if (record.concept_row == kAnyConcept) continue;
      const uint32_t row = known_.concepts().row(record.concept_row);
      if (record.id != 0) concept_of.try_emplace({record.source, record.id}, row);
      if (record.scope == Scope::image || record.scope == Scope::bag || record.scope == Scope::pair) continue;
      Collected& collected = of_row_[row];
      ++collected.regions[name_of(record.scope)];
      if (const double area = area_of_region(record); area >= 0)
        collected.areas.push_back(area / pixels), collected.sides.push_back(std::sqrt(area));
    }
    for (const uint16_t layer : speaking) ++found.layers.at(store_.layers()[layer]).samples;
    if (speaking.empty()) ++found.without_statement;
    for (const Record& record : store_.records(sample)) {
      if (record.concept_row == kAnyConcept || record.region != RegionIs::part || record.kind != Kind::pos) continue;
      const uint32_t row = known_.concepts().row(record.concept_row);
      ++parts_[row];
      const auto parent = concept_of.find({record.source, record.parent});
      if (record.parent != 0 && parent != concept_of.end()) ++attached_[{row, parent->second}];
    }
    count_texts(sample);
  }

  void count_texts(uint32_t sample) {
    std::set<uint32_t> rows;
    for (const TextStatement& said : store_.texts(sample)) {
      rows.insert(said.row);
      if (said.kind != Kind::pos) continue;
      words_.push_back(static_cast<double>(words_of(store_.vocabulary().text(said.row))));
      letters_.push_back(static_cast<double>(letters_of(store_.vocabulary().text(said.row))));
    }
    ++found.texts_per_sample[rows.size()];
    if (rows.empty()) ++found.without_text;
  }

  void count_states(uint32_t sample) {
    for (const uint32_t row : known_.rows()) {
      ++of_row_[row].all[known_.state(row)];
      if (known_.state(row) == Known::contradicted) note_contradiction(sample, row);
      for (size_t layer = 0; layer < store_.layers().size(); ++layer)
        if (known_.state(row, layer) != Known::unsaid) ++of_row_[row].layers[layer][known_.state(row, layer)];
    }
    for (size_t layer = 0; layer < store_.layers().size(); ++layer)
      if (known_.is_exhaustive(layer)) ++found.layers.at(store_.layers()[layer]).exhaustive;
  }

  void note_contradiction(uint32_t sample, uint32_t row) {
    Contradiction one{sample, store_.vocabulary().text(row), {}, {}};
    bool with_itself = false;
    for (size_t layer = 0; layer < store_.layers().size(); ++layer) {
      const Known state = known_.state(row, layer);
      const bool both = state == Known::contradicted;
      with_itself = with_itself || both;
      if (both || state == Known::pos || state == Known::exists) one.says_yes.push_back(store_.layers()[layer]);
      if (both || state == Known::neg) one.says_no.push_back(store_.layers()[layer]);
    }
    ++(with_itself ? found.within : found.across);
    found.contradictions.push_back(std::move(one));
  }

  void finish_concept(uint32_t row) {
    if (known_.concepts().row(row) != row) return;  // a synonym, counted with what it stands for
    Collected& collected = of_row_[row];
    ConceptStatistics out{.text = store_.vocabulary().text(row), .closed = store_.vocabulary().about(row).closed};
    const auto complete = [&](StateCounts& counts) {
      size_t sum = 0;
      for (const size_t samples : counts.samples) sum += samples;
      counts[Known::unsaid] += store_.size() - sum;
    };
    out.all = collected.all;
    complete(out.all);
    for (auto& [layer, counts] : collected.layers) {
      complete(counts);
      out.layers[store_.layers()[layer]] = counts;
    }
    out.regions = collected.regions;
    out.area = quantiles_of(std::move(collected.areas)), out.side = quantiles_of(std::move(collected.sides));
    found.concepts.push_back(std::move(out));
  }

  void count_pairs(std::map<std::pair<uint32_t, uint32_t>, Share>& separate) {
    std::map<uint32_t, Known> states;
    for (const auto& [pair, share] : separate) states[pair.first], states[pair.second];
    for (uint32_t sample = 0; sample < store_.size() && !separate.empty(); ++sample) {
      known_.read(sample);
      for (auto& [row, state] : states) state = known_.state(row);
      for (auto& [pair, share] : separate) {
        if (states.at(pair.first) != Known::pos) continue;
        const Known parent = states.at(pair.second);
        share.of += parent == Known::pos || parent == Known::neg;
        share.hits += parent == Known::neg;
      }
    }
  }

  // Pairs that regions name, and pairs of frequent concepts of which one hardly occurs without the other.
  void find_parts() {
    std::map<std::pair<uint32_t, uint32_t>, Share> separate;
    for (const auto& [pair, count] : attached_) separate[pair];
    std::vector<uint32_t> frequent;
    for (const ConceptStatistics& one : found.concepts)
      if (frequent.size() < kMostPaired && one.all[Known::pos] >= kLeastVerified)
        frequent.push_back(static_cast<uint32_t>(store_.vocabulary().find(one.text)));
    for (const uint32_t child : frequent)
      for (const uint32_t parent : frequent)
        if (child != parent) separate[{child, parent}];
    count_pairs(separate);
    std::map<uint32_t, Share> absent;  // of all samples where it was verified
    for (const auto& [pair, share] : separate) {
      const StateCounts& whole = of_row_[pair.second].all;
      absent[pair.second] = {whole[Known::neg], whole[Known::pos] + whole[Known::neg]};
    }
    for (const auto& [pair, share] : separate) {
      const auto attached = attached_.find(pair);
      const bool named = attached != attached_.end();
      // Beside what is there anyhow nothing is ever alone, so the whole must be missing clearly more often elsewhere.
      const bool is_tied =
          share.of >= kLeastVerified && share.high() < std::min(0.25, absent.at(pair.second).low() / 2);
      if (!named && !is_tied) continue;
      found.parts.push_back({store_.vocabulary().text(pair.first), store_.vocabulary().text(pair.second), share,
                             named ? Share{attached->second, parts_.at(pair.first)} : Share{}});
    }
    std::stable_sort(found.parts.begin(), found.parts.end(), [](const PartOf& a, const PartOf& b) {
      return std::pair(a.attached.of == 0, a.separate.value()) < std::pair(b.attached.of == 0, b.separate.value());
    });
  }

  const Store& store_;
  KnownConcepts known_;
  std::vector<Collected> of_row_;
  std::map<uint32_t, size_t> parts_;
  std::map<std::pair<uint32_t, uint32_t>, size_t> attached_;
  std::vector<double> words_, letters_;
};

}  // namespace

Share StateCounts::prevalence() const {
  const size_t yes = (*this)[Known::pos];
  return {yes, yes + (*this)[Known::neg]};
}

LabelStatistics label_statistics(const Store& store, size_t most_listed) {
  Collector collector(store);
  for (uint32_t sample = 0; sample < store.size(); ++sample) collector.read(sample);
  collector.finish(most_listed);
  return std::move(collector.found);
}

}  // namespace weft
