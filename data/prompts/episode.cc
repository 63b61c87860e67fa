// SPDX-License-Identifier: Apache-2.0
#include "data/prompts/episode.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.h"
#include "data/prompts/boxes.h"
#include "data/prompts/clicks.h"
#include "data/prompts/scribbles.h"

namespace weft {
namespace {

constexpr int kBoxTries = 16;
constexpr double kFilled = 0.9;                       // least share of a box elsewhere that is elsewhere
constexpr double kLeastSide = 0.05, kMostSide = 0.3;  // of such a box, as shares of the view's side

// A place by shares; the first one where all are 0.
size_t pick(std::span<const double> shares, Stream& stream) {
  double sum = 0;
  for (const double share : shares) sum += share;
  double left = stream.uniform() * sum;
  for (size_t i = 0; i < shares.size(); ++i) {
    left -= shares[i];
    if (left < 0) return i;
  }
  return 0;
}

PromptPoints object_box(const MaskView& truth, const PromptSettings& settings, Stream& stream) {
  const auto box = box_around(truth);
  if (!box) return {};
  const Box moved = jittered(*box, box_jitter_named(settings.box_jitter), settings.box_jitter_share,
                             settings.box_jitter_pixels, truth.width, truth.height, stream);
  return box_prompt(moved, truth.width, truth.height);
}

PromptPoints scribble_points(const MaskView& region, const PromptSettings& settings, Stream& stream) {
  const std::array shares{settings.line, settings.centerline, settings.contour};
  const auto kind = static_cast<ScribbleKind>(pick(shares, stream));
  const int lines = 1 + static_cast<int>(stream.below(3));
  const auto scribble = draw_scribble(region, kind, lines, stream);
  return points_of(scribble, region.width, settings.scribble_points, PointLabel::positive, stream);
}

PromptPoints point_in(const MaskView& region, Stream& stream) {
  const auto point = inside_click(region, stream);
  return point ? PromptPoints{*point} : PromptPoints{};
}

// A box around a random pixel of the region that the region nearly fills; nothing where none of the tries does.
PromptPoints box_within(const MaskView& region, Stream& stream) {
  for (int attempt = 0; attempt < kBoxTries; ++attempt) {
    const auto centre = inside_click(region, stream);
    if (!centre) return {};
    const double half_x = stream.uniform(kLeastSide, kMostSide) * region.width / 2;
    const double half_y = stream.uniform(kLeastSide, kMostSide) * region.height / 2;
    const int left = std::max(0, int(centre->x - half_x)), right = std::min(region.width - 1, int(centre->x + half_x));
    const int top = std::max(0, int(centre->y - half_y)), bottom = std::min(region.height - 1, int(centre->y + half_y));
    int64_t filled = 0;
    for (int y = top; y <= bottom; ++y)
      for (int x = left; x <= right; ++x) {
        const size_t i = size_t(y) * region.width + x;
        filled += region.inside[i] && region.is_known(i);
      }
    if (double(filled) < kFilled * (right - left + 1) * (bottom - top + 1)) continue;
    return box_prompt({double(left), double(top), right + 1.0, bottom + 1.0}, region.width, region.height);
  }
  return {};
}

PromptPoints absent_prompt(const MaskView& elsewhere, const PromptSettings& settings, Stream& stream) {
  const std::array shares{settings.point, settings.box, settings.scribble};
  const auto kind = static_cast<PromptKind>(pick(shares, stream));
  PromptPoints points;
  if (kind == PromptKind::box) points = box_within(elsewhere, stream);
  if (kind == PromptKind::scribble) points = scribble_points(elsewhere, settings, stream);
  return points.empty() ? point_in(elsewhere, stream) : points;
}

PromptPoints negative_clicks(const MaskView& truth, const PromptSettings& settings, Stream& stream) {
  PromptPoints points;
  for (uint64_t n = 1 + stream.below(static_cast<uint64_t>(settings.negatives)); n > 0; --n)
    if (const auto point = outside_click(truth, stream)) points.push_back(*point);
  return points;
}

}  // namespace

PromptKind draw_kind(const PromptSettings& settings, Stream& stream) {
  const std::array shares{settings.point, settings.box, settings.scribble, settings.negative_only, settings.absent};
  return static_cast<PromptKind>(pick(shares, stream));
}

FirstPrompt first_prompt(const MaskView& truth, const MaskView* elsewhere, const PromptSettings& settings,
                         Stream& stream) {
  FirstPrompt prompt;
  prompt.kind = draw_kind(settings, stream);
  switch (prompt.kind) {
    case PromptKind::point:
      break;
    case PromptKind::box:
      prompt.points = object_box(truth, settings, stream);
      break;
    case PromptKind::scribble:
      prompt.points = scribble_points(truth, settings, stream);
      break;
    case PromptKind::negative_only:
      prompt.points = negative_clicks(truth, settings, stream);
      break;
    case PromptKind::absent:
      if (elsewhere) prompt.points = absent_prompt(*elsewhere, settings, stream);
      break;
  }
  if (!prompt.points.empty()) {
    prompt.target_is_empty = prompt.kind == PromptKind::negative_only || prompt.kind == PromptKind::absent;
    return prompt;
  }
  return {PromptKind::point, point_in(truth, stream), false};
}

PromptPoints correction(const MaskView& target, const uint8_t* prediction, const PromptSettings& settings,
                        Stream& stream) {
  PromptPoints points;
  for (int64_t n = 0; n < settings.points; ++n) {
    const auto point = error_click(target, prediction, settings.from_truth, stream);
    if (point && std::find(points.begin(), points.end(), *point) == points.end()) points.push_back(*point);
  }
  return points;
}

std::vector<bool> mask_only_rounds(const PromptSettings& settings, Stream& stream) {
  std::vector<bool> plan(static_cast<size_t>(settings.rounds()), false);
  if (settings.mask_only == 0) return plan;
  plan.back() = true;
  uint64_t wanted = static_cast<uint64_t>(settings.mask_only - 1);
  for (size_t round = 1; round + 1 < plan.size() && wanted > 0; ++round) {  // each set of places alike
    const uint64_t left = plan.size() - 1 - round;
    if (stream.below(left) >= wanted) continue;
    plan[round] = true;
    --wanted;
  }
  return plan;
}

}  // namespace weft
