// SPDX-License-Identifier: Apache-2.0
// What a recipe's [data.mix] makes of a step: the cells that every rank knows, and the pictures and regions of a batch.
#include "data/mixing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "data/image.h"
#include "data/loader.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

std::map<int32_t, std::pair<float, float>> by_text(const std::vector<Cell>& cells) {
  std::map<int32_t, std::pair<float, float>> found;
  for (const Cell& cell : cells) found[cell.text] = {cell.q, cell.w};
  return found;
}

// Texts: 0 true of both, 1 of the picture itself, 2 of the other, 3 denied by both, 4 by itself, 5 by the other, 6
// denied by itself and true of the other, 7 unknown to itself.
const std::vector<Cell> kOwn = {{0, 1, 1}, {1, 1, 1}, {3, 0, 1}, {4, 0, 1}, {6, 0, 1}, {7, 0, 0}};
const std::vector<Cell> kPartner = {{0, 1, 1}, {2, 1, 0.5}, {3, 0, 1}, {5, 0, 1}, {6, 1, 1}};
using Said = std::map<int32_t, std::pair<float, float>>;

TEST(Mixing, ABlendSharesOutWhatIsTrue) {
  const Said said = by_text(mixed_cells(kOwn, kPartner, {MixKind::mix_up, 0.75, {}}, {}));
  EXPECT_EQ(said, (Said{{0, {1, 1}}, {1, {0.75, 1}}, {2, {0.25, 0.5}}, {3, {0, 1}}, {6, {0.25, 1}}, {7, {0, 0}}}));
}

TEST(Mixing, InARectangleThatIsLargeEnoughLabelsOfBothHoldSomewhere) {
  const Said said = by_text(mixed_cells(kOwn, kPartner, {MixKind::cut_mix, 0.75, {}}, {}));
  EXPECT_EQ(said, (Said{{0, {1, 1}}, {1, {1, 1}}, {2, {1, 0.5}}, {3, {0, 1}}, {6, {1, 1}}, {7, {0, 0}}}));
}

TEST(Mixing, OfASmallRectangleNobodyKnowsWhatItShows) {
  const Said said = by_text(mixed_cells(kOwn, kPartner, {MixKind::cut_mix, 0.95, {}}, {}));
  EXPECT_EQ(said, (Said{{0, {1, 1}}, {1, {1, 1}}, {2, {0, 0}}, {3, {0, 1}}, {6, {0, 0}}, {7, {0, 0}}}));
}

TEST(Mixing, ByAreaARectangleCountsAsABlend) {
  MixSettings settings;
  settings.global = "area";
  EXPECT_EQ(by_text(mixed_cells(kOwn, kPartner, {MixKind::cut_mix, 0.75, {}}, settings)),
            by_text(mixed_cells(kOwn, kPartner, {MixKind::mix_up, 0.75, {}}, settings)));
}

TEST(Mixing, WhichObjectsCameAlongIsUnknownToTheTexts) {
  for (const MixKind kind : {MixKind::copy_paste, MixKind::class_mix}) {
    const Said said = by_text(mixed_cells(kOwn, kPartner, {kind, 1, {}}, {}));
    EXPECT_EQ(said, (Said{{0, {1, 1}}, {1, {1, 1}}, {2, {0, 0}}, {3, {0, 1}}, {6, {0, 0}}, {7, {0, 0}}}));
  }
}

TEST(Mixing, EveryWayComesAsOftenAsTheRecipeSays) {
  MixSettings settings;
  settings.copy_paste = 0.1, settings.cut_mix = 0.2, settings.class_mix = 0.3, settings.mix_up = 0.15;
  std::map<MixKind, int> found;
  for (int64_t slot = 0; slot < 4000; ++slot) {
    const Mixing mixing = draw_mixing(settings, 64, 7, slot / 64, slot % 64);
    ++found[mixing.kind];
    EXPECT_LE(mixing.share, 1);
    EXPECT_GE(mixing.share, mixing.kind == MixKind::cut_mix ? 0.55 : 0.5);
  }
  EXPECT_NEAR(found[MixKind::copy_paste], 400, 80);
  EXPECT_NEAR(found[MixKind::cut_mix], 800, 110);
  EXPECT_NEAR(found[MixKind::class_mix], 1200, 120);
  EXPECT_NEAR(found[MixKind::mix_up], 600, 100);
}

// Pictures of one colour each; every other one has a square that is an object of class "square".
class MixedBatches : public testing::Test {
 protected:
  static constexpr int kSide = 16, kPictures = 12;
  static int shade_of(int picture) { return 10 + 20 * picture; }
  static bool is_squared(int shade) { return (shade - 10) / 20 % 2 == 0; }

  void SetUp() override {
    StoreWriter writer(scratch_ / "data", {.name = "data", .licence = "none"});
    for (int i = 0; i < kPictures; ++i) {
      Image image(kSide, kSide, 3);
      std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(shade_of(i)));
      const Uid uid = writer.add(encode_png(image), std::to_string(i), std::to_string(i));
      EvidenceWriter& layer = writer.layer("classes");
      layer.add(uid, "shade " + std::to_string(i));
      if (i % 2) continue;
      PasteMask square(kSide * kSide);
      for (int y = 4; y < 12; ++y) std::fill_n(square.begin() + y * kSide + 4, 8, 1);
      layer.add({.item = uid,
                 .scope = Scope::mask,
                 .concept_row = layer.vocabulary().row_of("square"),
                 .region = RegionIs::object,
                 .id = 1,
                 .geometry = mask_bytes(rle_of_bitmap(square.data(), kSide, kSide))});
    }
    writer.finish();
    sources_ = std::make_unique<Sources>(scratch_ / "data", "all");
    settings_.regions = true;
    settings_.augment.crop_scale_min = settings_.augment.crop_scale_max = 1;
    settings_.augment.crop_ratio_max = 1;
  }
  // The first step, of one rank.
  const Batch& first_batch() {
    loader_ = std::make_unique<Loader>(*sources_, tokenizer_, settings_, LoaderShape{8, kSide, 16, 3, 0, 1, 0}, 0);
    return loader_->next();
  }
  int shade(const Pick& pick) const { return shade_of(std::stoi(sources_->info(pick.sample).key)); }
  int64_t row(const std::string& text) const { return sources_->vocabulary().find(text); }

  ScratchFolder scratch_;
  std::unique_ptr<Sources> sources_;
  Tokenizer tokenizer_{std::vector<std::pair<std::string, std::string>>{}};
  DataSettings settings_;
  std::unique_ptr<Loader> loader_;
};

TEST_F(MixedBatches, ABlendShowsBothPicturesByTheirShares) {
  settings_.mix.mix_up = 1;
  settings_.texts_per_image = 2;
  const Batch& batch = first_batch();
  for (int64_t i = 0; i < 8; ++i) {
    const Mixing mixing = batch.order->mixing(0, i);
    const int own = shade(batch.picks[static_cast<size_t>(i)]), other = shade(batch.order->partner(0, i));
    EXPECT_NEAR(batch.pixels[static_cast<size_t>(i * 3 * kSide * kSide)],
                mixing.share * own + (1 - mixing.share) * other, 1);
    const auto& drawn = batch.cells.drawn;
    const auto texts = std::count_if(drawn.begin(), drawn.end(), [&](const auto& pair) { return pair.first == i; });
    const bool has_square = is_squared(own) || is_squared(other);
    EXPECT_EQ(texts, (own == other ? 1 : 2) + has_square) << "both pictures' texts are in the step";
  }
}

TEST_F(MixedBatches, PastedObjectsBringTheirPixelsAndRegions) {
  settings_.mix.copy_paste = 1;
  settings_.mix.feather = 0;
  const Batch& batch = first_batch();
  int pasted = 0;
  for (size_t i = 0; i < 8; ++i) {
    const int own = shade(batch.picks[i]), other = shade(batch.order->partner(0, static_cast<int64_t>(i)));
    const bool has_object = is_squared(other);
    const uint8_t* pixels = batch.pixels.data() + i * 3 * kSide * kSide;
    EXPECT_EQ(pixels[0], own);
    EXPECT_EQ(pixels[8 * kSide + 8], has_object ? other : own);
    const auto& records = batch.evidence[i];
    const auto squares = std::count_if(records.begin(), records.end(), [&](const Record& r) {
      return r.scope == Scope::mask && r.concept_row == row("square");
    });
    EXPECT_EQ(squares, has_object || is_squared(own)) << "its own square is covered by the other one";
    pasted += has_object;
  }
  EXPECT_GT(pasted, 0);
  EXPECT_LT(pasted, 8);
}

TEST_F(MixedBatches, APictureThatCannotBeReadIsDamageWhereItIsMixedIn) {
  settings_.mix.cut_mix = 1;
  const uint32_t bad = 3;
  Bytes content;
  sources_->read_view(bad, 0, content);
  flip_byte_of(content, scratch_ / "data/images-00000.h5");
  int damaged = 0;
  Loader loader(*sources_, tokenizer_, settings_, {8, kSide, 16, 3, 0, 1, 0}, 0);
  for (int64_t step = 0; step < 6; ++step) {
    const Batch& batch = loader.next();
    for (int32_t i = 0; i < 8; ++i) {
      const bool is_hit =
          batch.picks[static_cast<size_t>(i)].sample == bad || batch.order->partner(step, i).sample == bad;
      const auto found = std::find_if(batch.damaged.begin(), batch.damaged.end(),
                                      [&](const Damage& damage) { return damage.position == i; });
      EXPECT_EQ(found != batch.damaged.end(), is_hit) << "step " << step << ", image " << i;
      damaged += is_hit;
    }
  }
  EXPECT_GT(damaged, 0);
}

TEST_F(MixedBatches, SettingsThatCannotBeFollowedAreErrors) {
  settings_.mix.cut_mix = 0.7, settings_.mix.mix_up = 0.7;
  EXPECT_NE(error_of([&] { first_batch(); }).find("the probabilities of data.mix add up to 1.4"), std::string::npos);
  settings_.mix.mix_up = 0;
  settings_.pixels = "f32";
  EXPECT_NE(error_of([&] { first_batch(); }).find("data.mix mixes pictures of eight bits"), std::string::npos);
}

}  // namespace
}  // namespace weft
