// SPDX-License-Identifier: Apache-2.0
#include "data/evidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "data/geometry.h"
#include "data/manifest.h"
#include "tests/data/golden_evidence.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr Uid kFirst{1, 9}, kSecond{2, 3}, kThird{2, 4};

std::string text_of(const EvidenceLayer& layer, size_t record) {
  return layer.vocabulary.text(layer.records[record].concept_row);
}

// layer.json again, after a test has changed the parts.
void rewrite_manifest(const Path& layer_folder, const std::vector<std::pair<std::string, uint64_t>>& parts) {
  LayerManifest manifest{.name = "tags"};
  for (const auto& [file, records] : parts) {
    const Path path = layer_folder / file;
    manifest.parts.push_back({file, records, fs::file_size(path), hash_of_file(path)});
    manifest.records += records;
  }
  write_atomically(layer_folder / kLayerFile, layer_manifest_text(manifest));
}

TEST(Evidence, RecordsComeBackBySampleThenText) {
  ScratchFolder folder;
  EvidenceWriter writer("tags");
  writer.add(kThird, "b", Kind::soft, 0.25f);
  writer.add(kSecond, "z");
  writer.add(kThird, "a", Kind::neg);
  writer.add(kFirst, "z", Kind::unknown);
  EXPECT_EQ(writer.publish(folder.path()), 4u);
  const EvidenceLayer layer = read_evidence_layer(folder.path() / "evidence" / "tags");
  EXPECT_EQ(layer.name, "tags");
  ASSERT_EQ(layer.records.size(), 4u);
  const std::vector<Uid> items{kFirst, kSecond, kThird, kThird};
  const std::vector<std::string> texts{"z", "z", "a", "b"};
  const std::vector<Kind> kinds{Kind::unknown, Kind::pos, Kind::neg, Kind::soft};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(layer.records[i].item, items[i]);
    EXPECT_EQ(text_of(layer, i), texts[i]);
    EXPECT_EQ(layer.records[i].kind, kinds[i]);
  }
  EXPECT_EQ(layer.records[3].confidence, 0.25f);
}

TEST(Evidence, ABoxKeepsItsEdgesAndWhatTheRegionIs) {
  ScratchFolder folder;
  EvidenceWriter writer("boxes");
  writer.add({.item = kFirst,
              .scope = Scope::box,
              .kind = Kind::neg,
              .region = RegionIs::part,
              .geometry = box_bytes({1, 2, 3.5, 4})});
  writer.publish(folder.path());
  const EvidenceLayer layer = read_evidence_layer(folder.path() / "evidence" / "boxes");
  ASSERT_EQ(layer.records.size(), 1u);
  EXPECT_EQ(layer.records[0].scope, Scope::box);
  EXPECT_EQ(layer.records[0].concept_row, kAnyConcept);
  EXPECT_EQ(layer.records[0].region, RegionIs::part);
  EXPECT_EQ(layer.records[0].geometry, box_bytes({1, 2, 3.5, 4}));
}

TEST(Evidence, AStatementThatIsSaidTwiceByOneSourceCountsOnce) {
  ScratchFolder folder;
  EvidenceWriter writer("tags");
  writer.add(kFirst, "dog");
  writer.add(kFirst, "dog");
  writer.add(kFirst, "dog", Kind::neg);
  EXPECT_EQ(writer.publish(folder.path()), 2u);
}

TEST(Evidence, OrderOfAddingDoesNotChangeTheTextsOrRecords) {
  ScratchFolder one, two;
  EvidenceWriter forward("tags"), backward("tags");
  forward.add(kFirst, "a"), forward.add(kSecond, "b");
  backward.add(kSecond, "b"), backward.add(kFirst, "a");
  forward.publish(one.path()), backward.publish(two.path());
  const EvidenceLayer a = read_evidence_layer(one.path() / "evidence" / "tags");
  const EvidenceLayer b = read_evidence_layer(two.path() / "evidence" / "tags");
  ASSERT_EQ(a.records.size(), b.records.size());
  for (size_t i = 0; i < a.records.size(); ++i) {
    EXPECT_EQ(a.records[i].item, b.records[i].item);
    EXPECT_EQ(text_of(a, i), text_of(b, i));
  }
}

TEST(Evidence, ListsOfCandidatesAreOrderedByTheirTextsAndNotByTheirRows) {
  const auto first_list = [](std::vector<std::string> texts) {
    Vocabulary words;
    for (const std::string& text : texts) words.row_of(text);
    const auto row = [&](const char* text) { return static_cast<uint32_t>(words.find(text)); };
    std::vector<Record> lists;
    for (auto [one, other] : {std::pair(row("a"), row("d")), {row("b"), row("c")}})
      lists.push_back(
          {.item = kFirst, .kind = Kind::candidates, .operands = {std::min(one, other), std::max(one, other)}});
    sort_records(lists, words);
    std::set<std::string> first;
    for (const uint32_t operand : lists[0].operands) first.insert(words.text(operand));
    return first;
  };
  EXPECT_EQ(first_list({"a", "b", "c", "d"}), (std::set<std::string>{"a", "d"}));
  EXPECT_EQ(first_list({"b", "c", "d", "a"}), (std::set<std::string>{"a", "d"}));
}

TEST(Evidence, WhatNoReaderCouldMakeSenseOfIsRefusedWhenItIsAdded) {
  EvidenceWriter writer("tags");
  const auto error_on = [&](Record record) { return error_of([&] { writer.add(std::move(record)); }); };
  expect_says(error_on({.item = kFirst, .concept_row = 0}), "concept_row 0 is beyond the 0 texts");
  expect_says(error_on({.item = kFirst, .confidence = 1.5f}), "confidence is 1.5");
  expect_says(error_on({.item = kFirst, .confidence = NAN}), "confidence is nan");
  expect_says(error_on({.item = kFirst, .flags = 64}), "flags are 64; the last one is 32");
  expect_says(error_on({.item = kFirst, .id = 3}), "a record of scope image has the id 3");
  expect_says(error_on({.item = kFirst, .scope = Scope::point, .id = 3, .parent = 3, .geometry = point_bytes({1, 1})}),
              "region 3 is its own parent");
  expect_says(error_of([&] { writer.add(kFirst, "\xc3("); }), "a text is not UTF-8");
  expect_says(error_of([&] { EvidenceWriter("../tags"); }), "is no name");
  EXPECT_EQ(writer.size(), 0u);
  EXPECT_EQ(writer.vocabulary().size(), 0u);
}

TEST(Evidence, AScopeHasItsOwnGeometryOnly) {
  EvidenceWriter writer("tags");
  const Bytes box = box_bytes({0, 0, 1, 1}), point = point_bytes({0, 0}), uid = uid_bytes({1, 2}),
              scribble = scribble_bytes({1, {{0, 0}}}), mask = mask_bytes({1, 1, {1}});
  const auto error_on = [&](Scope scope, const Bytes& geometry) {
    return error_of([&] { writer.add({.item = kFirst, .scope = scope, .geometry = geometry}); });
  };
  const std::vector<std::pair<Scope, Bytes>> right{
      {Scope::image, {}},          {Scope::bag, {}},  {Scope::box, box}, {Scope::point, point}, {Scope::mask, mask},
      {Scope::scribble, scribble}, {Scope::pair, uid}};
  for (const auto& [scope, geometry] : right) EXPECT_EQ(error_on(scope, geometry), "");
  expect_says(error_on(Scope::image, box), "scope image has 16 bytes of geometry, wanted none");
  expect_says(error_on(Scope::bag, box), "scope bag has 16 bytes of geometry, wanted none");
  expect_says(error_on(Scope::box, point), "a box has 8 bytes of geometry, wanted 16");
  expect_says(error_on(Scope::box, box_bytes({3, 0, 3, 1})), "wanted x0 < x1");
  expect_says(error_on(Scope::box, box_bytes({0, 0, INFINITY, 1})), "a box holds the number inf");
  expect_says(error_on(Scope::point, box), "a point has 16 bytes");
  expect_says(error_on(Scope::mask, {1, 0, 0, 0, 1, 0, 0, 0, 2}), "the runs of a mask add up to 2 pixels");
  expect_says(error_on(Scope::scribble, box), "a scribble has 16 bytes");
  expect_says(error_on(Scope::pair, point), "a pair has 8 bytes");
  EXPECT_EQ(writer.size(), right.size());
}

TEST(Evidence, OnlyListsAndCountsHaveOperands) {
  EvidenceWriter writer("tags");
  for (const char* text : {"a", "b", "c"}) writer.vocabulary().row_of(text);
  const auto error_on = [&](Kind kind, std::vector<uint32_t> operands, uint32_t row = kAnyConcept) {
    return error_of(
        [&] { writer.add({.item = kFirst, .concept_row = row, .kind = kind, .operands = std::move(operands)}); });
  };
  EXPECT_EQ(error_on(Kind::candidates, {0, 2}), "");
  EXPECT_EQ(error_on(Kind::count, {2, 2}, 1), "");
  expect_says(error_on(Kind::candidates, {}), "a list of candidates is empty");
  expect_says(error_on(Kind::candidates, {0, 3}), "candidate 3 is beyond the 3 texts");
  expect_says(error_on(Kind::candidates, {2, 0}), "do not ascend");
  expect_says(error_on(Kind::candidates, {1, 1}), "do not ascend");
  expect_says(error_on(Kind::candidates, {0, 2}, 1), "a list of candidates has a concept of its own");
  expect_says(error_on(Kind::count, {1}), "a count has 1 operands");
  expect_says(error_on(Kind::count, {3, 2}), "a count is from 3 to 2");
  expect_says(error_on(Kind::pos, {1}), "a record of kind pos has 1 operands, wanted none");
  expect_says(error_on(Kind::exhaustive, {1, 2}), "a record of kind exhaustive has 2 operands");
}

// Layers that releases have written, and today's, say what tests/data/golden_evidence.h says.
void expect_says_the_same(EvidenceLayer found, EvidenceWriter wanted) {
  ScratchFolder folder;
  wanted.publish(folder.path());
  EvidenceLayer now = read_evidence_layer(folder.path() / "evidence" / wanted.name());
  EXPECT_EQ(found.vocabulary, wanted.vocabulary());
  EXPECT_EQ(found.vocabulary, now.vocabulary);
  EXPECT_EQ(found.records, now.records);
  EXPECT_EQ(found.records.size(), wanted.size());
  EXPECT_EQ(found.bags, now.bags);
}

TEST(Evidence, LayersOfEveryReleaseLoad) {
  const Path golden = Path(WEFT_SOURCE_DIR) / "tests/golden";
  expect_says_the_same(read_evidence_layer(golden / "evidence_v1/labels"), golden::version_1());
  expect_says_the_same(read_evidence_layer(golden / "evidence_v2/labels"), golden::version_2());
}

TEST(Evidence, ALayerOfAnEarlierReleaseIsTheSameLayerWhenItIsImportedAgain) {
  ScratchFolder folder;
  fs::create_directories(folder / "evidence");
  fs::copy(Path(WEFT_SOURCE_DIR) / "tests/golden/evidence_v1/labels", folder / "evidence/labels");
  EXPECT_EQ(golden::version_1().publish(folder.path()), 6u);
  expect_says(error_of([&] { golden::version_2().publish(folder.path()); }), "holds another evidence layer");
}

TEST(Evidence, EveryFieldComesBack) {
  ScratchFolder folder;
  EvidenceWriter writer = golden::version_2();
  EXPECT_EQ(writer.publish(folder.path()), writer.size());
  const EvidenceLayer layer = read_evidence_layer(folder.path() / "evidence/labels");
  EXPECT_EQ(layer.records, writer.records());  // publish() has sorted them
  EXPECT_EQ(layer.vocabulary, writer.vocabulary());
  ASSERT_EQ(layer.bags.size(), 1u);
  EXPECT_EQ(layer.bags[0].name, "patient 12");
  EXPECT_EQ(layer.bags[0].members, (std::vector<Uid>{kFirst, kSecond}));
}

TEST(Evidence, ABagIsNamedByItsNameAndMembers) {
  const Bag bag{"a", {kFirst, kSecond}};
  EXPECT_EQ(bag.uid(), (Bag{"a", {kFirst, kSecond}}.uid()));
  EXPECT_NE(bag.uid(), (Bag{"b", {kFirst, kSecond}}.uid()));
  EXPECT_NE(bag.uid(), (Bag{"a", {kFirst}}.uid()));
  EvidenceWriter writer("bags");
  EXPECT_EQ(writer.add_bag({"a", {kSecond, kFirst, kSecond}}), bag.uid());
  expect_says(error_of([&] { writer.add_bag({"a", {}}); }), "the bag \"a\" has no members");
  expect_says(error_of([&] { writer.add_bag({"\xff", {kFirst}}); }), "is not UTF-8");
}

TEST(Evidence, ARecordOfABagThatIsNotThereIsRefused) {
  ScratchFolder folder;
  EvidenceWriter writer("bags");
  writer.add_bag({"a", {kFirst}});
  writer.add({.item = kSecond, .scope = Scope::bag, .kind = Kind::exists});
  expect_says(error_of([&] { writer.publish(folder.path()); }), "speaks of the bag 00000000000000020000000000000003");
}

TEST(Vocabulary, AbsorbingAddsTextsAndWhatIsKnownOfThem) {
  Vocabulary ours, theirs;
  const uint32_t animal = ours.row_of("animal"), dog = ours.row_of("dog");
  ours.about(dog) = {{"hound"}, {}, {animal}, false};
  const uint32_t their_dog = theirs.row_of("dog"), pet = theirs.row_of("pet"), their_animal = theirs.row_of("animal");
  theirs.about(their_dog) = {{"mutt", "hound"}, {"a dog"}, {pet, their_animal}, true};
  EXPECT_EQ(ours.absorb(theirs), (std::vector<uint32_t>{dog, 2, animal}));
  EXPECT_EQ(ours.about(dog), (Vocabulary::About{{"hound", "mutt"}, {"a dog"}, {animal, 2}, true}));
  const Vocabulary before = ours;
  ours.absorb(theirs);
  EXPECT_EQ(ours, before);
}

// The statements of golden::version_2(), dealt out to `parts` ranks, each with a vocabulary in an order of its own.
void publish_in_parts(const Path& folder, int parts, int first_text) {
  const EvidenceWriter whole = golden::version_2();
  const auto count = static_cast<int>(whole.vocabulary().size());
  for (int part = 0; part < parts; ++part) {
    EvidenceWriter writer(whole.name());
    for (int i = 0; i < count; ++i)
      writer.vocabulary().row_of(whole.vocabulary().text((first_text + part + i) % count));
    const std::vector<uint32_t> row_of = writer.vocabulary().absorb(whole.vocabulary());
    writer.add_bag(whole.bags()[0]);
    for (size_t i = 0; i < whole.size(); ++i) {
      Record record = whole.records()[i];
      renumber(record, row_of);
      if (i % parts == static_cast<size_t>(part) || i == 0) writer.add(std::move(record));  // all say the first
    }
    writer.publish_part(folder, part);
  }
}

TEST(Evidence, ALayerIsTheSameHoweverManyRanksWroteIt) {
  ScratchFolder whole;
  golden::version_2().publish(whole.path());
  const EvidenceLayer wanted = read_evidence_layer(whole.path() / "evidence/labels");
  for (int parts = 1; parts <= 5; ++parts) {
    SCOPED_TRACE(parts);
    ScratchFolder folder;
    publish_in_parts(folder.path(), parts, parts);
    expect_says(error_of([&] { read_evidence_layer(folder.path() / "evidence/labels"); }), "layer.json is missing");
    EXPECT_EQ(EvidenceWriter::publish_parts(folder.path(), "labels", parts), wanted.records.size());
    const EvidenceLayer layer = read_evidence_layer(folder.path() / "evidence/labels");
    EXPECT_EQ(layer.bags, wanted.bags);
    EXPECT_EQ(layer.vocabulary.size(), wanted.vocabulary.size());
    ASSERT_EQ(layer.records.size(), wanted.records.size());
    for (size_t i = 0; i < layer.records.size(); ++i) {
      EXPECT_EQ(layer.records[i].geometry, wanted.records[i].geometry);
      EXPECT_EQ(layer.records[i].kind, wanted.records[i].kind);
      if (wanted.records[i].concept_row == kAnyConcept) continue;
      EXPECT_EQ(text_of(layer, i), text_of(wanted, i));
    }
    EXPECT_EQ(golden::version_2().publish(folder.path()), wanted.records.size());  // the same layer, uncut
    expect_says(error_of([&] { golden::version_1().publish(folder.path()); }), "holds another evidence layer");
  }
}

TEST(Evidence, APartThatIsMissingOrDiffersFromAFinishedLayerIsNamed) {
  ScratchFolder folder;
  publish_in_parts(folder.path(), 2, 0);
  expect_says(error_of([&] { EvidenceWriter::publish_parts(folder.path(), "labels", 3); }), "part-2.h5: is missing");
  EvidenceWriter::publish_parts(folder.path(), "labels", 2);
  publish_in_parts(folder.path(), 2, 3);  // the same again, numbered otherwise
  EvidenceWriter::publish_parts(folder.path(), "labels", 2);
  expect_says(error_of([&] { EvidenceWriter::publish_parts(folder.path(), "labels", 1); }),
              "holds another evidence layer");
  expect_says(error_of([&] { golden::version_1().publish_part(folder.path(), 1); }), "part-1.h5: holds another");
  expect_says(error_of([&] { golden::version_1().publish_part(folder.path(), 2); }), "without part-2.h5");
}

TEST(Evidence, APartThatWasChangedOrCutIsRefused) {
  ScratchFolder folder;
  EvidenceWriter writer("tags");
  writer.add(kFirst, "a text that can be found");
  writer.publish(folder.path());
  const Path layer = folder.path() / "evidence" / "tags";
  const std::string text = "a text that can be found";
  flip_byte_of(Bytes(text.begin(), text.end()), layer / "part-0.h5");
  expect_says(error_of([&] { read_evidence_layer(layer); }), "part-0.h5: its hash is ");
  fs::resize_file(layer / "part-0.h5", 100);
  expect_says(error_of([&] { read_evidence_layer(layer); }), "part-0.h5: has 100 bytes");
  fs::remove(layer / kLayerFile);
  expect_says(error_of([&] { read_evidence_layer(layer); }), "no evidence layer here (layer.json is missing)");
}

// What reading the golden layer says after one of its columns was overwritten.
template <class T>
std::string error_after(const std::string& column, hid_t type, const std::vector<T>& values) {
  ScratchFolder folder;
  EvidenceWriter writer = golden::version_2();
  const size_t records = writer.publish(folder.path());
  const Path layer = folder.path() / "evidence/labels";
  lie_in_column(layer / "part-0.h5", column, type, values);
  rewrite_manifest(layer, {{"part-0.h5", records}});
  return error_of([&] { read_evidence_layer(layer); });
}

TEST(Evidence, ALieInAColumnIsRefused) {
  const EvidenceWriter golden = golden::version_2();
  const size_t records = golden.size(), texts = golden.vocabulary().size();
  const std::vector<uint8_t> bytes(records, 99);
  expect_says(error_after("records/kind", H5T_NATIVE_UINT8, bytes), "kind 99 is unknown; the last one is 7");
  expect_says(error_after("records/kind", H5T_NATIVE_UINT8, bytes), "reading record 0");
  expect_says(error_after("records/kind", H5T_NATIVE_UINT8, bytes), "part-0.h5");
  expect_says(error_after("records/scope", H5T_NATIVE_UINT8, bytes), "scope 99 is unknown; the last one is 6");
  expect_says(error_after("records/region", H5T_NATIVE_UINT8, bytes), "region 99 is unknown; the last one is 4");
  expect_says(error_after("records/flags", H5T_NATIVE_UINT8, bytes), "flags are 99");
  expect_says(error_after("records/concept_row", H5T_NATIVE_UINT32, std::vector<uint32_t>(records, 99)),
              "concept_row 99 is beyond the 6 texts");
  expect_says(error_after("records/confidence", H5T_NATIVE_FLOAT, std::vector<float>(records, 2)), "confidence is 2");
  expect_says(error_after("records/id", H5T_NATIVE_UINT32, std::vector<uint32_t>(records, 1)), "has the id 1");
  expect_says(error_after("records/operands", H5T_NATIVE_UINT32, std::vector<uint32_t>{1, 1, 1, 4}), "do not ascend");
  expect_says(error_after("records/operands_ptr", H5T_NATIVE_UINT64, std::vector<uint64_t>(records + 1, 4)),
              "records/operands_ptr does not ascend from 0");
  expect_says(error_after("vocabulary/text_blob", H5T_NATIVE_UINT8, std::vector<uint8_t>(47, 0xff)),
              "a text is not UTF-8");
  expect_says(error_after("vocabulary/text_ptr", H5T_NATIVE_UINT64, std::vector<uint64_t>{0, 0, 0, 0, 0, 0, 47}),
              "the text \"\" is there twice");
  expect_says(error_after("vocabulary/synonym_blob", H5T_NATIVE_UINT8, std::vector<uint8_t>(11, 0xff)),
              "vocabulary/synonym of row 0 is not UTF-8");
  expect_says(error_after("vocabulary/synonym_of", H5T_NATIVE_UINT64, std::vector<uint64_t>(texts + 1, 1)),
              "vocabulary/synonym_of does not ascend from 0");
  expect_says(error_after("vocabulary/parents", H5T_NATIVE_UINT32, std::vector<uint32_t>{0, 6}),
              "vocabulary/parents: 6 is beyond the 6 texts");
  expect_says(error_after("bags/member_high", H5T_NATIVE_UINT64, std::vector<uint64_t>{3, 2}), "do not ascend");
  expect_says(error_after("bags/member_low", H5T_NATIVE_UINT64, std::vector<uint64_t>{9, 4}), "speaks of the bag");
}

TEST(Evidence, ALayerIsNeverRewritten) {
  ScratchFolder folder;
  EvidenceWriter first("tags"), same("tags"), other("tags");
  first.add(kFirst, "a"), same.add(kFirst, "a"), other.add(kFirst, "b");
  first.publish(folder.path());
  EXPECT_EQ(same.publish(folder.path()), 1u);
  expect_says(error_of([&] { other.publish(folder.path()); }), "holds another evidence layer of this name");
  EXPECT_EQ(text_of(read_evidence_layer(folder.path() / "evidence" / "tags"), 0), "a");
}

}  // namespace
}  // namespace weft
