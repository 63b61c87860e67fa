// SPDX-License-Identifier: Apache-2.0
// What of an evidence layer can be judged: which of its texts, and what is known of them (data/algebra.h: synonyms are
// one concept, regions speak of their image, hierarchies and exhaustive lists are followed).  A text is judged because
// its own layer speaks of it; what is true of an image is true in whatever layer it stands.
#pragma once

#include <string>
#include <vector>

#include "data/check/known.h"
#include "data/store.h"

namespace weft {

// Texts and images that are true of each other.
struct JudgedLayer {
  std::string name;
  std::vector<uint32_t> rows;  // of the store's vocabulary: texts that are true, by this layer, of an image
  std::vector<std::string> texts;
  std::vector<std::vector<int64_t>> images_of, texts_of;  // by text, by image: places in the lists
};
// With `train` not empty, only texts that this layer also says of one of those samples.  No text at all is no Error.
JudgedLayer judged_layer(const Store& store, KnownConcepts& known, const std::string& layer,
                         const std::vector<uint32_t>& images, const std::vector<uint32_t>& train);
// Which of a judged layer's texts are true of each sample.
std::vector<std::vector<int64_t>> true_texts(KnownConcepts& known, const JudgedLayer& layer,
                                             const std::vector<uint32_t>& samples);

// The classes of a layer: its closed list, or where it has none the texts that it says of an image.  Only images of
// which exactly one class is true can be judged.
struct JudgedClasses {
  std::string name;
  std::vector<uint32_t> rows;
  std::vector<std::string> texts;
};
JudgedClasses judged_classes(const Store& store, KnownConcepts& known, const std::string& layer,
                             const std::vector<uint32_t>& images);
struct Labelled {
  std::vector<int64_t> images;       // places in the list
  std::vector<int32_t> classes;      // of each
  int64_t without = 0, several = 0;  // images left out: no class is known to be true, more than one is
};
Labelled labelled(KnownConcepts& known, const JudgedClasses& classes, const std::vector<uint32_t>& images);

// A concept's verified images: places in the list, and whether it is true of them.
struct VerifiedConcept {
  uint32_t row;
  std::string text;
  std::vector<int64_t> images;
  std::vector<bool> is_true;
  int64_t positives() const;
  int64_t negatives() const { return static_cast<int64_t>(images.size()) - positives(); }
  bool has_both() const { return positives() > 0 && negatives() > 0; }
};
// Of each row in `rows`; where that is empty, of every text of which the layer says that it is or is not true of an
// image.
std::vector<VerifiedConcept> verified_concepts(const Store& store, KnownConcepts& known, const std::string& layer,
                                               const std::vector<uint32_t>& images,
                                               const std::vector<uint32_t>& rows = {});

// The text of a row in every template ("{}" stands for it); with `synonyms` its other names, too, and its prompts.
std::vector<std::string> sentences(const Vocabulary& vocabulary, uint32_t row,
                                   const std::vector<std::string>& templates, bool synonyms);

}  // namespace weft
