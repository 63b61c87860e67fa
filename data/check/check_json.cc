// SPDX-License-Identifier: Apache-2.0
// DatasetCheck::json(): everything, for programs.
#include <nlohmann/json.hpp>

#include "data/check_dataset.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Quantiles& q) {
  if (q.count == 0) return nullptr;
  return {{"count", q.count}, {"least", q.least}, {"p05", q.p05},   {"p25", q.p25},  {"median", q.median},
          {"p75", q.p75},     {"p95", q.p95},     {"most", q.most}, {"mean", q.mean}};
}

Json json_of(const Share& share) {
  if (share.of == 0) return nullptr;
  return {
      {"hits", share.hits}, {"of", share.of}, {"share", share.value()}, {"low", share.low()}, {"high", share.high()}};
}

Json json_of(const StateCounts& counts) {
  Json out = Json::object();
  for (size_t i = 0; i < kKnownStates; ++i) out[name_of(static_cast<Known>(i))] = counts.samples[i];
  const Share prevalence = counts.prevalence();
  out["prevalence"] = json_of(prevalence);
  return out;
}

template <class Number>
Json by_number(const std::map<Number, size_t>& counts) {
  Json all = Json::object();
  for (const auto& [number, count] : counts) all[std::to_string(number)] = count;
  return all;
}

Json json_of(const std::vector<Intensity::Channel>& channels) {
  Json all = Json::array();
  for (const Intensity::Channel& c : channels)
    all.push_back({{"values", c.values},
                   {"mean", c.mean},
                   {"deviation", c.deviation},
                   {"least", c.least},
                   {"p0.5", c.low},
                   {"median", c.median},
                   {"p99.5", c.high},
                   {"most", c.most},
                   {"first_bin", c.first_bin},
                   {"bin", c.bin},
                   {"histogram", c.histogram}});
  return all;
}

Json json_of(const PictureStatistics& pictures) {
  Json intensities = Json::object();
  for (const auto& [kind, intensity] : pictures.intensities)
    intensities[kind] = {{"pictures", intensity.pictures},
                         {"channels", json_of(intensity.channels)},
                         {"foreground", json_of(intensity.foreground)}};
  return {{"width", json_of(pictures.width)},   {"height", json_of(pictures.height)},
          {"aspect", json_of(pictures.aspect)}, {"slices", json_of(pictures.views)},
          {"bytes", json_of(pictures.bytes)},   {"sizes", pictures.sizes},
          {"codecs", pictures.codecs},          {"channels", by_number(pictures.channels)},
          {"bits", by_number(pictures.bits)},   {"orientations", by_number(pictures.orientations)},
          {"spacings", pictures.spacings},      {"intensities", intensities}};
}

Json json_of(const ConceptStatistics& one) {
  Json layers = Json::object();
  for (const auto& [layer, counts] : one.layers) layers[layer] = json_of(counts);
  return {{"text", one.text},         {"closed", one.closed},   {"samples", json_of(one.all)},
          {"layers", layers},         {"regions", one.regions}, {"area_share", json_of(one.area)},
          {"side", json_of(one.side)}};
}

Json json_of(const LabelStatistics& labels) {
  Json layers = Json::object(), concepts = Json::array(), contradictions = Json::array(), parts = Json::array();
  for (const auto& [name, layer] : labels.layers)
    layers[name] = {{"records", layer.records}, {"kinds", layer.kinds},
                    {"scopes", layer.scopes},   {"regions", layer.regions},
                    {"samples", layer.samples}, {"classes", layer.classes},
                    {"bags", layer.bags},       {"exhaustive_samples", layer.exhaustive}};
  for (const ConceptStatistics& one : labels.concepts) concepts.push_back(json_of(one));
  for (const Contradiction& one : labels.contradictions)
    contradictions.push_back(
        {{"sample", one.sample}, {"text", one.text}, {"says_yes", one.says_yes}, {"says_no", one.says_no}});
  for (const PartOf& one : labels.parts)
    parts.push_back({{"part", one.child},
                     {"whole", one.parent},
                     {"separate", json_of(one.separate)},
                     {"attached", json_of(one.attached)}});
  return {{"vocabulary", labels.vocabulary},
          {"layers", layers},
          {"texts_per_sample", by_number(labels.texts_per_sample)},
          {"without_text", labels.without_text},
          {"without_statement", labels.without_statement},
          {"words", json_of(labels.words)},
          {"letters", json_of(labels.letters)},
          {"contradictions_within", labels.within},
          {"contradictions_across", labels.across},
          {"contradictions", contradictions},
          {"parts", parts},
          {"concepts", concepts}};
}

Json json_of(const TwinStatistics& twins) {
  Json pairs = Json::array();
  for (const Twin& twin : twins.pairs)
    pairs.push_back({{"a", twin.a},
                     {"b", twin.b},
                     {"equal", twin.is_equal},
                     {"bits", twin.bits},
                     {"correlation", twin.correlation},
                     {"split_a", twin.split_a},
                     {"split_b", twin.split_b},
                     {"same_group", twin.same_group}});
  return {{"equal", twins.equal},
          {"alike", twins.alike},
          {"leaking", twins.leaking},
          {"between_groups", twins.between_groups},
          {"without_contrast", twins.flat},
          {"complete", twins.complete},
          {"pairs", pairs}};
}

}  // namespace

std::string DatasetCheck::json() const {
  Json all = {{"name", name},
              {"licence", licence},
              {"samples", samples},
              {"split_groups", split_groups},
              {"split_samples", split_samples},
              {"pictures", json_of(pictures)},
              {"labels", json_of(labels)},
              {"copies", json_of(twins)}};
  if (shuffle) {
    Json collisions = Json::array();
    for (const ShuffleStatistics::Collisions& one : shuffle->collisions)
      collisions.push_back({{"of_one", one.what},
                            {"met", one.met},
                            {"standard_error", one.deviation},
                            {"expected", one.expected},
                            {"ratio", one.ratio()}});
    all["shuffle"] = {{"batch", shuffle->batch}, {"batches", shuffle->batches}, {"collisions", collisions}};
  }
  all["repeated_keys"] = repeated_keys, all["straddling"] = straddling, all["damaged"] = damaged,
  all["unreadable"] = unreadable;
  all["remarks"] = remarks(), all["sound"] = is_sound();
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";  // file names may be any bytes
}

}  // namespace weft
