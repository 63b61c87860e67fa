// SPDX-License-Identifier: Apache-2.0
// What is said of the samples of a dataset, concept by concept and layer by layer.
//   S(c | p) = P(p is absent | c is present), over samples where both were verified: near 0 for a part of p, near 1 for
//   what stands by itself (docs: objects and parts); with Wilson's interval.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/algebra.h"
#include "data/check/numbers.h"
#include "data/store.h"

namespace weft {

// Samples by what is known of a concept in the whole of them (data/algebra.h): POS anywhere in it is one of it, NEG is
// of the whole, and what an exhaustive labelling does not list, or the hierarchy implies, counts.
constexpr size_t kKnownStates = 8;
struct StateCounts {
  std::array<size_t, kKnownStates> samples{};
  size_t& operator[](Known state) { return samples[static_cast<size_t>(state)]; }
  size_t operator[](Known state) const { return samples[static_cast<size_t>(state)]; }
  Share prevalence() const;  // pos among pos and neg
};

struct ConceptStatistics {
  std::string text;
  bool closed = false;                        // a class of a list
  StateCounts all;                            // of all layers together
  std::map<std::string, StateCounts> layers;  // of those that say something of it
  std::map<std::string, size_t> regions;      // scope -> how many
  Quantiles area, side;                       // of boxes and masks: share of the picture; square root, in pixels
};

struct LayerStatistics {
  size_t records = 0;
  std::map<std::string, size_t> kinds, scopes, regions;  // name -> records; regions: what they are
  size_t samples = 0;                                    // of which it says something
  size_t exhaustive = 0;                                 // samples labelled exhaustively for its closed list
  size_t classes = 0;                                    // of that list
  size_t bags = 0;                                       // samples of which something is said together
};

// A concept that is both true and not true of a sample.
struct Contradiction {
  uint32_t sample = 0;
  std::string text;
  std::vector<std::string> says_yes, says_no;  // layers; one that is in both contradicts itself
};

struct PartOf {
  std::string child, parent;
  Share separate;  // S(child | parent)
  Share attached;  // of the child's regions, those whose parent region is of that concept
};

struct LabelStatistics {
  size_t vocabulary = 0;
  std::map<std::string, LayerStatistics> layers;
  std::vector<ConceptStatistics> concepts;  // the most frequent first
  std::map<size_t, size_t> texts_per_sample;
  size_t without_text = 0, without_statement = 0;
  size_t within = 0, across = 0;  // contradictions: of a layer with itself, of layers with each other
  std::vector<Contradiction> contradictions;
  std::vector<PartOf> parts;
  Quantiles words, letters;  // of texts that are said of whole samples, as often as they are said
};
LabelStatistics label_statistics(const Store& store, size_t most_listed);

}  // namespace weft
