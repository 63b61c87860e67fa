// SPDX-License-Identifier: Apache-2.0
// Layers as a dataset reads them.
#include <gtest/gtest.h>

#include "data/geometry.h"
#include "data/manifest.h"
#include "data/order.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr Uid kGhost{2, 3};

TEST(EvidenceOfAStore, LayersThatContradictEachOtherStaySideBySide) {
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

TEST(EvidenceOfAStore, WhatIsTrueOfARegionIsTrueOfTheSampleAndOfWhatIsMoreGeneral) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
  const Uid uid = writer.add(tiny_png(1), "a.png", "a");
  EvidenceWriter& layer = writer.layer("boxes");
  const auto row = [&](const char* text) { return layer.vocabulary().row_of(text); };
  layer.vocabulary().about(row("dog")).parents = {row("animal")};
  layer.vocabulary().about(row("oak")).parents = {row("plant")};
  const auto box = [&](const char* text, Kind kind, float confidence) {
    layer.add({.item = uid,
               .scope = Scope::box,
               .concept_row = row(text),
               .kind = kind,
               .confidence = confidence,
               .geometry = box_bytes({0, 0, 2, 2})});
  };
  box("dog", Kind::pos, 0.5f);
  box("dog", Kind::pos, 0.9f);
  box("cat", Kind::neg, 1);  // somewhere else it may be
  layer.add(uid, "plant", Kind::neg);
  writer.finish();
  const Store store(folder.path());
  std::string said;
  for (const TextStatement& text : store.texts(0))
    said += join(store.vocabulary().text(text.row), ' ', name_of(text.kind), ' ', text.confidence, '\n');
  EXPECT_EQ(said, "animal pos 0.9\ndog pos 0.9\nplant neg 1\noak neg 1\n");
}

TEST(EvidenceOfAStore, AnExhaustiveSampleDeniesTheClassesThatItDoesNotHave) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
  const Uid one = writer.add(tiny_png(1), "a.png", "a"), other = writer.add(tiny_png(2), "b.png", "b");
  EvidenceWriter& layer = writer.layer("boxes");
  for (const char* text : {"cat", "dog", "car"})
    layer.vocabulary().about(layer.vocabulary().row_of(text)).closed = true;
  layer.add({.item = one, .scope = Scope::box, .concept_row = 1, .geometry = box_bytes({0, 0, 2, 2})});
  layer.add({.item = one, .kind = Kind::exhaustive});
  layer.add(other, "cat");
  writer.finish();
  const Store store(folder.path());
  const size_t first = static_cast<size_t>(store.find(one));
  ASSERT_EQ(store.denied(first).size(), 2u);
  EXPECT_EQ(store.vocabulary().text(store.denied(first)[0].row), "cat");
  EXPECT_EQ(store.vocabulary().text(store.denied(first)[1].row), "car");
  EXPECT_TRUE(store.denied(static_cast<size_t>(store.find(other))).empty());
  const Sources sources(folder.path(), "all");
  const auto cells =
      cells_of(sources, static_cast<uint32_t>(first), {{0, {{0, false}}}, {1, {{1, false}}}, {2, {{2, false}}}});
  ASSERT_EQ(cells.size(), 3u);
  for (const Cell& cell : cells) {
    EXPECT_EQ(cell.q, cell.text == 1 ? 1 : 0);
    EXPECT_EQ(cell.w, 1);
  }
}

TEST(EvidenceOfAStore, ARecordOfASampleThatIsNotThereNamesLayerAndUid) {
  ScratchFolder folder;
  {
    StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
    writer.add(tiny_png(1), "a.png", "a");
    writer.layer("tags").add(kGhost, "ghost");
    expect_says(error_of([&] { writer.finish(); }), "which was never added");
  }
  StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
  writer.add(tiny_png(1), "a.png", "a");
  writer.finish();
  EvidenceWriter ghost("ghosts");
  ghost.add(kGhost, "ghost");
  ghost.publish(folder.path());
  Manifest manifest = read_manifest(folder.path());
  manifest.layers.push_back({"ghosts", 1});
  write_atomically(folder / kManifestFile, manifest_text(manifest));
  expect_says(error_of([&] { Store store(folder.path()); }),
              "evidence layer \"ghosts\" speaks of sample 00000000000000020000000000000003, which is not in");
}

}  // namespace
}  // namespace weft
