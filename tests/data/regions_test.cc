// SPDX-License-Identifier: Apache-2.0
#include "data/regions.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/components.h"
#include "data/prompts/boxes.h"
#include "tests/data/planes.h"

namespace weft {
namespace {

constexpr int kRounds = 60;

Stream stream_of(uint64_t item) {
  return {8, Purpose::regions, 4, item};
}

double iou(const Region& a, const std::vector<uint8_t>& b) {
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < a.size(); ++i) both += a[i] && b[i], either += a[i] || b[i];
  return either ? double(both) / double(either) : 0;
}

TestMask object() {  // 24 x 20 of a view of 64 x 48
  return TestMask(64, 48).fill(18, 12, 42, 32);
}

bool is_within(const Region& inner, const std::vector<uint8_t>& outer) {
  for (size_t i = 0; i < inner.size(); ++i)
    if (inner[i] && !outer[i]) return false;
  return true;
}

TEST(Regions, AFragmentIsAPieceOfAQuarterToThreeQuarters) {
  const TestMask whole = object();
  std::set<Region> made;
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item), again = stream_of(item);
    const auto fragment = make_fragment(whole.view(), {}, stream);
    ASSERT_TRUE(fragment);
    EXPECT_EQ(fragment->kind, Counterfactual::fragment);
    EXPECT_EQ(fragment->object, 0);
    EXPECT_EQ(fragment->stuff, kUnsaid);
    EXPECT_TRUE(is_within(fragment->inside, whole.inside));
    const double share = double(area_of(fragment->inside)) / double(area_of(whole.inside));
    EXPECT_GE(share, 0.25);
    EXPECT_LE(share, 0.75);
    EXPECT_EQ(components_of(fragment->inside.data(), 64, 48, Neighbours::eight).count(), 1);
    EXPECT_EQ(make_fragment(whole.view(), {}, again)->inside, fragment->inside);
    made.insert(fragment->inside);
  }
  EXPECT_GT(made.size(), size_t(kRounds / 2));
}

TEST(Regions, AFragmentThatMayBeAPartIsNotMade) {
  const TestMask whole = object();
  TestMask left(64, 48), right(64, 48);
  left.fill(18, 12, 30, 32), right.fill(30, 12, 42, 32);
  const MaskView parts[] = {left.view(), right.view()};
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    const auto fragment = make_fragment(whole.view(), parts, stream);
    if (!fragment) continue;
    EXPECT_LT(iou(fragment->inside, left.inside), 0.7);
    EXPECT_LT(iou(fragment->inside, right.inside), 0.7);
  }
}

TEST(Regions, AHoleIsOneBlobThatLeavesTheOutlineWhole) {
  const TestMask whole = object().fill(30, 12, 42, 18, 0).fill(18, 26, 24, 32, 0);  // corners that look inwards, too
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    const auto hole = make_hole(whole.view(), {}, stream);
    ASSERT_TRUE(hole);
    EXPECT_TRUE(is_within(hole->inside, whole.inside));
    std::vector<uint8_t> blob(whole.inside.size());
    for (size_t i = 0; i < blob.size(); ++i) blob[i] = whole.inside[i] && !hole->inside[i];
    const double share = double(area_of(blob)) / double(area_of(whole.inside));
    EXPECT_GE(share, 0.2);
    EXPECT_LE(share, 0.5 + 1e-2);
    EXPECT_EQ(components_of(blob.data(), 64, 48, Neighbours::four).count(), 1);
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 64; ++x) {
        if (!blob[size_t(y) * 64 + x]) continue;
        for (int v = -1; v <= 1; ++v)
          for (int u = -1; u <= 1; ++u) ASSERT_TRUE(whole.at(x + u, y + v));
      }
    const MaskView same[] = {{hole->inside.data(), nullptr, 64, 48}};
    Stream again = stream_of(item);
    const auto other = make_hole(whole.view(), same, again);
    EXPECT_TRUE(!other || iou(other->inside, hole->inside) < 0.7);
  }
}

TEST(Regions, AMergeIsMoreThanTheObjectAndNothingThatIsLabelled) {
  const TestMask whole = object();
  TestMask beside(64, 48), far(64, 48), parent(64, 48), part(64, 48);
  beside.fill(42, 10, 60, 34), far.fill(0, 0, 6, 6), parent.fill(14, 9, 47, 36), part.fill(18, 12, 26, 20);
  const MaskView others[] = {beside.view(), far.view(), parent.view(), part.view()};
  bool with_beside = false;
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    const auto merge = make_merge(whole.view(), others, stream);
    if (!merge) continue;
    EXPECT_TRUE(is_within(whole.inside, merge->inside));
    EXPECT_LT(iou(merge->inside, whole.inside), 0.7);
    for (const TestMask* labelled : {&beside, &far, &parent, &part})
      EXPECT_LT(iou(merge->inside, labelled->inside), 0.7);
    EXPECT_FALSE(merge->inside[0]);
    with_beside |= is_within(beside.inside, merge->inside);
  }
  EXPECT_TRUE(with_beside);
  Stream stream = stream_of(0);
  const auto ring = make_merge(whole.view(), {}, stream);
  ASSERT_TRUE(ring);
  const auto box = box_around({ring->inside.data(), nullptr, 64, 48});
  const double side = std::sqrt(24 * 20.0);
  EXPECT_GE(box->width() - 24, 2 * std::floor(0.15 * side));
  EXPECT_LE(box->width() - 24, 2 * std::floor(0.3 * side));
}

TEST(Regions, AShiftIsTheObjectElsewhereButNotNear) {
  const TestMask whole = object();
  TestMask other(64, 48);
  other.fill(42, 12, 62, 32);
  const MaskView others[] = {other.view()};
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    const auto shift = make_shift(whole.view(), others, stream);
    ASSERT_TRUE(shift);
    EXPECT_LT(iou(shift->inside, whole.inside), 0.3);
    EXPECT_LT(iou(shift->inside, other.inside), 0.3);
    EXPECT_GE(2 * area_of(shift->inside), area_of(whole.inside));
    const auto box = box_around({shift->inside.data(), nullptr, 64, 48});
    EXPECT_LE(std::hypot((box->x0 - 18) / 24, (box->y0 - 12) / 20), 0.75);
  }
  Stream stream = stream_of(0);
  const TestMask full(64, 48, 1);
  EXPECT_FALSE(make_shift(full.view(), {}, stream));  // wherever it goes it is the same
}

TEST(Regions, APieceOfStuffIsConnectedAndStuff) {
  const TestMask stuff = random_blob(64, 48, 5, 0, 3);
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    const auto piece = make_stuff_piece(stuff.view(), stream);
    if (!piece) continue;
    EXPECT_EQ(piece->object, 0);
    EXPECT_EQ(piece->stuff, 1);
    EXPECT_TRUE(is_within(piece->inside, stuff.inside));
    EXPECT_EQ(components_of(piece->inside.data(), 64, 48, Neighbours::four).count(), 1);
    const double share = double(area_of(piece->inside)) / double(area_of(stuff.inside));
    EXPECT_GE(share, 0.1 - 1e-2);
    EXPECT_LE(share, 0.6 + 1e-2);
  }
}

TEST(Regions, ATransplantCarriesTheObjectsPixelsAndSparesOthers) {
  const TestMask whole = object();
  TestMask there(64, 48);
  there.fill(0, 0, 30, 24);
  const MaskView objects[] = {there.view()};
  const std::vector<uint8_t> from(3 * 64 * 48, 200), before(3 * 64 * 48, 20);
  std::set<Region> places;
  for (uint64_t item = 0; item < kRounds; ++item) {
    Stream stream = stream_of(item);
    std::vector<uint8_t> onto = before;
    const auto moved = transplant(whole.view(), from.data(), onto.data(), objects, stream);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->object, 1);
    EXPECT_EQ(moved->stuff, 0);
    EXPECT_EQ(area_of(moved->inside), area_of(whole.inside));
    EXPECT_EQ(components_of(moved->inside.data(), 64, 48, Neighbours::four).count(), 1);
    int64_t covered = 0;
    for (size_t i = 0; i < moved->inside.size(); ++i) {
      covered += there.inside[i] && moved->inside[i];
      for (size_t plane = 0; plane < 3; ++plane) {
        const int value = onto[plane * 64 * 48 + i];
        if (moved->inside[i]) {
          EXPECT_GT(value, 20 + (200 * 0.8 - 16 - 20) / 3 - 1);
        } else {
          ASSERT_EQ(value, 20);
        }
      }
    }
    EXPECT_LE(2 * covered, area_of(there.inside));
    places.insert(moved->inside);
  }
  EXPECT_GT(places.size(), 20u);
  Stream stream = stream_of(0);
  std::vector<uint8_t> onto = before;
  const TestMask full(64, 48, 1);
  EXPECT_FALSE(transplant(full.view(), from.data(), onto.data(), objects, stream));
  EXPECT_EQ(onto, before);
}

TEST(Regions, ShufflingMovesPixelsOfTheRegionOnlyAndKeepsTheRegion) {
  const TestMask whole = object();
  std::vector<uint8_t> before(3 * 64 * 48);
  for (size_t i = 0; i < before.size(); ++i) before[i] = static_cast<uint8_t>(i * 37 % 251);
  for (const bool is_stuff : {false, true})
    for (uint64_t item = 0; item < kRounds; ++item) {
      Stream stream = stream_of(item);
      std::vector<uint8_t> pixels = before;
      const auto made = shuffle_pixels(whole.view(), is_stuff, pixels.data(), stream);
      ASSERT_TRUE(made);
      EXPECT_EQ(made->kind, is_stuff ? Counterfactual::shuffle_stuff : Counterfactual::shuffle_object);
      EXPECT_EQ(made->stuff, is_stuff ? 1 : kUnsaid);
      EXPECT_EQ(made->inside, whole.inside);
      int64_t changed = 0;
      for (size_t i = 0; i < whole.inside.size(); ++i) {
        ASSERT_TRUE(whole.inside[i] || pixels[i] == before[i]);
        changed += pixels[i] != before[i];
      }
      EXPECT_GT(3 * changed, area_of(whole.inside));
    }
}

TEST(Regions, ARectangleInThreesIsPermutedWithoutLoss) {
  const TestMask whole = TestMask(32, 32).fill(2, 3, 2 + 12, 3 + 21);
  std::vector<uint8_t> before(3 * 32 * 32);
  for (size_t i = 0; i < before.size(); ++i) before[i] = static_cast<uint8_t>(i * 37 % 251);
  std::vector<uint8_t> pixels = before;
  Stream stream = stream_of(1);
  ASSERT_TRUE(shuffle_pixels(whole.view(), false, pixels.data(), stream));
  EXPECT_NE(pixels, before);
  std::sort(pixels.begin(), pixels.begin() + 32 * 32);
  std::sort(before.begin(), before.begin() + 32 * 32);
  EXPECT_TRUE(std::equal(pixels.begin(), pixels.begin() + 32 * 32, before.begin()));
}

TEST(Regions, UnknownPixelsAreInNoRegion) {
  TestMask whole = object();
  for (int y = 0; y < 48; ++y)
    for (int x = 30; x < 36; ++x) whole.known[size_t(y) * 64 + x] = 0;
  for (uint64_t item = 0; item < 20; ++item) {
    Stream stream = stream_of(item);
    for (const auto& made : {make_fragment(whole.view(), {}, stream), make_hole(whole.view(), {}, stream),
                             make_merge(whole.view(), {}, stream), make_shift(whole.view(), {}, stream),
                             make_stuff_piece(whole.view(), stream)})
      EXPECT_TRUE(!made || is_within(made->inside, whole.known));
  }
}

TEST(Regions, OfOnePixelOrNoneNothingIsMadeThatBreaksARule) {
  TestMask one(16, 16), none(16, 16);
  one.inside[5 * 16 + 5] = 1;
  std::vector<uint8_t> pixels(3 * 256, 7);
  for (const TestMask* mask : {&one, &none}) {
    Stream stream = stream_of(3);
    EXPECT_FALSE(make_fragment(mask->view(), {}, stream));
    EXPECT_FALSE(make_hole(mask->view(), {}, stream));
    EXPECT_FALSE(make_stuff_piece(mask->view(), stream));
    EXPECT_FALSE(shuffle_pixels(mask->view(), false, pixels.data(), stream));
  }
  Stream stream = stream_of(3);
  EXPECT_FALSE(make_merge(none.view(), {}, stream));
  EXPECT_FALSE(make_shift(none.view(), {}, stream));
  EXPECT_FALSE(transplant(none.view(), pixels.data(), pixels.data(), {}, stream));
}

}  // namespace
}  // namespace weft
