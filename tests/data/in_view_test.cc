// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "data/algebra.h"
#include "tests/data/random_records.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

constexpr Uid kItem{1, 2};
constexpr uint32_t kDog = 0, kLeft = 1, kRight = 2;
constexpr int kWidth = 20, kHeight = 10;

Vocabulary texts() {
  Vocabulary words;
  for (const char* text : {"dog", "left wrist", "right wrist"}) words.row_of(text);
  return words;
}

ViewFrame crop_of(int x, int y, int width, int height, double kept_share = 0.1) {
  return {{1, 0, double(-x), 0, 1, double(-y)}, width, height, kWidth, kHeight, kept_share};
}
const ViewFrame kMirror{{-1, 0, kWidth, 0, 1, 0}, kWidth, kHeight, kWidth, kHeight};

Record image(Kind kind, float confidence = 1, std::vector<uint32_t> operands = {}) {
  const uint32_t row = kind == Kind::candidates ? kAnyConcept : kDog;
  return {.item = kItem, .concept_row = row, .kind = kind, .confidence = confidence, .operands = std::move(operands)};
}
Record region(Scope scope, Bytes geometry, Kind kind = Kind::pos) {
  Record record = image(kind);
  record.scope = scope;
  record.geometry = std::move(geometry);
  return record;
}
Record box(const Box& box, Kind kind = Kind::pos) {
  return region(Scope::box, box_bytes(box), kind);
}
Record truncated(Record record, Kind kind) {
  record.flags |= kTruncated;
  record.kind = kind;
  return record;
}

std::vector<Record> view_of(const std::vector<Record>& records, const ViewFrame& frame,
                            std::vector<Record>* left_out = nullptr) {
  return in_view(records, frame, texts(), left_out);
}
// What becomes of one record; nothing where none is left.
std::vector<Record> view_of(const Record& record, const ViewFrame& frame) {
  return view_of(std::vector{record}, frame);
}
using Records = std::vector<Record>;

TEST(InView, ABoxMovesAndIsClipped) {
  EXPECT_EQ(view_of(box({5, 2, 9, 6}), crop_of(4, 1, 10, 8)), (Records{box({1, 1, 5, 5})}));
  EXPECT_EQ(view_of(box({2, 2, 6, 6}), crop_of(4, 1, 10, 8)), (Records{truncated(box({0, 1, 2, 5}), Kind::pos)}));
  const ViewFrame twice{{2, 0, 0, 0, 2, 0}, 2 * kWidth, 2 * kHeight, kWidth, kHeight};
  EXPECT_EQ(view_of(box({5, 2, 9, 6}), twice), (Records{box({10, 4, 18, 12})}));
  const ViewFrame turned{{0, -1, kHeight, 1, 0, 0}, kHeight, kWidth, kWidth, kHeight};
  EXPECT_EQ(view_of(box({5, 2, 9, 6}), turned), (Records{box({4, 5, 8, 9})}));
}

TEST(InView, ABoxOfWhichTooLittleIsSeenIsUnknownThereAndIsReported) {
  const Record record = box({0, 0, 10, 10});
  Records left_out;
  EXPECT_EQ(view_of({record}, crop_of(9, 0, 11, 10, .05), &left_out),
            (Records{truncated(box({0, 0, 1, 10}), Kind::pos)}));
  EXPECT_EQ(left_out, Records{});
  EXPECT_EQ(view_of({record}, crop_of(9, 0, 11, 10, .2), &left_out),
            (Records{truncated(box({0, 0, 1, 10}), Kind::unknown)}));
  EXPECT_EQ(left_out, (Records{record}));
  EXPECT_EQ(view_of({record}, crop_of(10, 0, 10, 10), &left_out), Records{});
  EXPECT_EQ(left_out, (Records{record, record}));
}

TEST(InView, NothingOfInterestHoldsOfAnyPieceAndAnotherNegOfNoSmallOne) {
  Record nothing = box({0, 0, 10, 10}, Kind::neg);
  EXPECT_EQ(view_of(nothing, crop_of(9, 0, 11, 10, .2)), Records{});
  EXPECT_EQ(view_of(nothing, crop_of(5, 0, 11, 10, .2)), (Records{box({0, 0, 5, 10}, Kind::neg)}));
  nothing.concept_row = kAnyConcept;
  Record piece = nothing;
  piece.geometry = box_bytes({0, 0, 1, 10});
  EXPECT_EQ(view_of(nothing, crop_of(9, 0, 11, 10, .2)), (Records{piece}));
}

TEST(InView, WhatWasSaidOfAWholeRegionIsUnknownOfAPiece) {
  const ViewFrame cut = crop_of(5, 0, 15, 10), all = crop_of(0, 0, kWidth, kHeight);
  for (const Kind kind : {Kind::soft, Kind::exists}) {
    EXPECT_EQ(view_of(box({0, 0, 10, 10}, kind), cut), (Records{truncated(box({0, 0, 5, 10}), Kind::unknown)}));
    EXPECT_EQ(view_of(box({0, 0, 10, 10}, kind), all), (Records{box({0, 0, 10, 10}, kind)}));
  }
  Record list = box({0, 0, 10, 10}, Kind::candidates);
  list.concept_row = kAnyConcept, list.operands = {kDog, kRight};
  Record dog = truncated(box({0, 0, 5, 10}), Kind::unknown), right = dog;
  right.concept_row = kRight;
  EXPECT_EQ(view_of(list, cut), (Records{dog, right}));
  Record count = box({0, 0, 10, 10}, Kind::count), fewer = truncated(box({0, 0, 5, 10}), Kind::count);
  count.operands = {2, 5}, fewer.operands = {0, 5};
  EXPECT_EQ(view_of(count, cut), (Records{fewer}));
}

TEST(InView, APointIsInOrOut) {
  const auto point = [](float x, float y) { return region(Scope::point, point_bytes({x, y})); };
  EXPECT_EQ(view_of(point(4, 5), crop_of(4, 1, 10, 8)), (Records{point(0, 4)}));
  EXPECT_EQ(view_of(point(14, 5), crop_of(4, 1, 10, 8)), (Records{image(Kind::unknown)}));
  EXPECT_EQ(view_of(point(3.5, 5), crop_of(4, 1, 10, 8)), (Records{image(Kind::unknown)}));
  EXPECT_EQ(view_of({point(1, 1), point(2, 1)}, crop_of(4, 1, 10, 8)), (Records{image(Kind::unknown)}));
}

TEST(InView, AScribbleIsCutIntoThePiecesThatAreInside) {
  const auto scribble = [](std::vector<Point> points, float width = 1) {
    return region(Scope::scribble, scribble_bytes({width, std::move(points)}));
  };
  const ViewFrame frame = crop_of(4, 2, 10, 6);
  EXPECT_EQ(view_of(scribble({{5, 3}, {6, 4}, {8, 4}}), frame), (Records{scribble({{1, 1}, {2, 2}, {4, 2}})}));
  const Records pieces = view_of(scribble({{0, 4}, {8, 4}, {8, 20}, {10, 20}, {10, 6}}), frame);
  EXPECT_EQ(pieces, (Records{truncated(scribble({{0, 2}, {4, 2}, {4, 6}}), Kind::pos),
                             truncated(scribble({{6, 6}, {6, 4}}), Kind::pos)}));
  EXPECT_EQ(view_of(scribble({{0, 0}, {1, 1}}), frame), (Records{image(Kind::unknown)}));
  EXPECT_EQ(view_of(scribble({{5, 5}}), frame), (Records{scribble({{1, 3}})}));
  const ViewFrame twice{{2, 0, 0, 0, 2, 0}, 2 * kWidth, 2 * kHeight, kWidth, kHeight};
  EXPECT_EQ(view_of(scribble({{1, 2}, {3, 4}}, 1.5f), twice), (Records{scribble({{2, 4}, {6, 8}}, 3)}));
}

TEST(InView, AMaskIsResampledToTheNearestPixel) {
  Stream stream(1, Purpose::init, 0, 0);
  for (int round = 0; round < 100; ++round) {
    Bytes pixels(kWidth * kHeight);
    for (uint8_t& pixel : pixels) pixel = stream.chance(.5);
    const Rle mask = rle_of_bitmap(pixels.data(), kHeight, kWidth);
    const uint32_t x = drawn::below(stream, kWidth - 1), y = drawn::below(stream, kHeight - 1);
    const uint32_t width = 1 + drawn::below(stream, kWidth - x), height = 1 + drawn::below(stream, kHeight - y);
    const Rle wanted = crop(mask, x, y, width, height);
    const Records cut = view_of(region(Scope::mask, mask_bytes(mask)), crop_of(x, y, width, height, 0));
    ASSERT_EQ(cut.size(), area_of(wanted) > 0 ? 1u : 0u);
    for (const Record& piece : cut) EXPECT_EQ(mask_of(piece.geometry), wanted);
    const Records mirror = view_of(region(Scope::mask, mask_bytes(mask)), kMirror);
    EXPECT_EQ(mask_of(mirror.at(0).geometry), mirrored(mask));
    EXPECT_EQ(mirror.at(0).flags, 0);
  }
  expect_says(error_of([] { view_of(region(Scope::mask, mask_bytes({2, 3, {6}})), kMirror); }), "a mask of 3 x 2 in a");
}

TEST(InView, WhatWasSaidOfTheImageHoldsOfAViewOfAllOfIt) {
  const Records records{image(Kind::pos, .5f),
                        image(Kind::neg),
                        image(Kind::soft, .75f),
                        image(Kind::exhaustive),
                        image(Kind::candidates, 1, {kDog, kLeft}),
                        image(Kind::count, 1, {1, 2})};
  Records wanted = records;
  each_once(wanted);
  const ViewFrame larger{{3, 0, 10, 0, 3, 5}, 80, 50, kWidth, kHeight};
  EXPECT_EQ(view_of(records, larger), wanted);
  EXPECT_EQ(view_of(records, crop_of(0, 0, kWidth, kHeight)), wanted);
}

TEST(InView, WhatWasSaidOfTheImageIsDowngradedInACrop) {
  const ViewFrame half = crop_of(0, 0, kWidth / 2, kHeight);
  EXPECT_EQ(view_of(image(Kind::pos, .5f), half), (Records{image(Kind::exists, .25f)}));
  EXPECT_EQ(view_of(image(Kind::exists), half), (Records{image(Kind::exists, .5f)}));
  EXPECT_EQ(view_of(image(Kind::neg, .5f), half), (Records{image(Kind::neg, .5f)}));
  EXPECT_EQ(view_of(image(Kind::unknown), half), (Records{image(Kind::unknown)}));
  EXPECT_EQ(view_of(image(Kind::exhaustive), half), (Records{image(Kind::exhaustive)}));
  EXPECT_EQ(view_of(image(Kind::count, 1, {2, 5}), half), (Records{image(Kind::count, 1, {0, 5})}));
  Record left = image(Kind::unknown);
  left.concept_row = kLeft;
  Records left_out;
  EXPECT_EQ(view_of({image(Kind::candidates, 1, {kDog, kLeft})}, half, &left_out),
            (Records{image(Kind::unknown), left}));
  EXPECT_EQ(left_out.size(), 1u);
  Record soft = image(Kind::unknown, .75f);
  EXPECT_EQ(view_of(image(Kind::soft, .75f), half), (Records{soft}));
  EXPECT_EQ(view_of(image(Kind::pos), crop_of(kWidth, 0, 5, 5)), Records{});
}

TEST(InView, BagsAndPairsAreNotOfTheView) {
  const Record pair = region(Scope::pair, uid_bytes({3, 4})), bag = region(Scope::bag, {});
  EXPECT_EQ(view_of({bag, pair}, crop_of(3, 3, 2, 2)), (Records{bag, pair}));
}

TEST(InView, SidesChangePlacesInAMirrorAndPartsKeepTheirParents) {
  Record wrist = region(Scope::point, point_bytes({3, 4}));
  wrist.concept_row = kLeft, wrist.id = 8, wrist.parent = 7;
  Record mirrored = wrist;
  mirrored.concept_row = kRight;
  mirrored.geometry = point_bytes({17, 4});
  EXPECT_EQ(view_of(wrist, kMirror), (Records{mirrored}));
  const ViewFrame upside_down{{-1, 0, kWidth, 0, -1, kHeight}, kWidth, kHeight, kWidth, kHeight};
  EXPECT_EQ(view_of(wrist, upside_down).at(0).concept_row, kLeft);
  Record list = image(Kind::candidates, 1, {kDog, kLeft});
  EXPECT_EQ(view_of(list, kMirror), (Records{image(Kind::candidates, 1, {kDog, kRight})}));
}

TEST(InView, AViewOfNoSizeIsRefused) {
  expect_says(error_of([] { view_of(box({0, 0, 1, 1}), crop_of(0, 0, 0, 5)); }), "wanted sizes above 0");
  expect_says(error_of([] { view_of(box({0, 0, 1, 1}), {{0, 0, 0, 0, 0, 0}, 5, 5, 5, 5}); }), "no inverse");
}

// Regions on whole and quarter pixels, where f32 is exact.
Record random_region(Stream& stream) {
  const auto at = [&](int size) { return drawn::below(stream, 4 * size + 1) / 4.; };
  Box edges{at(kWidth), at(kHeight), at(kWidth), at(kHeight)};
  if (edges.x0 > edges.x1) std::swap(edges.x0, edges.x1);
  if (edges.y0 > edges.y1) std::swap(edges.y0, edges.y1);
  edges.x1 += edges.x0 == edges.x1, edges.y1 += edges.y0 == edges.y1;
  const auto kind = std::array{Kind::pos, Kind::neg, Kind::unknown}[stream.below(3)];
  Bytes pixels(kWidth * kHeight);
  switch (stream.below(4)) {
    case 0:
      return box(edges, kind);
    case 1:
      return region(Scope::point, point_bytes({float(edges.x0), float(edges.y0)}), kind);
    case 2:
      return region(Scope::scribble,
                    scribble_bytes({1, {{float(edges.x0), float(edges.y0)}, {float(edges.x1), float(edges.y1)}}}),
                    kind);
    default:
      for (uint8_t& pixel : pixels) pixel = stream.chance(.3);
      return region(Scope::mask, mask_bytes(rle_of_bitmap(pixels.data(), kHeight, kWidth)), kind);
  }
}

TEST(InView, MirroredTwiceIsAsItWas) {
  Stream stream(2, Purpose::init, 0, 0);
  for (int round = 0; round < 200; ++round) {
    Records records = drawn::records(stream, 3, 6);
    for (int i = 0; i < 5; ++i) records.push_back(random_region(stream));
    std::erase_if(records, [](const Record& r) {  // at the edges, which belong to one side only
      const bool is_at_left = r.scope == Scope::point && point_of(r.geometry).x == 0;
      return is_at_left || view_of(r, crop_of(0, 0, kWidth, kHeight)) != Records{r};
    });
    each_once(records);
    const Records once = view_of(records, kMirror);
    EXPECT_EQ(once.size(), records.size());
    EXPECT_EQ(view_of(once, kMirror), records);
  }
}

// What two records of a region have in common, by a number: 1 where they are the same to a pixel.
void expect_same_region(const Record& a, const Record& b) {
  EXPECT_EQ(std::tie(a.scope, a.kind, a.concept_row, a.flags), std::tie(b.scope, b.kind, b.concept_row, b.flags));
  EXPECT_NEAR(a.confidence, b.confidence, 1e-6);
  if (a.scope == Scope::box) {
    const Box x = box_of(a.geometry), y = box_of(b.geometry);
    EXPECT_LE(std::max({std::abs(x.x0 - y.x0), std::abs(x.y0 - y.y0), std::abs(x.x1 - y.x1), std::abs(x.y1 - y.y1)}),
              1e-3);
  } else if (a.scope != Scope::mask) {
    EXPECT_EQ(a.geometry, b.geometry);
  }
}

TEST(InView, ACropOfACropIsTheCropOfBoth) {
  Stream stream(3, Purpose::init, 0, 0);
  size_t compared = 0;
  for (int round = 0; round < 400; ++round) {
    const auto cut = [&](double width, double height, double zoom) {
      const double x = stream.uniform(0, width / 2), y = stream.uniform(0, height / 2);
      return ViewFrame{Affine{zoom, 0, -x * zoom, 0, zoom, -y * zoom},
                       static_cast<int>(width / 2 * zoom),
                       static_cast<int>(height / 2 * zoom),
                       width,
                       height,
                       0};
    };
    const ViewFrame first = cut(kWidth, kHeight, stream.uniform(1, 2)),
                    second = cut(first.width, first.height, stream.uniform(1, 2));
    const ViewFrame both{
        first.upright_to_view.then(second.upright_to_view), second.width, second.height, kWidth, kHeight, 0};
    // The second crop lies inside the first, so the picture's edge is seen alike by both ways.
    const auto kind = std::array{Kind::pos, Kind::neg, Kind::unknown, Kind::count}[stream.below(4)];
    Records records{box({stream.uniform(0, 9), stream.uniform(0, 4), stream.uniform(10, 20), stream.uniform(5, 10)}),
                    image(kind)};
    if (kind == Kind::count) records[1].operands = {1, 3};
    const Records one = view_of(view_of(records, first), second), other = view_of(records, both);
    ASSERT_EQ(one.size(), other.size()) << round;
    for (size_t i = 0; i < one.size(); ++i) expect_same_region(one[i], other[i]);
    compared += one.size() > 1;
  }
  EXPECT_GT(compared, 100u);
}

TEST(InView, AMaskCroppedTwiceIsTheMaskCroppedOnceToAPixel) {
  Stream stream(4, Purpose::init, 0, 0);
  for (int round = 0; round < 100; ++round) {
    const Rle disk = keypoint_targets({10, 5}, stream.uniform(2, 4), {kHeight, kWidth, {kWidth * kHeight}}).positive;
    const double zoom = stream.uniform(1, 3);
    const ViewFrame first{Affine{zoom, 0, -2 * zoom, 0, zoom, -zoom},
                          static_cast<int>(16 * zoom),
                          static_cast<int>(8 * zoom),
                          kWidth,
                          kHeight,
                          0};
    const ViewFrame second{
        Affine{1.5, 0, -1.5, 0, 1.5, -1.5}, first.width, first.height, double(first.width), double(first.height), 0};
    const ViewFrame both{
        first.upright_to_view.then(second.upright_to_view), second.width, second.height, kWidth, kHeight, 0};
    const Records records{region(Scope::mask, mask_bytes(disk))};
    const Rle one = mask_of(view_of(view_of(records, first), second).at(0).geometry);
    const Rle other = mask_of(view_of(records, both).at(0).geometry);
    // They differ at the outline only: by less than its length, one pixel of the first crop wide.
    const double outline = 2 * std::sqrt(3.14159 * static_cast<double>(area_of(other))) * 1.5;
    const double differ = static_cast<double>(area_of(merge({one, other}, false)) - area_of(merge({one, other}, true)));
    EXPECT_LT(differ, outline) << "of " << area_of(other);
  }
}

// A picture with objects that are said truly and exhaustively, as boxes, masks, points or scribbles: no view of it
// denies an object of which anything is to be seen, nor says one where there is none.
TEST(InView, NoViewDeniesWhatIsInIt) {
  Stream stream(5, Purpose::init, 0, 0);
  const Vocabulary words = drawn::vocabulary(stream, 6);
  const Concepts concepts(words);
  size_t denied = 0, seen = 0, unknown = 0;
  for (int round = 0; round < 1000; ++round) {
    const auto between = [&](int low, int high) { return low + static_cast<int>(stream.below(high - low + 1)); };
    const int x = between(0, kWidth - 1), y = between(0, kHeight - 1);
    ViewFrame frame = crop_of(x, y, between(1, kWidth - x), between(1, kHeight - y), .3);
    if (stream.chance(.5)) frame.upright_to_view = frame.upright_to_view.then({-1, 0, double(frame.width), 0, 1, 0});
    Records records;
    std::vector<Box> objects;
    std::vector<uint32_t> rows;
    for (int i = between(0, 5); i > 0; --i) {
      const int x0 = between(0, kWidth - 1), y0 = between(0, kHeight - 1);
      objects.push_back({double(x0), double(y0), double(between(x0 + 1, kWidth)), double(between(y0 + 1, kHeight))});
      rows.push_back(drawn::below(stream, words.size()));
      Record record = box(objects.back());
      const Point middle{float(objects.back().x0 + objects.back().x1) / 2,
                         float(objects.back().y0 + objects.back().y1) / 2};
      const std::vector<double> ring{objects.back().x0, objects.back().y0, objects.back().x1, objects.back().y0,
                                     objects.back().x1, objects.back().y1, objects.back().x0, objects.back().y1};
      const uint64_t form = stream.below(4);
      if (form == 1) record = region(Scope::mask, mask_bytes(rle_of_polygon(ring, kHeight, kWidth)));
      if (form == 2) record = region(Scope::point, point_bytes(middle));
      if (form == 3) record = region(Scope::scribble, scribble_bytes({1, {middle, {middle.x + .25f, middle.y}}}));
      record.concept_row = rows.back();
      if (stream.chance(.2)) record.kind = Kind::soft, record.confidence = .9f;
      records.push_back(record);
    }
    Record all = image(Kind::exhaustive), count = image(Kind::count);
    all.concept_row = kAnyConcept;
    count.concept_row = drawn::below(stream, words.size());
    const auto is_counted = [&](uint32_t row) {
      const std::vector<uint32_t> above = concepts.above(row);
      return row == count.concept_row || std::find(above.begin(), above.end(), count.concept_row) != above.end();
    };
    const auto number = static_cast<uint32_t>(std::count_if(rows.begin(), rows.end(), is_counted));
    count.operands = {number, number};
    records.push_back(all), records.push_back(count);
    const Records here = in_view(records, frame, words);
    std::vector<uint32_t> closed;
    for (uint32_t row = 0; row < words.size(); ++row) closed.push_back(row);
    const std::vector<Known> known = what_is_known(here, concepts, {closed});
    std::vector<bool> is_there(words.size());
    uint32_t in_sight = 0;
    for (size_t i = 0; i < objects.size(); ++i) {
      const Box visible =
          intersection(objects[i], {double(x), double(y), double(x + frame.width), double(y + frame.height)});
      if (visible.is_empty()) continue;
      is_there[rows[i]] = true;
      for (const uint32_t above : concepts.above(rows[i])) is_there[above] = true;
      in_sight += is_counted(rows[i]);
    }
    for (const Record& record : here)
      EXPECT_TRUE(record.kind != Kind::count || (record.operands[0] <= in_sight && in_sight <= record.operands[1]));
    for (uint32_t row = 0; row < words.size(); ++row) {
      EXPECT_FALSE(known[row] == Known::neg && is_there[row]) << "round " << round << " denies " << row;
      EXPECT_FALSE(known[row] == Known::pos && !is_there[row]) << "round " << round << " invents " << row;
      denied += known[row] == Known::neg, seen += known[row] == Known::pos, unknown += known[row] == Known::unknown;
    }
  }
  EXPECT_GT(denied, 500u);
  EXPECT_GT(seen, 300u);
  EXPECT_GT(unknown, 100u);
}

}  // namespace
}  // namespace weft
