// SPDX-License-Identifier: Apache-2.0
#include "data/concepts.h"

#include <gtest/gtest.h>

#include "tests/data/random_records.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

using Rows = std::vector<uint32_t>;

Vocabulary words(std::initializer_list<const char*> texts) {
  Vocabulary vocabulary;
  for (const char* text : texts) vocabulary.row_of(text);
  return vocabulary;
}

TEST(Concepts, WhatIsMoreGeneralIsReachedOverAllParents) {
  Vocabulary vocabulary = words({"thing", "animal", "pet", "dog", "car"});
  vocabulary.about(1).parents = {0};
  vocabulary.about(2).parents = {0};
  vocabulary.about(3).parents = {2, 1};
  const Concepts concepts(vocabulary);
  EXPECT_EQ(concepts.above(3), (Rows{0, 1, 2}));
  EXPECT_EQ(concepts.above(0), Rows{});
  EXPECT_EQ(concepts.below(0), (Rows{1, 2, 3}));
  EXPECT_EQ(concepts.below(4), Rows{});
}

TEST(Concepts, ACircleOfParentsIsNamed) {
  Vocabulary vocabulary = words({"a", "b", "c", "below", "fine"});
  vocabulary.about(0).parents = {4, 1};
  vocabulary.about(1).parents = {2};
  vocabulary.about(2).parents = {0};
  vocabulary.about(3).parents = {0};
  EXPECT_EQ(error_of([&] { Concepts concepts(vocabulary); }),
            "the parents of concepts go in a circle: \"a\" -> \"b\" -> \"c\" -> \"a\"");
  vocabulary = words({"a"});
  vocabulary.about(0).parents = {0};
  EXPECT_EQ(error_of([&] { Concepts concepts(vocabulary); }), "the parents of concepts go in a circle: \"a\" -> \"a\"");
}

TEST(Concepts, ATextAndItsSynonymAreOneRow) {
  Vocabulary vocabulary = words({"kitty", "cat", "animal", "beast"});
  vocabulary.about(1) = {{"kitty", "tom cat"}, {}, {}, true};
  vocabulary.about(0).parents = {3};
  vocabulary.about(2).synonyms = {"beast"};
  const Concepts concepts(vocabulary);
  EXPECT_EQ(concepts.row(0), 1u);
  EXPECT_EQ(concepts.row(1), 1u);
  EXPECT_EQ(concepts.row(3), 2u);
  EXPECT_EQ(concepts.row(kAnyConcept), kAnyConcept);
  EXPECT_EQ(concepts.above(1), Rows{2});  // the parent that was named of the synonym, by its own synonym
  EXPECT_EQ(concepts.below(3), Rows{1});
}

TEST(Concepts, ASynonymOfTwoTextsOrAClassOfItsOwnStaysWhatItIs) {
  Vocabulary vocabulary = words({"bat", "bat (animal)", "bat (sports)", "cup", "mug"});
  vocabulary.about(1).synonyms = {"bat"};
  vocabulary.about(2).synonyms = {"bat"};
  vocabulary.about(3) = {{"mug", "cup"}, {}, {}, true};
  vocabulary.about(4).closed = true;
  const Concepts concepts(vocabulary);
  for (uint32_t row = 0; row < 5; ++row) EXPECT_EQ(concepts.row(row), row);
  vocabulary.about(4).closed = false;
  EXPECT_EQ(Concepts(vocabulary).row(4), 3u);
}

TEST(Concepts, TextsThatNameEachOtherAreTheClosedOneOrTheFirst) {
  Vocabulary vocabulary = words({"x", "a", "b", "c"});
  vocabulary.about(1).synonyms = {"b"};
  vocabulary.about(2).synonyms = {"c"};
  vocabulary.about(3).synonyms = {"a", "x"};
  for (const uint32_t row : Rows{0, 1, 2, 3}) EXPECT_EQ(Concepts(vocabulary).row(row), 1u);
  vocabulary.about(3).closed = true;
  for (const uint32_t row : Rows{0, 1, 2, 3}) EXPECT_EQ(Concepts(vocabulary).row(row), 3u);
}

TEST(Concepts, AboveAndBelowAreTheTwoSidesOfOneRelation) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < 100; ++round) {
    Vocabulary vocabulary = drawn::vocabulary(stream, 12);
    for (uint32_t row = 0; row < 12; ++row)
      if (stream.chance(.2)) vocabulary.about(row).synonyms = {vocabulary.text(drawn::below(stream, 12))};
    std::unique_ptr<Concepts> concepts;
    if (!error_of([&] { concepts = std::make_unique<Concepts>(vocabulary); }).empty())
      continue;  // synonyms may make one
    for (uint32_t row = 0; row < 12; ++row) {
      EXPECT_EQ(concepts->row(concepts->row(row)), concepts->row(row));
      for (const uint32_t above : concepts->above(row)) {
        const Rows below = concepts->below(above), further = concepts->above(above), all = concepts->above(row);
        EXPECT_TRUE(std::binary_search(below.begin(), below.end(), concepts->row(row)));
        EXPECT_TRUE(std::includes(all.begin(), all.end(), further.begin(), further.end()));
      }
    }
  }
}

TEST(Concepts, LongChainsAreQuick) {
  constexpr uint32_t kLong = 50000;
  Vocabulary vocabulary;
  for (uint32_t row = 0; row < kLong; ++row) {
    vocabulary.row_of(std::to_string(row));
    if (row > 0) vocabulary.about(row).parents = {row - 1};
    if (row + 1 < kLong && row % 2) vocabulary.about(row).synonyms = {std::to_string(row + 1)};
  }
  EXPECT_EQ(Concepts(vocabulary).above(kLong - 1).size(), kLong / 2);
}

TEST(MirroredRow, SidesChangePlacesWhereBothTextsAreThere) {
  const Vocabulary vocabulary = words({"left wrist", "right wrist", "left ear", "leftover", "rightover", "right_eye",
                                       "left_eye", "Left lung", "Right lung", "wrist, left", "wrist, right"});
  const Rows mirrored{1, 0, 2, 3, 4, 6, 5, 8, 7, 10, 9};
  for (uint32_t row = 0; row < mirrored.size(); ++row)
    EXPECT_EQ(mirrored_row(row, vocabulary), mirrored[row]) << vocabulary.text(row);
  EXPECT_EQ(mirrored_row(kAnyConcept, vocabulary), kAnyConcept);
}

}  // namespace
}  // namespace weft
