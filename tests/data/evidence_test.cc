// SPDX-License-Identifier: Apache-2.0
#include "data/evidence.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "data/manifest.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr Uid kFirst{1, 9}, kSecond{2, 3}, kThird{2, 4};

Bytes box(float x0, float y0, float x1, float y1) {
  const std::array<float, 4> edges{x0, y0, x1, y1};
  Bytes bytes(sizeof edges);
  std::memcpy(bytes.data(), edges.data(), bytes.size());
  return bytes;
}

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
              .geometry = box(1, 2, 3.5, 4)});
  writer.publish(folder.path());
  const EvidenceLayer layer = read_evidence_layer(folder.path() / "evidence" / "boxes");
  ASSERT_EQ(layer.records.size(), 1u);
  EXPECT_EQ(layer.records[0].scope, Scope::box);
  EXPECT_EQ(layer.records[0].concept_row, kAnyConcept);
  EXPECT_EQ(layer.records[0].region, RegionIs::part);
  EXPECT_EQ(layer.records[0].geometry, box(1, 2, 3.5, 4));
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

TEST(Evidence, WhatTheFormatCannotHoldIsRefusedWhenItIsAdded) {
  EvidenceWriter writer("tags");
  const auto error_on = [&](Record record) { return error_of([&] { writer.add(std::move(record)); }); };
  expect_says(error_on({.item = kFirst, .concept_row = 0}), "concept_row 0 is beyond the 0 texts");
  expect_says(error_on({.item = kFirst, .confidence = 1.5f}), "confidence is 1.5");
  expect_says(error_on({.item = kFirst, .confidence = NAN}), "confidence is nan");
  expect_says(error_on({.item = kFirst, .scope = Scope::mask}), "records of scope mask have no format");
  expect_says(error_on({.item = kFirst, .geometry = box(0, 0, 1, 1)}), "has 16 bytes of geometry, wanted 0");
  expect_says(error_on({.item = kFirst, .scope = Scope::box}), "has 0 bytes of geometry, wanted 16");
  expect_says(error_on({.item = kFirst, .scope = Scope::box, .geometry = box(3, 0, 3, 1)}), "wanted x0 < x1");
  expect_says(error_on({.item = kFirst, .scope = Scope::box, .geometry = box(0, 0, INFINITY, 1)}), "a box is");
  expect_says(error_of([&] { writer.add(kFirst, "\xc3("); }), "a text is not UTF-8");
  expect_says(error_of([&] { EvidenceWriter("../tags"); }), "is no name");
  EXPECT_EQ(writer.size(), 0u);
  EXPECT_EQ(writer.vocabulary().size(), 0u);
}

TEST(Evidence, SeveralPartsAreOneLayer) {
  ScratchFolder one, two;
  EvidenceWriter first("tags"), second("tags");
  first.add(kThird, "b"), first.add(kFirst, "a");
  second.add(kSecond, "a"), second.add(kFirst, "0");
  first.publish(one.path()), second.publish(two.path());
  const Path folder = one.path() / "evidence" / "tags";
  fs::copy_file(two.path() / "evidence" / "tags" / "part-0.h5", folder / "part-1.h5");
  rewrite_manifest(folder, {{"part-0.h5", 2}, {"part-1.h5", 2}});
  const EvidenceLayer layer = read_evidence_layer(folder);
  ASSERT_EQ(layer.records.size(), 4u);
  EXPECT_EQ(layer.vocabulary.size(), 3u);
  const std::vector<std::string> texts{"0", "a", "a", "b"};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(text_of(layer, i), texts[i]);
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

TEST(Evidence, ALieInAColumnIsRefused) {
  const auto error_after = [](const std::string& column, hid_t type, const auto& values) {
    ScratchFolder folder;
    EvidenceWriter writer("tags");
    writer.add(kFirst, "a"), writer.add(kSecond, "b");
    writer.publish(folder.path());
    const Path layer = folder.path() / "evidence" / "tags";
    lie_in_column(layer / "part-0.h5", column, type, values);
    rewrite_manifest(layer, {{"part-0.h5", 2}});
    return error_of([&] { read_evidence_layer(layer); });
  };
  using U8 = std::vector<uint8_t>;
  expect_says(error_after("records/kind", H5T_NATIVE_UINT8, U8{0, 99}), "kind 99 is unknown");
  expect_says(error_after("records/kind", H5T_NATIVE_UINT8, U8{0, 99}), "part-0.h5, record 1");
  expect_says(error_after("records/scope", H5T_NATIVE_UINT8, U8{7, 0}), "scope 7 is unknown");
  expect_says(error_after("records/region", H5T_NATIVE_UINT8, U8{5, 0}), "region 5 is unknown");
  expect_says(error_after("records/concept_row", H5T_NATIVE_UINT32, std::vector<uint32_t>{0, 2}),
              "concept_row 2 is beyond the 2 texts");
  expect_says(error_after("records/confidence", H5T_NATIVE_FLOAT, std::vector<float>{2, 1}), "confidence is 2");
  expect_says(error_after("vocabulary/text_blob", H5T_NATIVE_UINT8, U8{0xff, 'b'}), "a text is not UTF-8");
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

TEST(Evidence, LayersThatContradictEachOtherStaySideBySide) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
  const Uid uid = writer.add(tiny_png(1), "a.png", "a");
  writer.layer("expert").add(uid, "polyp", Kind::neg);
  writer.layer("teacher").add(uid, "polyp", Kind::pos);
  writer.finish();
  const Store store(folder.path());
  ASSERT_EQ(store.texts(0).size(), 2u);
  EXPECT_EQ(store.texts(0)[0].row, store.texts(0)[1].row);
  EXPECT_EQ(store.texts(0)[0].kind, Kind::neg);
  EXPECT_EQ(store.texts(0)[1].kind, Kind::pos);
  EXPECT_EQ(store.records(0)[0].source, 0);
  EXPECT_EQ(store.records(0)[1].source, 1);
}

TEST(Evidence, ARecordOfASampleThatIsNotThereNamesLayerAndUid) {
  ScratchFolder folder;
  {
    StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
    writer.add(tiny_png(1), "a.png", "a");
    writer.layer("tags").add(kSecond, "ghost");
    expect_says(error_of([&] { writer.finish(); }), "which was never added");
  }
  StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
  writer.add(tiny_png(1), "a.png", "a");
  writer.finish();
  EvidenceWriter ghost("ghosts");
  ghost.add(kSecond, "ghost");
  ghost.publish(folder.path());
  Manifest manifest = read_manifest(folder.path());
  manifest.layers.push_back({"ghosts", 1});
  write_atomically(folder / kManifestFile, manifest_text(manifest));
  expect_says(error_of([&] { Store store(folder.path()); }),
              "evidence layer \"ghosts\" speaks of sample 00000000000000020000000000000003, which is not in");
}

}  // namespace
}  // namespace weft
