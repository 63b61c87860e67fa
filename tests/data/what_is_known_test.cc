// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "data/algebra.h"
#include "tests/data/random_records.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr Uid kItem{1, 2};
constexpr uint32_t kAnimal = 0, kDog = 1, kCat = 2, kCar = 3;

Vocabulary animals() {
  Vocabulary words;
  for (const char* text : {"animal", "dog", "cat", "car"}) words.row_of(text);
  words.about(kDog).parents = words.about(kCat).parents = {kAnimal};
  return words;
}

Record said_of(uint32_t row, Kind kind, float confidence = 1) {
  return {.item = kItem, .concept_row = row, .kind = kind, .confidence = confidence};
}
Record with(Record record, std::vector<uint32_t> operands) {
  record.operands = std::move(operands);
  return record;
}
Record boxed(Record record) {
  record.scope = Scope::box;
  record.geometry = box_bytes({0, 0, 4, 4});
  return record;
}

std::string known(const std::vector<Record>& records, const std::vector<uint32_t>& closed = {}) {
  std::string text;
  for (const Known one : what_is_known(records, Concepts(animals()), {closed})) text += join(name_of(one), " ");
  return text;
}

TEST(WithHierarchy, PosGoesUpAndNegGoesDown) {
  const Concepts concepts(animals());
  std::vector<Record> wanted{said_of(kDog, Kind::pos, .5f), said_of(kAnimal, Kind::pos, .5f)};
  each_once(wanted);
  EXPECT_EQ(with_hierarchy({said_of(kDog, Kind::pos, .5f)}, concepts), wanted);
  wanted = {said_of(kAnimal, Kind::neg), said_of(kDog, Kind::neg), said_of(kCat, Kind::neg)};
  each_once(wanted);
  EXPECT_EQ(with_hierarchy({said_of(kAnimal, Kind::neg)}, concepts), wanted);
  for (const Kind kind : {Kind::soft, Kind::unknown, Kind::exhaustive})
    for (const uint32_t row : {kAnimal, kDog})
      EXPECT_EQ(with_hierarchy({said_of(row, kind)}, concepts).size(), 1u) << name_of(kind);
  EXPECT_EQ(with_hierarchy({said_of(kAnimal, Kind::pos)}, concepts).size(), 1u);
  EXPECT_EQ(with_hierarchy({said_of(kDog, Kind::neg)}, concepts).size(), 1u);
}

TEST(WithHierarchy, SynonymsMeetInOneRow) {
  Vocabulary words = animals();
  const uint32_t hound = words.row_of("hound");
  words.about(kDog).synonyms = {"hound"};
  const Concepts concepts(words);
  EXPECT_EQ(with_hierarchy({said_of(hound, Kind::neg)}, concepts), (std::vector<Record>{said_of(kDog, Kind::neg)}));
  EXPECT_EQ(with_hierarchy({with(said_of(kAnyConcept, Kind::candidates), {kDog, kCat, hound})}, concepts),
            (std::vector<Record>{with(said_of(kAnyConcept, Kind::candidates), {kDog, kCat})}));
  EXPECT_EQ(
      merge(with_hierarchy({said_of(hound, Kind::neg), said_of(kDog, Kind::pos)}, concepts)).contradictions.size(), 1u);
}

TEST(WithHierarchy, IsAllThereIsTheFirstTime) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < 200; ++round) {
    const Vocabulary words = drawn::vocabulary(stream, 8);
    const Concepts concepts(words);
    std::vector<Record> records = drawn::records(stream, 8, 10);
    const std::vector<Record> closed = with_hierarchy(records, concepts);
    EXPECT_EQ(with_hierarchy(closed, concepts), closed);
    each_once(records);
    EXPECT_TRUE(std::all_of(records.begin(), records.end(), [&](const Record& record) {
      return std::find(closed.begin(), closed.end(), record) != closed.end();
    }));
  }
}

TEST(WhatIsKnown, NamesOfEachConceptTheStrongestThatFollows) {
  EXPECT_EQ(known({}), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({said_of(kDog, Kind::pos)}), "pos pos unsaid unsaid ");
  EXPECT_EQ(known({boxed(said_of(kDog, Kind::pos))}), "pos pos unsaid unsaid ");
  EXPECT_EQ(known({said_of(kAnimal, Kind::neg)}), "neg neg neg unsaid ");
  EXPECT_EQ(known({boxed(said_of(kAnimal, Kind::neg))}), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({said_of(kCat, Kind::unknown), said_of(kDog, Kind::soft, .5f)}), "unsaid soft unknown unsaid ");
  EXPECT_EQ(known({with(said_of(kAnyConcept, Kind::candidates), {kDog, kCar})}), "unsaid candidate unsaid candidate ");
  EXPECT_EQ(known({said_of(kDog, Kind::exists)}), "exists exists unsaid unsaid ");
  EXPECT_EQ(known({with(said_of(kDog, Kind::count), {1, 3})}), "unsaid exists unsaid unsaid ");
  EXPECT_EQ(known({with(said_of(kDog, Kind::count), {0, 0})}), "unsaid neg unsaid unsaid ");
  EXPECT_EQ(known({with(said_of(kDog, Kind::count), {0, 3})}), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({said_of(kDog, Kind::pos), said_of(kAnimal, Kind::neg)}), "contradicted contradicted neg unsaid ");
  EXPECT_EQ(known({said_of(kDog, Kind::neg), said_of(kDog, Kind::exists)}), "exists contradicted unsaid unsaid ");
  EXPECT_EQ(known({said_of(kDog, Kind::pos, 0)}), "unsaid unsaid unsaid unsaid ");
}

TEST(WhatIsKnown, AnExhaustiveImageDeniesWhatItsSourceDoesNotMention) {
  const Record all = said_of(kAnyConcept, Kind::exhaustive);
  const std::vector<uint32_t> closed{kDog, kCat, kCar};
  EXPECT_EQ(known({all}, closed), "unsaid neg neg neg ");
  EXPECT_EQ(known({all}), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({boxed(said_of(kDog, Kind::pos)), all}, closed), "pos pos neg neg ");
  EXPECT_EQ(known({boxed(said_of(kDog, Kind::unknown)), all}, closed), "unsaid unknown neg neg ");
  EXPECT_EQ(known({boxed(with(said_of(kAnyConcept, Kind::candidates), {kDog, kCar})), all}, closed),
            "unsaid candidate neg candidate ");
  EXPECT_EQ(known({said_of(kCar, Kind::exhaustive)}), "unsaid unsaid unsaid neg ");
  EXPECT_EQ(known({boxed(said_of(kCar, Kind::exhaustive))}), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({boxed(said_of(kAnimal, Kind::pos)), all}, closed), "pos unsaid unsaid neg ");  // it may be a dog
  EXPECT_EQ(known({boxed(said_of(kDog, Kind::unknown)), all}, {kAnimal, kCar}), "unsaid unknown unsaid neg ");
  EXPECT_EQ(known({boxed(said_of(kAnyConcept, Kind::pos)), all}, closed), "unsaid unsaid unsaid unsaid ");
  EXPECT_EQ(known({boxed(said_of(kAnyConcept, Kind::neg)), all}, closed), "unsaid neg neg neg ");
}

TEST(WhatIsKnown, OneSourceIsExhaustiveForItsOwnClassesOnly) {
  Record all = said_of(kAnyConcept, Kind::exhaustive), cat = boxed(said_of(kCat, Kind::pos));
  all.source = 1;
  const Concepts concepts(animals());
  const std::vector<Known> found = what_is_known({all, cat}, concepts, {{kDog, kCat, kCar}, {kCar, kCat}});
  EXPECT_EQ(found[kDog], Known::unsaid);
  EXPECT_EQ(found[kCar], Known::neg);
  EXPECT_EQ(found[kCat], Known::contradicted);  // the other source says that it is there
}

// Whatever is said truly of a world, nothing that follows is false of it, and nothing contradicts.
TEST(Algebra, NothingFalseFollowsFromWhatIsTrue) {
  Stream stream(2, Purpose::init, 0, 0);
  size_t positives = 0, negatives = 0, narrowed = 0;
  for (int round = 0; round < 1000; ++round) {
    const Vocabulary words = drawn::vocabulary(stream, 8);
    const Concepts concepts(words);
    const drawn::World world(stream, words);
    std::vector<Record> records;
    for (const Record& record : drawn::records(stream, 8, 30)) {
      const bool is_global = record.scope == Scope::image && record.kind != Kind::exhaustive;
      if (is_global && (record.concept_row != kAnyConcept || record.kind == Kind::candidates) && world.holds(record))
        records.push_back(record);
    }
    const std::vector<uint32_t> closed = drawn::rows(stream, 8, .4);
    if (stream.chance(.5)) {
      records.push_back(said_of(kAnyConcept, Kind::exhaustive));
      for (const uint32_t row : closed)
        if (world.is_true[row]) records.push_back(boxed(said_of(row, Kind::pos)));
    }
    for (Record& record : records) record.confidence = record.kind == Kind::soft ? .5f : 1;
    SCOPED_TRACE(round);
    const Merged merged = merge(with_hierarchy(records, concepts));
    EXPECT_EQ(merged.contradictions.size(), 0u);
    for (const Statement& statement : merged.statements) {
      EXPECT_TRUE(world.holds(statement.record));
      const bool is_from_list = std::any_of(statement.said.begin(), statement.said.end(),
                                            [](const Record& record) { return record.kind == Kind::candidates; });
      narrowed += is_from_list && statement.record.kind == Kind::pos;
    }
    const std::vector<Known> found = what_is_known(records, concepts, {closed});
    for (uint32_t row = 0; row < found.size(); ++row) {
      const bool is_pos = found[row] == Known::pos || found[row] == Known::exists, is_neg = found[row] == Known::neg;
      EXPECT_NE(found[row], Known::contradicted);
      EXPECT_TRUE(world.is_true[row] ? !is_neg : !is_pos);
      positives += is_pos, negatives += is_neg;
    }
  }
  EXPECT_GT(positives, 500u);
  EXPECT_GT(negatives, 500u);
  EXPECT_GT(narrowed, 50u);
}

}  // namespace
}  // namespace weft
