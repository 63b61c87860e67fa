// SPDX-License-Identifier: Apache-2.0
// A segmenter asked by clicks: each object of a picture in an episode of its own, the first click in its middle, each
// further one in the middle of the greatest error (data/prompts/clicks.h).  Masks are judged in the picture's pixels.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/base64.h"
#include "base/error.h"
#include "data/objects.h"
#include "data/prompts/clicks.h"
#include "launch/episode_picture.h"
#include "launch/evaluation.h"
#include "launch/shares.h"
#include "losses/metrics/masks.h"
#include "trainer/prompt_tensors.h"

namespace weft {
namespace {

constexpr int kAtOnce = 16;      // objects that are decoded together
constexpr double kRight = 0.85;  // IoU from which the report calls a mask right

using Plane = std::vector<uint8_t>;

// The square of a picture that the model sees for an object, and where it lies in the view.
struct Window {
  int x = 0, y = 0, width = 0, height = 0;
  Affine to_view;  // from the window's own pixels
};

Window window_around(const Image& picture, const PromptPoint& click, double zoom) {
  const int side = std::max(1, static_cast<int>(std::lround(std::max(picture.width, picture.height) / zoom)));
  const auto begin = [side](float at, int length) {
    return std::clamp(static_cast<int>(std::lround(at + .5 - side / 2.)), 0, std::max(0, length - side));
  };
  return {begin(click.x, picture.width),
          begin(click.y, picture.height),
          std::min(side, picture.width),
          std::min(side, picture.height),
          {}};
}

Image cut(const Image& picture, const Window& window) {
  Image part(window.width, window.height, picture.channels);
  for (int y = 0; y < window.height; ++y)
    std::copy_n(picture.row(window.y + y) + int64_t{window.x} * picture.channels,
                int64_t{window.width} * picture.channels, part.row(y));
  return part;
}

// One object of a picture, being asked for.
struct Asked {
  const Plane* truth;
  Window window;
  PromptPoints clicked, seen;  // in pixels of the picture, and of the view
  Plane prediction;            // of the picture
  std::vector<double> ious;
  bool is_over = false;
  Json shots;  // of the report, where it is shown: after clicks 1, 3, 5
};

// Logits of the view, row by row, at a place of it (pixel edges), bilinearly between pixel centres.
float at_place(const float* logits, int side, double x, double y) {
  const double px = std::clamp(x - .5, 0., side - 1.), py = std::clamp(y - .5, 0., side - 1.);
  const int left = std::min(static_cast<int>(px), side - 2), top = std::min(static_cast<int>(py), side - 2);
  const double fx = px - left, fy = py - top;
  const float* row = logits + int64_t{top} * side + left;
  return static_cast<float>((1 - fy) * ((1 - fx) * row[0] + fx * row[1]) +
                            fy * ((1 - fx) * row[side] + fx * row[side + 1]));
}

class Episodes {
 public:
  // shown: the object whose episode the report shows, if it is one of them.
  Episodes(const Evaluated& e, const Image& picture, const std::vector<Plane>& truths, size_t shown)
      : e_(e), picture_(picture), side_(e.view_size()), shown_(shown) {
    for (const Plane& truth : truths) {
      Asked& asked = asked_.emplace_back();
      asked.truth = &truth;
      asked.prediction.resize(truth.size());
    }
  }

  ClickTable run() {
    for (size_t begin = 0; begin < asked_.size(); begin += kAtOnce)
      run_some({asked_.data() + begin, std::min<size_t>(kAtOnce, asked_.size() - begin)});
    ClickTable table;
    for (Asked& asked : asked_) table.push_back(std::move(asked.ious));
    return table;
  }
  Json shots() const { return shown_ < asked_.size() ? asked_[shown_].shots : Json(); }

 private:
  MaskView truth_of(const Asked& asked) const {
    return {asked.truth->data(), nullptr, picture_.width, picture_.height};
  }

  void click(Asked& asked, const PromptPoint& at) {
    asked.clicked.push_back(at);
    const Point in_view = asked.window.to_view.apply(
        {at.x + .5f - static_cast<float>(asked.window.x), at.y + .5f - static_cast<float>(asked.window.y)});
    const auto clamped = [&](float place) { return std::clamp(place - .5f, 0.f, static_cast<float>(side_ - 1)); };
    asked.seen.push_back({clamped(in_view.x), clamped(in_view.y), at.label});
  }

  void run_some(std::span<Asked> some) {
    std::vector<Plane> views;
    for (Asked& asked : some) {
      const PromptPoint first = centre_click(truth_of(asked)).value();
      asked.window = window_around(picture_, first, e_.config.evaluate.zoom);
      Plane& view = views.emplace_back(size_t{3} * static_cast<size_t>(side_) * static_cast<size_t>(side_));
      Stream unused(0, Purpose::background, 0, 0);
      asked.window.to_view = evaluation_view(cut(picture_, asked.window),
                                             EvaluationShape{side_, e_.model.preprocess().resize}, unused, view.data())
                                 .to_view;
      click(asked, first);
    }
    std::vector<Tensor> pixels;
    for (Plane& view : views) pixels.push_back(at::from_blob(view.data(), {1, 3, side_, side_}, at::kByte));
    const Tensor features = e_.model.encode(at::cat(pixels, 0), Draws{});
    Tensor previous;
    for (int64_t k = 0; k < e_.config.evaluate.clicks; ++k) {
      std::vector<PromptRow> rows;
      for (size_t i = 0; i < some.size(); ++i) rows.push_back({static_cast<int64_t>(i), &some[i].seen});
      PromptSet prompts = prompt_tensors(rows, e_.model.device());
      prompts.mask_P1HW = previous;
      const MaskOutputs outputs = e_.model.decode(features, prompts, /*multimask=*/k == 0, Draws{});
      const Tensor best = outputs.iou_PM.argmax(1).view({-1, 1, 1, 1});
      const Tensor logits = outputs.logits_PMHW;
      previous = logits.gather(1, best.expand({-1, 1, logits.size(2), logits.size(3)}));
      const Tensor view_logits =
          at::upsample_bilinear2d(previous.to(at::kFloat), {side_, side_}, /*align_corners=*/false).contiguous();
      bool all_over = true;
      for (size_t i = 0; i < some.size(); ++i) {
        judge(some[i], view_logits.data_ptr<float>() + static_cast<int64_t>(i) * side_ * side_);
        all_over = all_over && some[i].is_over;
      }
      if (all_over) break;
    }
  }

  // The prediction in the picture's pixels, its IoU, and the next click.
  void judge(Asked& asked, const float* logits) {
    if (asked.is_over) return;
    const Window& w = asked.window;
    std::fill(asked.prediction.begin(), asked.prediction.end(), uint8_t{0});
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x) {
        const Point at = w.to_view.apply({static_cast<float>(x) + .5f, static_cast<float>(y) + .5f});
        const size_t pixel =
            static_cast<size_t>(w.y + y) * static_cast<size_t>(picture_.width) + static_cast<size_t>(w.x + x);
        asked.prediction[pixel] = at_place(logits, side_, at.x, at.y) > 0;
      }
    asked.ious.push_back(overlap(truth_of(asked), asked.prediction.data()).iou());
    if (&asked - asked_.data() == static_cast<std::ptrdiff_t>(shown_)) show(asked);
    const auto next = centre_error_click(truth_of(asked), asked.prediction.data(), asked.clicked);
    if (next)
      click(asked, *next);
    else
      asked.is_over = true;
  }

  void show(Asked& asked) const {
    const size_t clicks = asked.ious.size();
    if (clicks != 1 && clicks != 3 && clicks != 5) return;
    const Window& w = asked.window;
    const Image shown = episode_picture(picture_, {w.x, w.y, w.width, w.height}, asked.truth->data(),
                                        asked.prediction.data(), asked.clicked);
    asked.shots.push_back({{"key", join(clicks, clicks == 1 ? " click" : " clicks")},
                           {"png", base64(encode_png(shown))},
                           {"score", asked.ious.back()},
                           {"right", asked.ious.back() >= kRight}});
  }

  const Evaluated& e_;
  const Image& picture_;
  const int side_;
  const size_t shown_;
  std::vector<Asked> asked_;
};

// Masks of a picture, in its own pixels: of the regions that the recipe judges.
std::vector<Plane> truths_of(const Evaluated& e, uint32_t sample, const Image& picture) {
  std::vector<Plane> truths;
  const double most = e.config.evaluate.objects.most_share * picture.width * picture.height;
  for (const Record& record : e.store.records(sample)) {
    if (record.kind != Kind::pos || record.scope != Scope::mask || (record.flags & kCrowd)) continue;
    const Rle mask = mask_of(record.geometry);
    const auto pixels = static_cast<double>(area_of(mask));
    if (pixels < static_cast<double>(e.config.evaluate.objects.least_pixels) || pixels > most) continue;
    check(mask.width == static_cast<uint32_t>(picture.width) && mask.height == static_cast<uint32_t>(picture.height),
          "sample ", e.store.info(sample).key, ": a mask of ", mask.width, " x ", mask.height, " of a picture of ",
          picture.width, " x ", picture.height);
    paint_rle(mask,
              truths.emplace_back(static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height)).data(), 1);
  }
  return truths;
}

Image opaque_picture(const Store& store, uint32_t sample) {
  Bytes content;
  const SampleInfo& info = store.info(sample);
  store.read_view(sample, info.views / 2, content);
  return colours_of(decode_image(content.data(), content.size(), 0));
}

struct JudgedObject {
  size_t picture;  // place in e.images
  int64_t pixels;
  std::vector<double> ious;  // by click
};

// Every object of the split; every rank has all of them.
std::vector<JudgedObject> judge_pictures(const Evaluated& e, Findings& findings) {
  at::NoGradGuard no_grad;
  std::vector<double> mine;
  for (size_t i = static_cast<size_t>(e.comm.rank()); i < e.images.size(); i += static_cast<size_t>(e.comm.size())) {
    const Image picture = opaque_picture(e.store, e.images[i]);
    const std::vector<Plane> truths = truths_of(e, e.images[i], picture);
    // Rank 0 shows one object of some of its pictures.
    const bool is_shown =
        e.comm.is_first() && static_cast<int64_t>(findings.episodes.size()) < e.config.evaluate.gallery_texts;
    Episodes episodes(e, picture, truths, is_shown ? truths.size() / 2 : truths.size());
    size_t n = 0;
    for (const auto& ious : episodes.run()) {
      mine.push_back(static_cast<double>(i));
      mine.push_back(static_cast<double>(std::count(truths[n].begin(), truths[n].end(), 1)));
      mine.push_back(static_cast<double>(ious.size()));
      ++n;
      mine.insert(mine.end(), ious.begin(), ious.end());
    }
    if (const Json shots = episodes.shots(); !shots.empty())
      findings.episodes.push_back({{"text", e.store.info(e.images[i]).key}, {"items", shots}});
  }
  const std::vector<double> all = gather_numbers(mine, e.comm);
  std::vector<JudgedObject> objects;
  for (auto at = all.begin(); at != all.end();) {
    const auto ious = at + 3, end = ious + static_cast<int64_t>(at[2]);
    objects.push_back({static_cast<size_t>(at[0]), static_cast<int64_t>(at[1]), {ious, end}});
    at = end;
  }
  std::stable_sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) { return a.picture < b.picture; });
  return objects;
}

}  // namespace

void judge_masks(const Evaluated& e, Findings& findings) {
  const std::vector<JudgedObject> judged = judge_pictures(e, findings);
  check(!judged.empty(), e.store.folder().string(), ": split \"", e.config.evaluate.split,
        "\" has no mask that could be asked for");
  const int clicks = static_cast<int>(e.config.evaluate.clicks);
  for (const int k : {1, 3, 5}) {
    if (k > clicks) continue;
    std::vector<double> values;
    for (const JudgedObject& object : judged) values.push_back(mean_iou_at({object.ious}, k));
    findings.add({"masks", join("masks.miou@", k), join("IoU after ", k, k == 1 ? " click" : " clicks"), values});
  }
  if (clicks == kMostClicks)
    for (const int percent : {85, 90}) {
      std::vector<double> values;
      for (const JudgedObject& object : judged) values.push_back(number_of_clicks({object.ious}, percent / 100.).mean);
      findings.add({"masks",
                    join("masks.noc", percent),
                    join("clicks to an IoU of .", percent, ", at most ", kMostClicks),
                    values,
                    {},
                    {},
                    mean_of,
                    /*lower_is_better=*/true});
    }
  Json objects = Json::array();
  for (const JudgedObject& object : judged)
    objects.push_back(
        {{"image", e.store.info(e.images[object.picture]).key}, {"pixels", object.pixels}, {"iou", object.ious}});
  findings.objects = std::move(objects);
}

}  // namespace weft
