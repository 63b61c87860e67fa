// SPDX-License-Identifier: Apache-2.0
// What the layers of tests/golden/evidence_v1 and evidence_v2 say.
#pragma once

#include "data/evidence.h"
#include "data/geometry.h"

namespace weft::golden {

constexpr Uid kFirst{1, 9}, kSecond{2, 3};

// Everything that version 1 could hold: scopes image and box, and no more of a region than what it is.
inline EvidenceWriter version_1() {
  EvidenceWriter writer("labels");
  writer.add(kSecond, "dog");
  writer.add(kFirst, "Straße", Kind::neg, 0.75f);
  writer.add(kFirst, "dog", Kind::soft, 0.25f);
  writer.add(kFirst, "cat", Kind::unknown);
  writer.add({.item = kSecond,
              .scope = Scope::box,
              .concept_row = writer.vocabulary().row_of("dog"),
              .region = RegionIs::object,
              .geometry = box_bytes({1, 2, 3.5, 4})});
  writer.add({.item = kSecond,
              .scope = Scope::box,
              .kind = Kind::neg,
              .confidence = 0.5f,
              .region = RegionIs::fragment,
              .geometry = box_bytes({0, 0, 8, 8})});
  return writer;
}

// Every scope, kind and field.
inline EvidenceWriter version_2() {
  EvidenceWriter writer = version_1();
  Vocabulary& words = writer.vocabulary();
  const uint32_t dog = words.row_of("dog"), cat = words.row_of("cat"), animal = words.row_of("animal"),
                 paw = words.row_of("left paw");
  words.about(dog) = {{"hound", "Köter"}, {"a photo of a dog"}, {animal}, true};
  words.about(cat) = {{}, {}, {animal}, true};
  writer.add({.item = kFirst,
              .view = 3,
              .scope = Scope::mask,
              .concept_row = dog,
              .flags = kCrowd | kDifficult,
              .id = 7,
              .geometry = mask_bytes({3, 200, {0, 300, 300}})});
  writer.add({.item = kFirst,
              .scope = Scope::point,
              .concept_row = paw,
              .confidence = 0.5f,
              .region = RegionIs::part,
              .flags = kOccluded,
              .id = 8,
              .parent = 7,
              .geometry = point_bytes({1.5, 2})});
  writer.add({.item = kFirst,
              .scope = Scope::scribble,
              .concept_row = animal,
              .region = RegionIs::stuff,
              .geometry = scribble_bytes({2, {{0, 0}, {1, 2}}})});
  writer.add({.item = kFirst, .kind = Kind::candidates, .operands = {dog, cat}});
  writer.add({.item = kFirst, .concept_row = dog, .kind = Kind::count, .operands = {1, 4}});
  writer.add({.item = kSecond, .concept_row = animal, .kind = Kind::exists});
  writer.add({.item = kSecond, .kind = Kind::exhaustive});
  writer.add({.item = kSecond,
              .scope = Scope::pair,
              .concept_row = words.row_of("defect-free template"),
              .geometry = uid_bytes(kFirst)});
  const Uid bag = writer.add_bag({"patient 12", {kSecond, kFirst, kSecond}});
  writer.add({.item = bag, .scope = Scope::bag, .concept_row = cat, .kind = Kind::exists});
  return writer;
}

}  // namespace weft::golden
