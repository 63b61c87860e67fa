// SPDX-License-Identifier: Apache-2.0
#include "launch/judged_layer.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"

namespace weft {
namespace {

uint16_t number_of(const Store& store, const std::string& layer) {
  const auto& names = store.layers();
  const auto place = std::find(names.begin(), names.end(), layer);
  check(place != names.end(), store.folder().string(), ": has no evidence layer \"", layer, "\"; did you mean \"",
        nearest(layer, names), "\"?");
  return static_cast<uint16_t>(place - names.begin());
}

bool is_true(Known state) {
  return state == Known::pos || state == Known::exists;
}

std::set<uint32_t> said_true(KnownConcepts& known, uint16_t layer, const std::vector<uint32_t>& samples) {
  std::set<uint32_t> rows;
  for (const uint32_t sample : samples) {
    known.read(sample);
    for (const uint32_t row : known.rows())
      if (is_true(known.state(row, layer))) rows.insert(row);
  }
  return rows;
}

std::unordered_map<uint32_t, int64_t> places_of(const std::vector<uint32_t>& rows) {
  std::unordered_map<uint32_t, int64_t> places;
  for (size_t i = 0; i < rows.size(); ++i) places.emplace(rows[i], static_cast<int64_t>(i));
  return places;
}

}  // namespace

JudgedLayer judged_layer(const Store& store, KnownConcepts& known, const std::string& layer,
                         const std::vector<uint32_t>& images, const std::vector<uint32_t>& train) {
  const uint16_t number = number_of(store, layer);
  const std::set<uint32_t> rows = said_true(known, number, images), trained = said_true(known, number, train);
  JudgedLayer judged{.name = layer};
  for (const uint32_t row : rows) {
    if (!train.empty() && !trained.contains(row)) continue;
    judged.rows.push_back(row);
    judged.texts.push_back(store.vocabulary().text(row));
  }
  judged.texts_of = true_texts(known, judged, images);
  judged.images_of.resize(judged.rows.size());
  for (size_t image = 0; image < judged.texts_of.size(); ++image)
    for (const int64_t text : judged.texts_of[image])
      judged.images_of[static_cast<size_t>(text)].push_back(static_cast<int64_t>(image));
  return judged;
}

std::vector<std::vector<int64_t>> true_texts(KnownConcepts& known, const JudgedLayer& layer,
                                             const std::vector<uint32_t>& samples) {
  const auto places = places_of(layer.rows);
  std::vector<std::vector<int64_t>> texts(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    known.read(samples[i]);
    for (const uint32_t row : known.rows())
      if (const auto place = places.find(row); place != places.end() && is_true(known.state(row)))
        texts[i].push_back(place->second);
  }
  return texts;
}

JudgedClasses judged_classes(const Store& store, KnownConcepts& known, const std::string& layer,
                             const std::vector<uint32_t>& images) {
  const uint16_t number = number_of(store, layer);
  std::set<uint32_t> rows;
  for (const uint32_t row : known.closed(number)) rows.insert(known.concepts().row(row));
  if (rows.empty()) rows = said_true(known, number, images);
  JudgedClasses classes{.name = layer, .rows = {rows.begin(), rows.end()}};
  for (const uint32_t row : rows) classes.texts.push_back(store.vocabulary().text(row));
  check(rows.size() >= 2, store.folder().string(), ": layer \"", layer, "\" has ", rows.size(),
        " classes; wanted at least 2 to tell apart");
  return classes;
}

Labelled labelled(KnownConcepts& known, const JudgedClasses& classes, const std::vector<uint32_t>& images) {
  const auto places = places_of(classes.rows);
  Labelled found;
  for (size_t i = 0; i < images.size(); ++i) {
    known.read(images[i]);
    std::vector<int32_t> of_image;
    for (const uint32_t row : known.rows())
      if (const auto place = places.find(row); place != places.end() && is_true(known.state(row)))
        of_image.push_back(static_cast<int32_t>(place->second));
    found.without += of_image.empty(), found.several += of_image.size() > 1;
    if (of_image.size() != 1) continue;
    found.images.push_back(static_cast<int64_t>(i));
    found.classes.push_back(of_image[0]);
  }
  return found;
}

int64_t VerifiedConcept::positives() const {
  return std::count(is_true.begin(), is_true.end(), true);
}

std::vector<VerifiedConcept> verified_concepts(const Store& store, KnownConcepts& known, const std::string& layer,
                                               const std::vector<uint32_t>& images, const std::vector<uint32_t>& rows) {
  const uint16_t number = number_of(store, layer);
  std::set<uint32_t> asked(rows.begin(), rows.end());
  if (asked.empty())
    for (const uint32_t sample : images) {
      known.read(sample);
      for (const uint32_t row : known.rows())
        if (const Known state = known.state(row, number); is_true(state) || state == Known::neg) asked.insert(row);
    }
  std::vector<VerifiedConcept> concepts;
  for (const uint32_t row : asked) concepts.push_back({row, store.vocabulary().text(row), {}, {}});
  const auto places = places_of({asked.begin(), asked.end()});
  for (size_t i = 0; i < images.size(); ++i) {
    known.read(images[i]);
    for (const uint32_t row : known.rows()) {
      const auto place = places.find(row);
      const Known state = known.state(row);
      if (place == places.end() || !(is_true(state) || state == Known::neg)) continue;
      VerifiedConcept& one = concepts[static_cast<size_t>(place->second)];
      one.images.push_back(static_cast<int64_t>(i));
      one.is_true.push_back(is_true(state));
    }
  }
  return concepts;
}

std::vector<std::string> sentences(const Vocabulary& vocabulary, uint32_t row,
                                   const std::vector<std::string>& templates, bool synonyms) {
  std::vector<std::string> names{vocabulary.text(row)}, texts;
  const Vocabulary::About& about = vocabulary.about(row);
  if (synonyms) names.insert(names.end(), about.synonyms.begin(), about.synonyms.end());
  for (const std::string& name : names) {
    if (templates.empty()) texts.push_back(name);
    for (std::string text : templates) texts.push_back(text.replace(text.find("{}"), 2, name));
  }
  if (synonyms) texts.insert(texts.end(), about.prompts.begin(), about.prompts.end());
  return texts;
}

}  // namespace weft
