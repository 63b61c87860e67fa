// SPDX-License-Identifier: Apache-2.0
// DatasetCheck::text(): what fits a terminal.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "base/error.h"
#include "data/check_dataset.h"

namespace weft {
namespace {

constexpr size_t kMostLines = 20;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(value) >= 1000 && std::fabs(value) < 1e9 ? "%.0f" : "%.4g", value);
  return text;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

// To a width in characters; longer texts lose their end.
std::string cell(const std::string& text, size_t width, bool right = false) {
  const auto is_start = [](char c) { return (c & 0xc0) != 0x80; };
  size_t letters = 0, end = 0;
  while (end < text.size() && letters + (is_start(text[end]) ? 1 : 0) <= width) letters += is_start(text[end++]);
  std::string out = text.substr(0, end);
  if (end < text.size() && width > 2) {
    size_t keep = out.size();
    for (int drop = 0; drop < 2; ++drop) do
        --keep;
      while (!is_start(out[keep]));
    out = out.substr(0, keep) + "..";
  }
  const std::string gap(width - std::min(width, letters), ' ');
  return right ? gap + out : out + gap;
}

void put_list(std::ostream& out, const char* what, const std::vector<std::string>& list) {
  if (list.empty()) return;
  out << what << ": " << list.size() << "\n";
  for (size_t i = 0; i < std::min(kMostLines, list.size()); ++i) out << "  " << list[i] << "\n";
  if (list.size() > kMostLines) out << "  and " << list.size() - kMostLines << " more\n";
}

template <class Key>
void put_counts(std::ostream& out, const std::string& what, const std::map<Key, size_t>& counts) {
  out << what << ":";
  size_t put = 0;
  for (const auto& [key, count] : counts) {
    if (put == 12) {
      out << ", and " << counts.size() - put << " more";
      break;
    }
    out << (put++ == 0 ? " " : ", ") << key << " " << count;
  }
  out << "\n";
}

void put_quantiles(std::ostream& out, const char* what, const Quantiles& q) {
  if (q.count == 0) return;
  out << "  " << cell(what, 22) << number(q.least) << " to " << number(q.most) << ", median " << number(q.median)
      << " (5 to 95 %: " << number(q.p05) << " to " << number(q.p95) << ")\n";
}

void put_intensities(std::ostream& out, const std::string& what, const std::vector<Intensity::Channel>& channels) {
  for (size_t c = 0; c < channels.size(); ++c)
    out << "  " << cell(c == 0 ? what : "", 30) << "channel " << c << ": mean " << number(channels[c].mean)
        << ", deviation " << number(channels[c].deviation) << ", 0.5 / 50 / 99.5 %: " << number(channels[c].low)
        << " / " << number(channels[c].median) << " / " << number(channels[c].high) << "\n";
}

void put_pictures(std::ostream& out, const PictureStatistics& pictures) {
  out << "\nPICTURES\n";
  put_quantiles(out, "width", pictures.width);
  put_quantiles(out, "height", pictures.height);
  put_quantiles(out, "width / height", pictures.aspect);
  put_quantiles(out, "slices", pictures.views);
  put_quantiles(out, "bytes", pictures.bytes);
  put_counts(out, "  codecs", pictures.codecs);
  put_counts(out, "  channels", pictures.channels);
  put_counts(out, "  bits", pictures.bits);
  if (pictures.orientations.size() > 1 || !pictures.orientations.contains(1))
    put_counts(out, "  EXIF orientations", pictures.orientations);
  if (!pictures.spacings.empty()) put_counts(out, "  spacing", pictures.spacings);
  for (const auto& [kind, intensity] : pictures.intensities) {
    put_intensities(out, "values of " + kind, intensity.channels);
    put_intensities(out, "  where a mask is positive", intensity.foreground);
  }
}

// Of the states, those that occur are columns.
std::vector<Known> states_in(const LabelStatistics& labels) {
  std::vector<Known> states{Known::pos, Known::neg};
  for (const Known state : {Known::contradicted, Known::soft, Known::unknown, Known::candidate, Known::exists})
    if (std::any_of(labels.concepts.begin(), labels.concepts.end(),
                    [&](const ConceptStatistics& one) { return one.all[state] > 0; }))
      states.push_back(state);
  states.push_back(Known::unsaid);
  return states;
}

void put_states(std::ostream& out, const std::string& text, const StateCounts& counts,
                const std::vector<Known>& states) {
  out << "  " << cell(text, 28);
  for (const Known state : states) out << cell(counts[state] == 0 ? "." : std::to_string(counts[state]), 9, true);
  const Share share = counts.prevalence();
  if (share.of > share.hits)
    out << "  " << percent(share.value()) << " (" << percent(share.low()) << " .. " << percent(share.high()) << ")";
  out << "\n";
}

void put_concepts(std::ostream& out, const LabelStatistics& labels, size_t most) {
  const std::vector<Known> states = states_in(labels);
  out << "\nLABELS: samples in which a text is true, not true, ...; prevalence among those verified, 95 % interval\n";
  out << "  " << cell("text", 28);
  for (const Known state : states) out << cell(state == Known::contradicted ? "both" : name_of(state), 9, true);
  out << "  prevalence\n";
  for (size_t i = 0; i < std::min(most, labels.concepts.size()); ++i) {
    const ConceptStatistics& one = labels.concepts[i];
    put_states(out, one.text, one.all, states);
    for (const auto& [layer, counts] : one.layers)
      if (one.layers.size() > 1) put_states(out, "    says " + layer, counts, states);
  }
  if (labels.concepts.size() > most)
    out << "  and " << labels.concepts.size() - most << " more texts (json=true has all, html=FILE the first 200)\n";
}

void put_labels(std::ostream& out, const DatasetCheck& found, size_t most) {
  const LabelStatistics& labels = found.labels;
  out << "\nEVIDENCE: " << labels.vocabulary << " texts\n";
  for (const auto& [name, layer] : labels.layers) {
    put_counts(out, "  layer " + name, layer.kinds);
    put_counts(out, "    scopes", layer.scopes);
    if (!layer.regions.empty()) put_counts(out, "    regions", layer.regions);
    out << "    says something of " << layer.samples << " of " << found.samples << " samples";
    if (layer.bags > 0) out << " and of " << layer.bags << " bags";
    if (layer.classes > 0)
      out << "; a closed list of " << layer.classes << ", exhaustive in " << layer.exhaustive << " samples";
    out << "\n";
  }
  put_counts(out, "  samples by number of texts", labels.texts_per_sample);
  out << "  samples without any text: " << labels.without_text
      << ", without any statement: " << labels.without_statement << "\n";
  put_quantiles(out, "words of a text", labels.words);
  put_quantiles(out, "letters of a text", labels.letters);
  if (!labels.concepts.empty()) put_concepts(out, labels, most);
}

void put_regions(std::ostream& out, const LabelStatistics& labels, size_t most) {
  size_t put = 0;
  for (const ConceptStatistics& one : labels.concepts) {
    if (one.regions.empty() || put == most) continue;
    if (put++ == 0) out << "\nREGIONS: how many; area as a share of the picture; side = square root of the area\n";
    std::string counts;
    for (const auto& [scope, count] : one.regions) counts += join(counts.empty() ? "" : ", ", scope, " ", count);
    out << "  " << cell(one.text, 26) << " " << cell(counts, 18);
    if (one.area.count > 0)
      out << " area " << percent(one.area.median) << " (" << percent(one.area.p05) << " .. " << percent(one.area.p95)
          << "), side " << number(one.side.median) << " px (" << number(one.side.least) << " .. "
          << number(one.side.most) << ")";
    out << "\n";
  }
}

void put_parts(std::ostream& out, const LabelStatistics& labels) {
  if (labels.parts.empty()) return;
  out << "\nWHAT HARDLY OCCURS WITHOUT WHAT: S = P(the second is absent | the first is present)\n";
  for (size_t i = 0; i < std::min(kMostLines, labels.parts.size()); ++i) {
    const PartOf& one = labels.parts[i];
    out << "  " << cell(one.child, 24) << " - " << cell(one.parent, 28);
    if (one.separate.of > 0)
      out << " S " << percent(one.separate.value()) << " (" << percent(one.separate.low()) << " .. "
          << percent(one.separate.high()) << ", " << one.separate.of << " samples)";
    if (one.attached.of > 0) out << "; its whole in " << one.attached.hits << " of " << one.attached.of << " regions";
    out << "\n";
  }
  if (labels.parts.size() > kMostLines) out << "  and " << labels.parts.size() - kMostLines << " more\n";
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void put_twins(std::ostream& out, const DatasetCheck& found) {
  const TwinStatistics& twins = found.twins;
  out << "\nCOPIES: " << twins.equal << " pairs of equal pixels, " << twins.alike << " that look alike; "
      << twins.leaking << " in two splits, " << twins.between_groups << " more of two groups";
  if (twins.flat > 0) out << "; " << twins.flat << " without contrast were compared with none";
  out << "\n";
  for (size_t i = 0; i < std::min(kMostLines, twins.pairs.size()); ++i) {
    const Twin& twin = twins.pairs[i];
    out << "  #" << twin.a << " (" << twin.split_a << ") and #" << twin.b << " (" << twin.split_b << ")"
        << (twin.is_equal ? ", equal" : join(", ", twin.bits, " bits differ")) << (twin.same_group ? ", one group" : "")
        << "\n";
  }
  if (twins.equal + twins.alike > kMostLines) out << "  and " << twins.equal + twins.alike - kMostLines << " more\n";
}

}  // namespace

std::string DatasetCheck::text(size_t most_concepts) const {
  std::ostringstream out;
  out << name << " (licence: " << licence << "): " << samples << " samples\n";
  for (const auto& [split, groups] : split_groups)
    out << "  split " << cell(split, 20) << cell(std::to_string(split_samples.at(split)), 8, true) << " samples in "
        << groups << " groups\n";
  put_pictures(out, pictures);
  put_labels(out, *this, most_concepts);
  put_regions(out, labels, most_concepts);
  put_parts(out, labels);
  for (size_t i = 0; i < std::min(kMostLines, labels.contradictions.size()); ++i) {
    const Contradiction& one = labels.contradictions[i];
    if (i == 0) out << "\nCONTRADICTIONS\n";
    out << "  #" << one.sample << " \"" << one.text << "\": yes says " << list_of(one.says_yes) << ", no says "
        << list_of(one.says_no) << "\n";
  }
  put_twins(out, *this);
  if (shuffle) {
    out << "\nSHUFFLE: pairs that meet in one of " << shuffle->batches << " batches of " << shuffle->batch << "\n";
    for (const ShuffleStatistics::Collisions& one : shuffle->collisions)
      out << "  of one " << one.what << ": " << number(one.met) << " +- " << number(one.deviation) << ", by chance "
          << number(one.expected) << ", ratio " << number(one.ratio()) << "\n";
  }
  out << "\n";
  put_list(out, "keys used more than once", repeated_keys);
  put_list(out, "groups in two splits", straddling);
  put_list(out, "damaged", damaged);
  put_list(out, "worth a look", remarks());
  out << (is_sound() ? "the dataset is sound\n" : "the dataset is NOT sound\n");
  return out.str();
}

}  // namespace weft
