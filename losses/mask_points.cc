// SPDX-License-Identifier: Apache-2.0
#include "losses/mask_points.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/topk.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

constexpr int64_t kRounds = 64;  // of an episode, at most

// values [B, C, h, w] at places [B, *, N, 2], x and y in [-1, 1]: [B, C, *, N].
Tensor at_places(const Tensor& values, const Tensor& places) {
  return at::grid_sampler_2d(values, places, /*bilinear*/ 0, /*border*/ 1, /*align_corners=*/false);
}

// Places [P, 1, count, 2], drawn from the stream of each prompt.
Tensor drawn(int64_t prompts, int64_t count, const Draws& draws, int64_t round) {
  Tensor places = at::empty({prompts, 1, count, 2}, at::kFloat);
  float* to = places.data_ptr<float>();
  for (int64_t prompt = 0; prompt < prompts; ++prompt) {
    const int64_t place = draws.first + (draws.rows.empty() ? prompt : draws.rows[static_cast<size_t>(prompt)]);
    Stream stream(draws.seed, Purpose::mask_points, static_cast<uint64_t>(draws.step),
                  static_cast<uint64_t>(place * kRounds + round));
    for (int64_t i = 0; i < 2 * count; ++i) *to++ = static_cast<float>(stream.uniform(-1, 1));
  }
  return places;
}

}  // namespace

PointSample sample_points(const Tensor& logits, const Tensor& truth, const Tensor& known, const PointSettings& settings,
                          const Draws& draws, int64_t round) {
  check(round >= 0 && round < kRounds, "sampled points: an episode has at most ", kRounds, " rounds; found ", round);
  const int64_t prompts = logits.size(0), masks = logits.size(1), count = settings.count;
  const auto important = static_cast<int64_t>(settings.important * static_cast<double>(count));
  const auto candidates = static_cast<int64_t>(settings.oversample * static_cast<double>(count));
  check(candidates >= important, "sampled points: ", candidates, " candidates for ", important, " points");
  const Tensor t = truth.to(at::kFloat).unsqueeze(1),
               k = known.defined() ? known.to(at::kFloat).unsqueeze(1) : Tensor();
  Tensor places;
  {
    const at::NoGradGuard no_grad;
    const Tensor all = drawn(prompts, candidates + count - important, draws, round).to(logits.device());
    const Tensor first = all.narrow(2, 0, candidates);
    Tensor certain = at_places(logits, first).squeeze(2).abs();
    if (k.defined())
      certain = certain.masked_fill(at_places(k, first).squeeze(2).eq(0), std::numeric_limits<float>::infinity());
    const Tensor picked = std::get<1>(at::topk(certain, important, -1, /*largest=*/false));
    const Tensor near = first.expand({-1, masks, -1, -1}).gather(2, picked.unsqueeze(3).expand({-1, -1, -1, 2}));
    const Tensor rest = all.narrow(2, candidates, count - important).expand({-1, masks, -1, -1});
    places = at::cat({near, rest}, 2);
  }
  const auto rows = [&](const Tensor& values) { return values.reshape({prompts * masks, 1, count}); };
  const Tensor z = at_places(logits.reshape({prompts * masks, 1, logits.size(2), logits.size(3)}),
                             places.reshape({prompts * masks, 1, count, 2}));
  if (!k.defined()) {
    const Tensor sampled = rows(at_places(t, places));
    return {z, sampled, at::ones_like(sampled)};
  }
  const Tensor share = rows(at_places(k, places));
  return {z, rows(at_places(t * k, places)) / share.clamp_min(1e-6), share};
}

}  // namespace weft
