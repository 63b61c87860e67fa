// SPDX-License-Identifier: Apache-2.0
#include "data/algebra.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/data/random_records.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr Uid kItem{1, 2};
constexpr uint32_t kDog = 0, kCat = 1, kCow = 2, kTexts = 6;
constexpr int kRounds = 300;

Record said_of(uint32_t row, Kind kind, float confidence = 1, uint16_t source = 0) {
  return {.item = kItem, .concept_row = row, .kind = kind, .confidence = confidence, .source = source};
}
Record list_of(std::vector<uint32_t> rows, float confidence = 1, uint16_t source = 0) {
  Record record = said_of(kAnyConcept, Kind::candidates, confidence, source);
  record.operands = std::move(rows);
  return record;
}
Record count_of(uint32_t row, uint32_t least, uint32_t most, uint16_t source = 0) {
  Record record = said_of(row, Kind::count, 1, source);
  record.operands = {least, most};
  return record;
}
Record boxed(Record record, const Box& box = {0, 0, 4, 4}) {
  record.scope = Scope::box;
  record.geometry = box_bytes(box);
  return record;
}
Record is(Record record, RegionIs region) {
  record.region = region;
  return record;
}

using Contradictions = std::vector<std::vector<uint32_t>>;

bool operator==(const Statement& a, const Statement& b) {
  return a.record == b.record && a.said == b.said;
}

void expect_same(const Merged& a, const Merged& b) {
  EXPECT_EQ(a.statements.size(), b.statements.size());
  EXPECT_TRUE(std::equal(a.statements.begin(), a.statements.end(), b.statements.begin(), b.statements.end(),
                         [](const Statement& x, const Statement& y) { return x == y; }));
  EXPECT_EQ(a.contradictions, b.contradictions);
}

// The one statement that is left of what was said.
Record merged_into_one(std::vector<Record> records) {
  const Merged merged = merge(std::move(records));
  EXPECT_EQ(merged.statements.size(), 1u);
  EXPECT_EQ(merged.contradictions, Contradictions{});
  return merged.statements.empty() ? Record{} : merged.statements[0].record;
}

float sigmoid(double odds) {
  return static_cast<float>(1 / (1 + std::exp(-odds)));
}

TEST(Merge, AgreementOfSourcesAddsUpToASureStatementAtMost) {
  EXPECT_EQ(merged_into_one({said_of(kDog, Kind::pos, .25f, 0), said_of(kDog, Kind::pos, .5f, 1)}).confidence, .75f);
  EXPECT_EQ(merged_into_one({said_of(kDog, Kind::neg, .75f, 0), said_of(kDog, Kind::neg, .75f, 1)}),
            said_of(kDog, Kind::neg, 1, 0));
  EXPECT_EQ(merged_into_one({said_of(kDog, Kind::unknown, .25f, 0), said_of(kDog, Kind::unknown, .5f, 1)}).confidence,
            .75f);
}

TEST(Merge, ProbabilitiesAddTheirLogOddsAndStrengthenAStatement) {
  const double sure = std::log(999.), odds = std::log(.8 / .2) + std::log(.7 / .3);
  const Record soft = merged_into_one({said_of(kDog, Kind::soft, .8f, 0), said_of(kDog, Kind::soft, .7f, 1)});
  EXPECT_EQ(soft.kind, Kind::soft);
  EXPECT_NEAR(soft.confidence, sigmoid(odds), 1e-6);
  EXPECT_NEAR(soft.confidence, .903226, 1e-6);  // 56 : 6
  const Record pos = merged_into_one({said_of(kDog, Kind::soft, .8f, 0), said_of(kDog, Kind::pos, .5f, 1)});
  EXPECT_EQ(pos.kind, Kind::pos);
  EXPECT_NEAR(pos.confidence, .5 + std::log(4.) / sure, 1e-6);
  const Record neg = merged_into_one({said_of(kDog, Kind::soft, .2f, 0), said_of(kDog, Kind::neg, .5f, 1)});
  EXPECT_EQ(neg.kind, Kind::neg);
  EXPECT_NEAR(neg.confidence, pos.confidence, 1e-6);
  EXPECT_NEAR(merged_into_one({said_of(kDog, Kind::soft, 1, 0), said_of(kDog, Kind::soft, 1, 1)}).confidence, .999,
              1e-6);
}

TEST(Merge, OneSourceCountsOnceBySurestThatItSaid) {
  EXPECT_EQ(merged_into_one({said_of(kDog, Kind::pos, .25f), said_of(kDog, Kind::pos, .5f)}).confidence, .5f);
  EXPECT_EQ(merged_into_one({said_of(kDog, Kind::pos, .25f), said_of(kDog, Kind::pos, .25f)}).confidence, .25f);
}

TEST(Merge, WhatEverySourceSaidStaysReadable) {
  const std::vector<Record> records{said_of(kDog, Kind::pos, .25f, 0), said_of(kDog, Kind::pos, .5f, 1)};
  EXPECT_EQ(merge(records).statements.at(0).said, records);
}

TEST(Merge, WhatOneSourceNotesBesideARegionIsKept) {
  Record seen = boxed(is(said_of(kDog, Kind::pos, .25f, 0), RegionIs::unsaid)),
         noted = boxed(said_of(kDog, Kind::pos, .25f, 1));
  seen.flags = kOccluded, noted.flags = kCrowd, noted.region = RegionIs::object;
  const Record both = merged_into_one({seen, noted});
  EXPECT_EQ(both.flags, kOccluded | kCrowd);
  EXPECT_EQ(both.region, RegionIs::object);
}

TEST(Merge, AContradictionKeepsBothSidesAsTheyWereSaid) {
  const std::vector<Record> records{said_of(kDog, Kind::pos, .25f, 0), said_of(kDog, Kind::pos, .5f, 1),
                                    said_of(kDog, Kind::neg, 1, 2)};
  const Merged merged = merge(records);
  ASSERT_EQ(merged.statements.size(), 2u);
  EXPECT_EQ(merged.statements[0].record, records[2]);
  EXPECT_EQ(merged.statements[1].record, said_of(kDog, Kind::pos, .75f, 0));
  EXPECT_EQ(merged.contradictions, (Contradictions{{0, 1}}));
}

TEST(Merge, WhatCannotHoldTogetherIsNamed) {
  const auto contradictions = [](std::vector<Record> records) {
    return merge(std::move(records)).contradictions.size();
  };
  EXPECT_EQ(contradictions({said_of(kDog, Kind::neg), said_of(kDog, Kind::exists)}), 1u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::neg), count_of(kDog, 1, 2)}), 1u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::pos), count_of(kDog, 0, 0)}), 1u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::exists), count_of(kDog, 0, 0)}), 1u);
  EXPECT_EQ(contradictions({count_of(kDog, 0, 2, 0), count_of(kDog, 3, 4, 1)}), 1u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::neg), boxed(said_of(kDog, Kind::pos))}), 1u);
  EXPECT_EQ(contradictions({boxed(is(said_of(kDog, Kind::pos, 1, 0), RegionIs::object)),
                            boxed(is(said_of(kDog, Kind::pos, 1, 1), RegionIs::stuff))}),
            1u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::pos), said_of(kCat, Kind::neg)}), 0u);
  EXPECT_EQ(contradictions({list_of({kDog, kCat}, 1, 0), list_of({kCow, 4}, 1, 1)}), 0u);  // it may be a dog and a cow
  EXPECT_EQ(contradictions({boxed(said_of(kDog, Kind::pos)), boxed(said_of(kDog, Kind::neg))}), 1u);
  EXPECT_EQ(contradictions({boxed(said_of(kDog, Kind::pos)), boxed(said_of(kDog, Kind::neg), {0, 0, 4, 5})}), 0u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::pos), boxed(said_of(kDog, Kind::neg))}), 0u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::neg, 0), said_of(kDog, Kind::pos)}), 0u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::neg), count_of(kDog, 0, 2)}), 0u);
  EXPECT_EQ(contradictions({said_of(kDog, Kind::unknown), said_of(kDog, Kind::pos)}), 0u);
  EXPECT_EQ(contradictions(
                {boxed(is(said_of(kDog, Kind::pos, 1, 0), RegionIs::object)), boxed(said_of(kDog, Kind::pos, 1, 1))}),
            0u);
}

TEST(Merge, ADenialOfAVolumeCoversItsSlicesAndADenialOfASliceNoOther) {
  Record slice = said_of(kDog, Kind::pos), denied = said_of(kDog, Kind::neg);
  slice.view = 3;
  EXPECT_EQ(merge({slice, denied}).contradictions.size(), 1u);
  denied.view = 4;
  EXPECT_EQ(merge({slice, denied}).contradictions.size(), 0u);
  denied.view = 3;
  EXPECT_EQ(merge({slice, denied}).contradictions.size(), 1u);
}

TEST(Merge, CountsAreIntersectedAsSureAsTheLeastSureAndListsAreNot) {
  Record least = count_of(kDog, 0, 3, 0);
  least.confidence = .5f;
  Record wanted = count_of(kDog, 2, 3, 0);
  wanted.confidence = .5f;
  EXPECT_EQ(merged_into_one({least, count_of(kDog, 2, 5, 1)}), wanted);
  EXPECT_EQ(merge({list_of({kDog, kCat}, 1, 0), list_of({kCat, kCow}, 1, 1)}).statements.size(), 2u);
  EXPECT_EQ(merged_into_one({list_of({kDog, kCat}, .5f, 0), list_of({kDog, kCat}, .25f, 1)}).confidence, .75f);
}

TEST(Merge, NegTakesCandidatesAwayAndTheLastOneIsPos) {
  const Record list = list_of({kDog, kCat, kCow});
  Merged merged = merge({list, said_of(kDog, Kind::neg, 1, 1)});
  EXPECT_EQ(merged.statements.at(0).record, list_of({kCat, kCow}));
  EXPECT_EQ(merged.statements.at(0).said.size(), 2u);
  merged = merge({list, said_of(kDog, Kind::neg), said_of(kCow, Kind::neg)});
  ASSERT_EQ(merged.statements.size(), 3u);
  EXPECT_EQ(merged.statements.at(1).record, said_of(kCat, Kind::pos));
  EXPECT_EQ(merged.contradictions, Contradictions{});
  merged = merge({list, said_of(kDog, Kind::neg), said_of(kCow, Kind::neg), said_of(kCat, Kind::pos, .5f, 1)});
  EXPECT_EQ(merged.statements.at(1).record.confidence, 1);
  EXPECT_EQ(merged.statements.at(1).said.size(), 4u);
}

TEST(Merge, AListOfWhichNothingIsLeftContradictsThoseWhoTookItAway) {
  const Record list = list_of({kDog, kCat});
  const Merged merged = merge({list, said_of(kDog, Kind::neg), said_of(kCat, Kind::neg), said_of(kCow, Kind::neg)});
  ASSERT_EQ(merged.statements.size(), 4u);
  EXPECT_EQ(merged.statements[0].record, list);
  EXPECT_EQ(merged.contradictions, (Contradictions{{0, 1, 2}}));
}

TEST(Merge, ANegThatIsLessSureThanAListTakesNothingAway) {
  const Record list = list_of({kDog, kCat}, .5f);
  EXPECT_EQ(merge({list, said_of(kDog, Kind::neg, .25f)}).statements.at(0).record, list);
  EXPECT_EQ(merge({list, said_of(kDog, Kind::neg, .25f, 0), said_of(kDog, Kind::neg, .25f, 1)}).statements.at(1).record,
            said_of(kCat, Kind::pos, .5f));
}

TEST(Merge, DependsNeitherOnOrderNorOnRepetition) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    std::vector<Record> records = drawn::records(stream, kTexts, 14);
    const Merged merged = merge(records);
    drawn::shuffle(stream, records);
    expect_same(merge(records), merged);
    std::vector<Record> twice = records;
    twice.insert(twice.end(), records.begin(), records.end());
    expect_same(merge(twice), merged);
  }
}

TEST(Merge, DependsNotOnTheGroupsInWhichItWasMergedBefore) {
  Stream stream(2, Purpose::init, 0, 0);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    const std::vector<Record> a = drawn::records(stream, kTexts, 8), b = drawn::records(stream, kTexts, 8);
    std::vector<Record> all = a, first_a = said(merge(a));
    all.insert(all.end(), b.begin(), b.end());
    first_a.insert(first_a.end(), b.begin(), b.end());
    expect_same(merge(first_a), merge(all));
  }
}

TEST(Merge, LosesNothingThatWasSaidAndSaysOnlyWhatARecordMay) {
  Stream stream(3, Purpose::init, 0, 0);
  Vocabulary words;
  for (uint32_t i = 0; i < kTexts; ++i) words.row_of(std::to_string(i));
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Record> records = drawn::records(stream, kTexts, 14);
    const Merged merged = merge(records);
    for (const Statement& statement : merged.statements)
      EXPECT_EQ(error_of([&] { check_record(statement.record, words); }), "");
    each_once(records);
    EXPECT_EQ(said(merged), records);
    for (const std::vector<uint32_t>& parties : merged.contradictions) {
      EXPECT_GE(parties.size(), 2u);
      EXPECT_LT(parties.back(), merged.statements.size());
    }
  }
}

TEST(Merge, AnAgreeingSourceNeverMakesAStatementLessSure) {
  Stream stream(4, Purpose::init, 0, 0);
  for (int round = 0; round < kRounds; ++round) {
    const auto confidence = [&] { return static_cast<float>(stream.uniform(.01, 1)); };
    const Record one = said_of(kDog, Kind::pos, confidence(), 0), two = said_of(kDog, Kind::pos, confidence(), 1);
    const float both = merged_into_one({one, two}).confidence;
    EXPECT_GE(both, std::max(one.confidence, two.confidence));
    EXPECT_NEAR(both, std::min(1.f, one.confidence + two.confidence), 1e-6);
  }
}

}  // namespace
}  // namespace weft
