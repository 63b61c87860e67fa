// SPDX-License-Identifier: Apache-2.0
// Texts, classes and regions of an import run, and whose coordinates they have.
#include <algorithm>
#include <cmath>

#include "tests/data/importers/import_support.h"

namespace weft {
namespace {

const Region kCat{.concept_text = "cat"};

class Regions : public ImportRunTest {
 protected:
  Regions() { settings_.on.chosen[Problem::bad_mask] = "skip"; }
  static Added picture(ImportRun& run, int width = 10, int height = 8) {
    return *run.add_bytes(tiny_png(1, width, height), "a.png", "a");
  }
  // What the one picture's records are, after the end.
  std::vector<Record> records_of(ImportRun& run) {
    report_ = run.finish();
    return Store(dataset()).records(0);
  }
  ImportReport report_;
};

TEST_F(Regions, ABoxOutsideThePictureIsClamped) {
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_TRUE(run.add_box("boxes", added, {-4, 2, 5, 99}, kCat, "a:1"));
  const auto records = records_of(run);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(box_of(records[0].geometry), (Box{0, 2, 5, 8}));
  EXPECT_EQ(report_.repaired.at("box_outside").size(), 1u);
}

TEST_F(Regions, ABoxThatIsEmptyOnceClampedIsLeftOut) {
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_FALSE(run.add_box("boxes", added, {11, 2, 15, 4}, kCat, "a:1"));
  EXPECT_FALSE(run.add_box("boxes", added, {5, 4, 3, 6}, kCat, "a:2"));
  EXPECT_FALSE(run.add_box("boxes", added, {5, 4, 5 + 1e-9, 6}, kCat, "a:3"));  // no f32 lies between
  EXPECT_TRUE(records_of(run).empty());
  EXPECT_EQ(report_.left_out.at("box_empty").size(), 3u);
  EXPECT_TRUE(report_.repaired.empty());
}

TEST_F(Regions, WhatCoordinatesLoseInWritingIsNoProblem) {
  settings_.on.chosen[Problem::box_outside] = "refuse";
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_TRUE(run.add_box("boxes", added, {-0.004, 2, 10.004, 8}, kCat, "a:1"));
  EXPECT_EQ(error_of([&] { run.add_box("boxes", added, {0, 2, 10.02, 8}, kCat, "a:2"); }).substr(0, 5), "a:2: ");
  EXPECT_EQ(box_of(records_of(run)[0].geometry), (Box{0, 2, 10, 8}));
}

TEST_F(Regions, WhatIsSaidOfARegionIsInItsRecord) {
  ImportRun run = begin();
  const Added added = picture(run);
  run.add_box("boxes", added, {1, 1, 2, 2},
              {.concept_text = "wheel",
               .kind = Kind::neg,
               .confidence = 0.5f,
               .is = RegionIs::part,
               .flags = kOccluded | kTruncated,
               .id = 7,
               .parent = 3},
              "a:1");
  run.add_box("boxes", added, {1, 1, 2, 2}, {}, "a:2");
  const std::vector<Record> records = records_of(run);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].concept_row, kAnyConcept);
  const Record& wheel = records[1];
  EXPECT_EQ(Store(dataset()).vocabulary().text(wheel.concept_row), "wheel");
  EXPECT_EQ(wheel.kind, Kind::neg);
  EXPECT_EQ(wheel.confidence, 0.5f);
  EXPECT_EQ(wheel.region, RegionIs::part);
  EXPECT_EQ(wheel.flags, kOccluded | kTruncated);
  EXPECT_EQ(wheel.id, 7u);
  EXPECT_EQ(wheel.parent, 3u);
  EXPECT_EQ(wheel.view, kEveryView);
}

TEST_F(Regions, APointIsKeptInThePictureMovedFromItsEdgeAndNeverFromFartherAway) {
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_TRUE(run.add_point("points", added, {0, 8}, kCat, "a:1"));
  EXPECT_TRUE(run.add_point("points", added, {10.5f, 4}, kCat, "a:2"));
  EXPECT_FALSE(run.add_point("points", added, {12, 4}, kCat, "a:3"));
  EXPECT_EQ(records_of(run).size(), 2u);
  EXPECT_EQ(report_.repaired.at("box_outside").size(), 1u);
  EXPECT_EQ(report_.left_out.at("box_outside").size(), 1u);
}

TEST_F(Regions, AScribbleIsCutWhereItLeavesThePicture) {
  ImportRun run = begin();
  const Added added = picture(run);
  const Scribble scribble{2, {{1, 1}, {5, 1}, {20, 1}, {5, 5}, {-7, 5}, {-9, 5}}};
  EXPECT_TRUE(run.add_scribble("scribbles", added, scribble, kCat, "a:1"));
  EXPECT_FALSE(run.add_scribble("scribbles", added, {2, {{20, 1}, {30, 1}}}, kCat, "a:2"));
  const auto records = records_of(run);
  std::vector<std::vector<Point>> pieces;
  for (const Record& record : records) pieces.push_back(scribble_of(record.geometry).points);
  std::sort(pieces.begin(), pieces.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  EXPECT_EQ(pieces, (std::vector<std::vector<Point>>{{{1, 1}, {5, 1}}, {{5, 5}}}));
  EXPECT_EQ(report_.repaired.at("box_outside").size(), 1u);
  EXPECT_EQ(report_.left_out.at("box_outside").size(), 1u);
}

TEST_F(Regions, APolygonIsFilledEvenOdd) {
  ImportRun run = begin();
  const Added added = picture(run);
  // A square with a square hole, and another square beside it.
  EXPECT_TRUE(run.add_polygon(
      "masks", added, {{0, 0, 6, 0, 6, 6, 0, 6}, {2, 2, 4, 2, 4, 4, 2, 4}, {7, 0, 10, 0, 10, 3, 7, 3}}, kCat, "a:1"));
  const Rle mask = mask_of(records_of(run)[0].geometry);
  std::vector<uint8_t> pixels(80);
  paint_rle(mask, pixels.data(), 1);
  std::string shown;
  for (size_t i = 0; i < pixels.size(); ++i) shown += join("_#"[pixels[i]], i % 10 == 9 ? "\n" : "");
  EXPECT_EQ(shown,
            "######_###\n"
            "######_###\n"
            "##__##_###\n"
            "##__##____\n"
            "######____\n"
            "######____\n"
            "__________\n"
            "__________\n");
  EXPECT_EQ(area_of(mask), 32u + 9u);
}

TEST_F(Regions, APolygonOutOfThePictureIsCutAndReported) {
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_TRUE(run.add_polygon("masks", added, {{5, 2, 15, 2, 15, 6, 5, 6}}, kCat, "a:1"));
  EXPECT_FALSE(run.add_polygon("masks", added, {{1, 1, 5, 5}}, kCat, "a:2"));
  EXPECT_FALSE(run.add_polygon("masks", added, {}, kCat, "a:3"));
  EXPECT_FALSE(run.add_polygon("masks", added, {{1, 1, 5, NAN, 3, 3}}, kCat, "a:4"));
  EXPECT_EQ(area_of(mask_of(records_of(run)[0].geometry)), 20u);
  EXPECT_EQ(report_.repaired.at("box_outside").size(), 1u);
  EXPECT_EQ(report_.left_out.at("bad_mask").size(), 3u);
}

TEST_F(Regions, AMaskMustFillThePictureAndHaveSomethingInIt) {
  settings_.on.chosen[Problem::size_mismatch] = "skip";
  ImportRun run = begin();
  const Added added = picture(run);
  EXPECT_TRUE(run.add_mask("masks", added, {8, 10, {10, 20, 50}}, kCat, "a:1"));
  EXPECT_FALSE(run.add_mask("masks", added, {8, 10, {10, 20, 49}}, kCat, "a:2"));
  EXPECT_FALSE(run.add_mask("masks", added, {8, 10, {80}}, kCat, "a:3"));
  EXPECT_FALSE(run.add_mask("masks", added, {10, 8, {10, 20, 50}}, kCat, "a:4"));
  EXPECT_EQ(records_of(run).size(), 1u);
  EXPECT_EQ(report_.left_out.at("bad_mask").size(), 2u);
  EXPECT_EQ(report_.left_out.at("size_mismatch").size(), 1u);
}

// Where the pixel (x, y) of a stored picture of 16 x 8 is in the upright one: what EXIF says of its tag 274.
Point upright_of(int orientation, int x, int y) {
  constexpr int kRight = 15, kBottom = 7;
  const int places[9][2] = {{},
                            {x, y},
                            {kRight - x, y},
                            {kRight - x, kBottom - y},
                            {x, kBottom - y},
                            {y, x},
                            {kBottom - y, x},
                            {kBottom - y, kRight - x},
                            {y, kRight - x}};
  return {static_cast<float>(places[orientation][0]), static_cast<float>(places[orientation][1])};
}

TEST_F(Regions, AMaskOfTheStoredPictureIsTurnedWithIt) {
  for (int orientation = 5; orientation <= 8; ++orientation) {
    std::filesystem::remove_all(dataset());
    ImportRun run = begin();
    const Added added = *run.add_bytes(turned_jpeg(orientation), "a.jpg", "a");
    Bytes stored(16 * 8);
    stored[2 * 16 + 3] = 1;
    ASSERT_TRUE(run.add_mask("masks", added, rle_of_bitmap(stored.data(), 8, 16), kCat, "a:1"));
    const Rle mask = mask_of(records_of(run)[0].geometry);
    ASSERT_EQ(mask.width, 8u);
    const auto box = box_of_rle(mask);
    const Point wanted = upright_of(orientation, 3, 2);
    EXPECT_EQ(box, (std::array<double, 4>{wanted.x, wanted.y, 1, 1})) << orientation;
  }
}

TEST_F(Regions, TheFrameIsTheOneThatTheStatedSizeNames) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    std::filesystem::remove_all(dataset());
    ImportRun run = begin();
    const Added added = *run.add_bytes(turned_jpeg(orientation), "a.jpg", "a");
    const std::optional<Affine> stored = run.frame_of(added, 16, 8, "a:1");
    ASSERT_TRUE(stored);
    // Orientations 2 to 4 do not show in the size: the upright picture is taken.
    const Point wanted = orientation >= 5 ? upright_of(orientation, 3, 2) : Point{3, 2};
    const Point at = stored->apply({3.5f, 2.5f});
    EXPECT_EQ(at, (Point{wanted.x + 0.5f, wanted.y + 0.5f})) << orientation;
    const bool is_turned = orientation >= 5;
    EXPECT_EQ(run.frame_of(added, is_turned ? 8 : 16, is_turned ? 16 : 8, "a:2")->apply({1, 2}), (Point{1, 2}));
    EXPECT_EQ(run.frame_of(added, 0, 0, "a:3")->apply({1, 2}), (Point{1, 2}));
    run.frame_of(added, 0, 16, "a:4");
    EXPECT_EQ(run.report().notes.size(), orientation == 1 ? 0u : 1u);
    EXPECT_NE(error_of([&] { run.frame_of(added, 17, 8, "a:5"); }), "");
  }
}

TEST_F(Regions, AStatedSizeOfAnotherScaleCanBeScaled) {
  settings_.on.chosen[Problem::size_mismatch] = "scale";
  ImportRun run = begin();
  const Added added = picture(run);
  const std::optional<Affine> frame = run.frame_of(added, 20, 32, "a:1");
  ASSERT_TRUE(frame);
  EXPECT_EQ(mapped(*frame, {2, 4, 10, 32}), (Box{1, 1, 5, 8}));
  expect_says(run.report().repaired.at("size_mismatch").at(0), "a:1: the label states 20 x 32");
}

TEST_F(Regions, AMappedBoxHoldsItsMappedCorners) {
  EXPECT_EQ(mapped(upright_map(6, 16, 8), {1, 2, 4, 7}), (Box{1, 1, 6, 4}));
}

TEST_F(Regions, ClassesAreKeptWithWhatIsKnownOfThem) {
  ImportRun run = begin();
  const Added added = picture(run);
  run.add_class("boxes", "cat", "list:1", true, {"felis", "pussy"}, {"animal"});
  run.add_class("boxes", "dog", "list:2", true);
  run.add_class("boxes", "cat", "list:3", true, {"kitty"});
  run.add_class("other", "cat", "list:4", false);
  run.add_box("boxes", added, {1, 1, 2, 2}, {.concept_text = "cat"}, "a:1");
  run.say("other", added, "cat");
  const ImportReport report = run.finish();
  EXPECT_EQ(report.repaired.at("repeated_label"),
            (std::vector<std::string>{"list:3: the class \"cat\" is there already; it counts once"}));
  const Store store(dataset());
  const Vocabulary& vocabulary = store.vocabulary();
  const Vocabulary::About& cat = vocabulary.about(static_cast<uint32_t>(vocabulary.find("cat")));
  EXPECT_EQ(cat.synonyms, (std::vector<std::string>{"felis", "pussy", "kitty"}));
  ASSERT_EQ(cat.parents.size(), 1u);
  EXPECT_EQ(vocabulary.text(cat.parents[0]), "animal");
  EXPECT_TRUE(cat.closed);
  EXPECT_FALSE(vocabulary.about(cat.parents[0]).closed);
  EXPECT_GE(vocabulary.find("dog"), 0);
}

TEST_F(Regions, ATextThatIsNotUtf8IsMendedAlikeEverywhereAndReportedOnce) {
  settings_.on.chosen[Problem::text_not_utf8] = "repair";
  ImportRun run = begin();
  const Added added = *run.add_bytes(tiny_png(1), "caf\xe9.png", "list:1");
  run.add_class("boxes", "\xfcml", "list:2");
  run.add_box("boxes", added, {0, 0, 1, 1}, {.concept_text = "\xfcml"}, "list:3");
  EXPECT_EQ(run.find("caf\xe9.png")->key, "café.png");
  EXPECT_EQ(run.finish().repaired.at("text_not_utf8").size(), 2u);
  const Store store(dataset());
  EXPECT_EQ(store.info(0).key, "café.png");
  EXPECT_EQ(store.vocabulary().text(store.records(0)[0].concept_row), "üml");
}

TEST_F(Regions, ACaptionThatIsAStarMeansJustThat) {
  ImportRun run = begin();
  const Added added = picture(run);
  run.say_text("captions", added, " * ", "a:1");
  run.say("tags", added, "*", Kind::neg);
  run.finish();
  const Store store(dataset());
  ASSERT_EQ(store.texts(0).size(), 1u);
  EXPECT_EQ(store.vocabulary().text(store.texts(0)[0].row), "*");
}

TEST_F(Regions, TheSameStatementTwiceCountsOnceAndIsReported) {
  ImportRun run = begin();
  const Added added = picture(run);
  const Region cat{.concept_text = "cat"}, dog{.concept_text = "dog"};
  EXPECT_TRUE(run.add_box("boxes", added, {1, 1, 2, 2}, cat, "a:1"));
  EXPECT_TRUE(run.add_box("boxes", added, {1, 1, 2, 2}, dog, "a:2"));
  EXPECT_TRUE(run.add_box("others", added, {1, 1, 2, 2}, cat, "a:3"));
  EXPECT_FALSE(run.add_box("boxes", added, {1, 1, 2, 2}, {.concept_text = "cat", .id = 9}, "a:4"));
  run.say_text("captions", added, "a cat", "a:5");
  run.say_text("captions", added, "a cat ", "a:6");
  const ImportReport report = run.finish();
  EXPECT_EQ(report.statements, 4u);
  EXPECT_EQ(report.repaired.at("repeated_label").size(), 2u);
}

}  // namespace
}  // namespace weft
