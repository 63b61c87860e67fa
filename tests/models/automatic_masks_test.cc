// SPDX-License-Identifier: Apache-2.0
// Against tests/golden/make_automatic_masks.py: segment-anything's generator over the same made-up decoder.
#include "models/automatic_masks.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// The decoder that the golden's maker describes.
class MadeUp final : public Model {
 public:
  MadeUp() : Model(0) {
    preprocess_ = {128, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, Resize::corner};
    parameters_.add("none", {1}, Init::constant(0));
  }
  bool has_masks() const override { return true; }
  Tensor encode(const Tensor& pixels, const Draws&) const override { return at::zeros({pixels.size(0), 128, 8, 8}); }
  MaskOutputs decode(const Tensor&, const PromptSet& prompts, bool, const Draws&) const override {
    const Tensor click = prompts.points_PN2.select(1, 0) / 4;
    const int64_t p = click.size(0);
    const Tensor i = at::arange(p).unsqueeze(1), m = at::arange(3).unsqueeze(0), places = at::arange(32).to(at::kFloat);
    const Tensor r = (m * 2 + 3 + (i * 3 + m).remainder(4)).to(at::kFloat).view({p, 3, 1, 1});
    const Tensor dx = places.unsqueeze(0) - click.narrow(1, 0, 1), dy = places.unsqueeze(0) - click.narrow(1, 1, 1);
    const Tensor d = (dy * dy).unsqueeze(2) + (dx * dx).unsqueeze(1);
    const Tensor inner = (dx.unsqueeze(1) - 2).abs().le(1).logical_and(dy.unsqueeze(2).abs().le(1));
    return {.logits_PMHW = (r * r - d.unsqueeze(1)) / 4 - inner.unsqueeze(1).to(at::kFloat) * 16,
            .iou_PM = (i * 7 + m * 5).remainder(16) / 64 + 0.8};
  }
};

AutomaticMaskSettings settings_of(const Json& given) {
  AutomaticMaskSettings s;
  s.points_per_side = given["points_per_side"];
  s.points_per_batch = given["points_per_batch"];
  s.least_iou = given["pred_iou_thresh"];
  s.least_stability = given["stability_score_thresh"];
  s.crop_layers = given["crop_n_layers"];
  s.crop_points_divisor = given["crop_n_points_downscale_factor"];
  s.least_area = given["min_mask_region_area"];
  return s;
}

TEST(AutomaticMasks, TheSameScoresGiveSegmentAnythingsMasks) {
  const Json golden = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/automatic_masks.json"));
  for (const Json& given : golden["cases"]) {
    const Image image(given["width"], given["height"], 3);
    const std::vector<AutomaticMask> found = automatic_masks(MadeUp(), image, settings_of(given));
    ASSERT_EQ(found.size(), given["masks"].size());
    for (size_t i = 0; i < found.size(); ++i) {
      const Json& wanted = given["masks"][i];
      const AutomaticMask& mask = found[i];
      EXPECT_EQ(rle_to_string(mask.mask), wanted["counts"]) << i;
      EXPECT_EQ(area_of(mask.mask), wanted["area"]) << i;
      const auto box = wanted["bbox"].get<std::array<int, 4>>(), crop = wanted["crop_box"].get<std::array<int, 4>>();
      EXPECT_EQ(mask.box, (PixelBox{box[0], box[1], box[0] + box[2], box[1] + box[3]})) << i;
      EXPECT_EQ(mask.crop, (PixelBox{crop[0], crop[1], crop[0] + crop[2], crop[1] + crop[3]})) << i;
      EXPECT_FLOAT_EQ(mask.predicted_iou, wanted["predicted_iou"].get<float>()) << i;
      EXPECT_FLOAT_EQ(mask.stability, wanted["stability_score"].get<float>()) << i;
      EXPECT_NEAR(mask.point[0], wanted["point"][0].get<double>(), 1e-9) << i;
      EXPECT_NEAR(mask.point[1], wanted["point"][1].get<double>(), 1e-9) << i;
    }
  }
}

TEST(AutomaticMasks, AModelThatDrawsNoneIsNamed) {
  class Silent final : public Model {
   public:
    Silent() : Model(0) {}
    Tensor encode(const Tensor& pixels, const Draws&) const override { return pixels; }
  };
  EXPECT_EQ(error_of([] { automatic_masks(Silent(), Image(8, 8, 3), {}); }),
            "automatic masks need a model that draws masks (model.segmenter)");
}

TEST(AutomaticMasks, OfBoxesThatOverlapTheBetterStays) {
  const std::vector<PixelBox> boxes = {{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 20, 30, 30}, {0, 0, 10, 10}};
  EXPECT_EQ(kept_by_nms(boxes, {0.5f, 0.9f, 0.1f, 0.5f}, 0.7), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(kept_by_nms(boxes, {0.5f, 0.4f, 0.1f, 0.5f}, 0.9), (std::vector<size_t>{0, 1, 2}));
}

TEST(AutomaticMasks, SmallHolesAreFilledAndTheLargestIslandStays) {
  std::vector<uint8_t> mask = {1, 1, 1, 0, 0,  //
                               1, 0, 1, 0, 1,  //
                               1, 1, 1, 0, 0};
  EXPECT_TRUE(smooth_regions(mask, 5, 3, 3));
  EXPECT_EQ(mask, (std::vector<uint8_t>{1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0}));
  EXPECT_FALSE(smooth_regions(mask, 5, 3, 3));
  std::vector<uint8_t> specks = {1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0};
  EXPECT_TRUE(smooth_regions(specks, 11, 1, 4));
  EXPECT_EQ(specks, (std::vector<uint8_t>{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace weft
