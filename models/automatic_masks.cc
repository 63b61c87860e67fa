// SPDX-License-Identifier: Apache-2.0
#include "models/automatic_masks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "data/components.h"
#include "data/view.h"

namespace weft {
namespace {

using Mask = std::vector<uint8_t>;

// A crop of the picture as the model sees it.
struct Seen {
  PixelBox box;
  int width, height;                // of the crop
  double x_scale, y_scale;          // to the view
  int64_t view_width, view_height;  // of the view's part that shows it
  Tensor features;
  Tensor shown(const Tensor& view) const { return view.narrow(-2, 0, view_height).narrow(-1, 0, view_width); }
};

Image cut(const Image& image, const PixelBox& box) {
  Image out(box[2] - box[0], box[3] - box[1], image.channels);
  for (int y = 0; y < out.height; ++y)
    std::copy_n(image.row(box[1] + y) + size_t(box[0]) * image.channels, size_t(out.width) * image.channels,
                out.row(y));
  return out;
}

Seen look(const Model& model, const Image& image, const PixelBox& box) {
  const Preprocess& preprocess = model.preprocess();
  const int size = preprocess.image_size;
  const Image part = cut(image, box);
  const Tensor bytes = at::empty({3, size, size}, at::kByte);
  Stream unused(0, Purpose::background, 0, 0);
  const Affine map =
      evaluation_view(part, {size, preprocess.resize, Alpha::dropped}, unused, bytes.data_ptr<uint8_t>()).to_view;
  WEFT_ASSERT(map.c == 0 && map.f == 0);  // Resize::corner
  Seen seen{
      box, part.width, part.height, map.a, map.e, std::lround(map.a * part.width), std::lround(map.e * part.height),
      {}};
  // Padding is the mean itself, 0 for the model, and not its nearest byte.
  Tensor pixels = at::empty({1, 3, size, size}, at::kFloat);
  for (int64_t c = 0; c < 3; ++c) pixels.select(1, c).fill_(255 * preprocess.mean[static_cast<size_t>(c)]);
  seen.shown(pixels).copy_(seen.shown(bytes));
  seen.features = model.encode(pixels.to(model.device()), Draws{});
  return seen;
}

// Clicks in the crop's pixels, row by row.
std::vector<std::array<double, 2>> grid_of_clicks(int64_t per_side, const Seen& seen) {
  std::vector<std::array<double, 2>> clicks;
  const double first = 1.0 / static_cast<double>(2 * per_side), last = 1 - first;
  const double step = per_side > 1 ? (last - first) / static_cast<double>(per_side - 1) : 0;
  const auto place = [&](int64_t i) {
    return i == per_side - 1 && i > 0 ? last : first + step * static_cast<double>(i);
  };
  for (int64_t y = 0; y < per_side; ++y)
    for (int64_t x = 0; x < per_side; ++x) clicks.push_back({place(x) * seen.width, place(y) * seen.height});
  return clicks;
}

PromptSet prompts_of(std::span<const std::array<double, 2>> clicks, const Seen& seen, at::Device device) {
  const auto count = static_cast<int64_t>(clicks.size());
  PromptSet set{.image_P = at::zeros({count}, at::kLong), .points_PN2 = at::zeros({count, 2, 2}, at::kFloat)};
  for (int64_t i = 0; i < count; ++i) {
    const auto& [x, y] = clicks[static_cast<size_t>(i)];
    set.points_PN2.data_ptr<float>()[4 * i] = static_cast<float>(x * seen.x_scale);
    set.points_PN2.data_ptr<float>()[4 * i + 1] = static_cast<float>(y * seen.y_scale);
  }
  set.labels_PN = at::tensor({int64_t{1}, PromptSet::kNotAPoint}, at::kLong).expand({count, 2});
  for (Tensor* each : {&set.image_P, &set.points_PN2, &set.labels_PN}) *each = each->to(device);
  return set;
}

// Low-resolution logits [K, h, w] -> logits of the crop's pixels [K, H, W].
Tensor enlarged(const Tensor& logits_KHW, const Seen& seen, int size) {
  const Tensor view_K1HW = at::upsample_bilinear2d(logits_KHW.unsqueeze(1), {size, size}, /*align_corners=*/false);
  return at::upsample_bilinear2d(seen.shown(view_K1HW), {seen.height, seen.width}, /*align_corners=*/false).squeeze(1);
}

// Near an edge of the crop that is no edge of the picture: what is there goes on outside.
bool is_cut(const PixelBox& box, const PixelBox& crop, const PixelBox& picture) {
  constexpr int kNear = 20;
  const auto near = [&](int a, int b) { return std::abs(a - b) <= kNear; };
  for (size_t i = 0; i < 4; ++i)
    if (near(box[i], crop[i]) && !near(box[i], picture[i])) return true;
  return false;
}

Rle whole_picture(const uint8_t* inside, const Seen& seen, int width, int height) {
  if (seen.width == width && seen.height == height)
    return rle_of_bitmap(inside, static_cast<uint32_t>(height), static_cast<uint32_t>(width));
  Mask whole(static_cast<size_t>(width) * height, 0);
  for (int y = 0; y < seen.height; ++y)
    std::copy_n(inside + size_t(y) * seen.width, seen.width, &whole[size_t(seen.box[1] + y) * width + seen.box[0]]);
  return rle_of_bitmap(whole.data(), static_cast<uint32_t>(height), static_cast<uint32_t>(width));
}

PixelBox box_of(const Rle& mask, const PixelBox& empty) {
  const std::array<double, 4> found = box_of_rle(mask);
  if (found[2] == 0) return empty;
  const auto x = static_cast<int>(found[0]), y = static_cast<int>(found[1]);
  return {x, y, x + static_cast<int>(found[2]) - 1, y + static_cast<int>(found[3]) - 1};
}

class Generator {
 public:
  Generator(const Model& model, const Image& image, const AutomaticMaskSettings& settings)
      : model_(model), image_(image), settings_(settings), picture_{0, 0, image.width, image.height} {}

  std::vector<AutomaticMask> run() const {
    std::vector<AutomaticMask> all;
    const std::vector<PictureCrop> crops = picture_crops(image_.width, image_.height, settings_);
    for (const PictureCrop& crop : crops) {
      std::vector<AutomaticMask> found = of_crop(crop);
      std::move(found.begin(), found.end(), std::back_inserter(all));
    }
    if (crops.size() > 1) {  // what a smaller crop shows is more exact
      std::vector<float> scores;
      for (const AutomaticMask& each : all)
        scores.push_back(1.f / (float(each.crop[2] - each.crop[0]) * float(each.crop[3] - each.crop[1])));
      keep(all, scores, settings_.crop_nms);
    }
    if (settings_.least_area > 0) smooth(all);
    return all;
  }

 private:
  static void keep(std::vector<AutomaticMask>& masks, const std::vector<float>& scores, double most) {
    std::vector<PixelBox> boxes;
    for (const AutomaticMask& each : masks) boxes.push_back(each.box);
    std::vector<AutomaticMask> kept;
    for (const size_t i : kept_by_nms(boxes, scores, most)) kept.push_back(std::move(masks[i]));
    masks = std::move(kept);
  }

  std::vector<AutomaticMask> of_crop(const PictureCrop& crop) const {
    const Seen seen = look(model_, image_, crop.box);
    const auto per_side = static_cast<int64_t>(static_cast<double>(settings_.points_per_side) /
                                               std::pow(settings_.crop_points_divisor, crop.layer));
    const std::vector<std::array<double, 2>> clicks = grid_of_clicks(per_side, seen);
    std::vector<AutomaticMask> found;
    const auto most = static_cast<size_t>(settings_.points_per_batch);
    for (size_t begin = 0; begin < clicks.size(); begin += most)
      of_clicks(std::span(clicks).subspan(begin, std::min(most, clicks.size() - begin)), seen, found);
    std::vector<float> scores;
    for (const AutomaticMask& each : found) scores.push_back(each.predicted_iou);
    keep(found, scores, settings_.box_nms);
    return found;
  }

  void of_clicks(std::span<const std::array<double, 2>> clicks, const Seen& seen,
                 std::vector<AutomaticMask>& found) const {
    const MaskOutputs out = model_.decode(seen.features, prompts_of(clicks, seen, model_.device()), true, Draws{});
    const int64_t m = out.iou_PM.size(1);
    const Tensor iou = out.iou_PM.flatten();
    const Tensor sure = settings_.least_iou > 0 ? iou.gt(settings_.least_iou).nonzero().squeeze(1)
                                                : at::arange(iou.numel(), iou.options().dtype(at::kLong));
    if (sure.numel() == 0) return;
    const Tensor logits_KHW =
        enlarged(out.logits_PMHW.flatten(0, 1).index_select(0, sure), seen, model_.preprocess().image_size);
    const auto share_above = [&](double level) { return logits_KHW.gt(level).sum({1, 2}).to(at::kFloat); };
    const Tensor stability = (share_above(settings_.stability_offset) / share_above(-settings_.stability_offset)).cpu();
    const Tensor inside_KHW = logits_KHW.gt(0).to(at::kByte).cpu(), sure_at = sure.cpu(), iou_at = iou.cpu();
    const Tensor objectness = out.objectness_PM.defined() ? out.objectness_PM.flatten().cpu() : Tensor();
    for (int64_t k = 0; k < sure_at.numel(); ++k) {
      const int64_t place = sure_at.data_ptr<int64_t>()[k];
      AutomaticMask mask{.predicted_iou = iou_at.data_ptr<float>()[place], .stability = stability.data_ptr<float>()[k]};
      if (settings_.least_stability > 0 && !(mask.stability >= static_cast<float>(settings_.least_stability))) continue;
      mask.mask = whole_picture(inside_KHW.data_ptr<uint8_t>() + k * seen.width * seen.height, seen, image_.width,
                                image_.height);
      mask.box = box_of(mask.mask, {seen.box[0], seen.box[1], seen.box[0], seen.box[1]});
      if (is_cut(mask.box, seen.box, picture_)) continue;
      if (objectness.defined()) mask.objectness = objectness.data_ptr<float>()[place];
      const auto& [x, y] = clicks[static_cast<size_t>(place / m)];
      mask.point = {x + seen.box[0], y + seen.box[1]};
      mask.crop = seen.box;
      found.push_back(std::move(mask));
    }
  }

  // Masks that change may have become alike; those that did not come first.
  void smooth(std::vector<AutomaticMask>& masks) const {
    std::vector<float> unchanged;
    for (AutomaticMask& each : masks) {
      Mask inside(static_cast<size_t>(image_.width) * image_.height, 0);
      paint_rle(each.mask, inside.data(), 1);
      const bool changed = smooth_regions(inside, image_.width, image_.height, settings_.least_area);
      unchanged.push_back(changed ? 0.f : 1.f);
      if (!changed) continue;
      each.mask = rle_of_bitmap(inside.data(), each.mask.height, each.mask.width);
      each.box = box_of(each.mask, {});
    }
    keep(masks, unchanged, std::max(settings_.box_nms, settings_.crop_nms));
  }

  const Model& model_;
  const Image& image_;
  const AutomaticMaskSettings& settings_;
  PixelBox picture_;
};

// Components of `value` in the mask that have fewer than `least` pixels become the other; at least one stays where the
// islands are looked at.
bool without_small(Mask& mask, int width, int height, int64_t least, uint8_t value) {
  Mask inside(mask.size());
  std::transform(mask.begin(), mask.end(), inside.begin(),
                 [&](uint8_t v) { return uint8_t{(v != 0) == (value != 0)}; });
  const Components parts = components_of(inside.data(), width, height, Neighbours::eight);
  const auto first = parts.area.begin() + 1;
  if (std::none_of(first, parts.area.end(), [&](int64_t area) { return area < least; })) return false;
  const auto largest = static_cast<int32_t>(std::max_element(first, parts.area.end()) - parts.area.begin());
  const bool none_stays = value != 0 && parts.area[static_cast<size_t>(largest)] < least;
  for (size_t i = 0; i < mask.size(); ++i) {
    const int32_t label = parts.label[i];
    if (label == 0 || (none_stays && label == largest)) continue;
    if (parts.area[static_cast<size_t>(label)] < least) mask[i] = value == 0;
  }
  return true;
}

}  // namespace

void AutomaticMaskSettings::fields(Fields& visit) {
  visit("points_per_side", points_per_side, at_least(1), "clicks along each side of the picture");
  visit("points_per_batch", points_per_batch, at_least(1), "clicks that are decoded together");
  visit("least_iou", least_iou, any, "masks whose predicted IoU is not above this are dropped (0: none)");
  visit("least_stability", least_stability, unit,
        "masks are dropped where the IoU of their cuts at +-stability_offset is below this");
  visit("stability_offset", stability_offset, positive, "logits above and below 0 at which stability cuts");
  visit("box_nms", box_nms, unit, "of two masks whose boxes overlap by more than this IoU the surer stays");
  visit("crop_layers", crop_layers, between(0, 4), "layer n looks at 4^n overlapping crops of the picture as well");
  visit("crop_nms", crop_nms, unit, "as box_nms, between crops: the mask of the smaller crop stays");
  visit("crop_overlap", crop_overlap, between(0, 0.99), "overlap of the first layer's crops, of the short side");
  visit("crop_points_divisor", crop_points_divisor, at_least(1), "each layer has so many times fewer clicks a side");
  visit("least_area", least_area, non_negative, "holes and islands of fewer pixels are smoothed away (0: none)");
}

std::vector<PictureCrop> picture_crops(int width, int height, const AutomaticMaskSettings& settings) {
  std::vector<PictureCrop> crops = {{{0, 0, width, height}, 0}};
  for (int layer = 1; layer <= settings.crop_layers; ++layer) {
    const int across = 1 << layer;
    const auto overlap = static_cast<int>(settings.crop_overlap * std::min(width, height) * (2.0 / across));
    const auto length = [&](int side) { return (overlap * (across - 1) + side + across - 1) / across; };
    const int crop_width = length(width), crop_height = length(height);
    for (int i = 0; i < across; ++i)
      for (int j = 0; j < across; ++j) {
        const int x = (crop_width - overlap) * i, y = (crop_height - overlap) * j;
        crops.push_back({{x, y, std::min(x + crop_width, width), std::min(y + crop_height, height)}, layer});
      }
  }
  return crops;
}

std::vector<size_t> kept_by_nms(const std::vector<PixelBox>& boxes, const std::vector<float>& scores, double most) {
  std::vector<size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const auto area = [&](const PixelBox& b) { return float(b[2] - b[0]) * float(b[3] - b[1]); };
  std::vector<size_t> kept;
  for (const size_t i : order) {
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](size_t k) {
      const PixelBox &a = boxes[k], &b = boxes[i];
      const float width = float(std::max(0, std::min(a[2], b[2]) - std::max(a[0], b[0])));
      const float common = width * float(std::max(0, std::min(a[3], b[3]) - std::max(a[1], b[1])));
      return common / (area(a) + area(b) - common) > most;
    });
    if (!hidden) kept.push_back(i);
  }
  return kept;
}

bool smooth_regions(std::vector<uint8_t>& mask, int width, int height, int64_t least_area) {
  const bool filled = without_small(mask, width, height, least_area, 0);
  return without_small(mask, width, height, least_area, 1) || filled;
}

std::vector<AutomaticMask> automatic_masks(const Model& model, const Image& image,
                                           const AutomaticMaskSettings& settings) {
  check(model.has_masks(), "automatic masks need a model that draws masks (model.segmenter)");
  at::NoGradGuard no_grad;
  return Generator(model, image, settings).run();
}

}  // namespace weft
