// SPDX-License-Identifier: Apache-2.0
// Times the parts of a segmenter's training step: segmenter_bench SIZE IMAGES MASKS THREADS [bf16], forward and
// backward of the image encoder and of a decoder round of one click (three masks) and of one with a mask prompt and a
// second click (one mask).  tests/bench/segmenter_bench.py times segment-anything's modules alike.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

#include "base/error.h"
#include "models/segmenter.h"

namespace weft {
namespace {

// The best of several runs, milliseconds.
double best_of(int runs, const std::function<void()>& body) {
  double best = 1e30;
  for (int i = 0; i <= runs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (i > 0) best = std::min(best, took.count());
  }
  return best;
}

PromptSet prompts_of(int64_t images, int64_t masks, int64_t clicks, int64_t size, bool with_mask) {
  const int64_t p = images * masks;
  PromptSet set{.image_P = at::arange(p, at::kLong).div(masks, "floor"),
                .points_PN2 = at::rand({p, clicks + 1, 2}) * static_cast<double>(size),
                .labels_PN = at::full({p, clicks + 1}, 1, at::kLong)};
  set.labels_PN.select(1, clicks).fill_(PromptSet::kNotAPoint);
  if (with_mask) set.mask_P1HW = at::rand({p, 1, size / 4, size / 4}) * 10 - 5;
  return set;
}

void run(const std::string& size, int64_t images, int64_t masks, int threads, bool narrow) {
  at::set_num_threads(threads);
  SegmenterSettings settings;
  settings.size = size;
  const auto model = settings.build(0, 1);
  for (Parameter& parameter : model->parameters().all()) {
    if (narrow) parameter.value = parameter.value.to(at::kBFloat16);
    parameter.value.requires_grad_(!parameter.is_fixed);
  }
  const int64_t side = settings.image_size();
  const Tensor pixels = at::randint(0, 255, {images, 3, side, side}, at::kByte);
  const auto back = [](const Tensor& loss) { torch::autograd::backward({loss}, {}); };
  const double encoder = best_of(5, [&] { back(model->encode(pixels, Draws{}).to(at::kFloat).square().sum()); });
  const Tensor features = model->encode(pixels, Draws{}).detach().requires_grad_(true);
  const auto round = [&](const PromptSet& prompts, bool multimask) {
    return best_of(9, [&] {
      const MaskOutputs out = model->decode(features, prompts, multimask, Draws{});
      back(out.logits_PMHW.square().sum() + out.iou_PM.sum());
    });
  };
  const double first = round(prompts_of(images, masks, 1, side, false), true);
  const double later = round(prompts_of(images, masks, 2, side, true), false);
  std::printf(
      "weft %s %s, %lld images x %lld masks, %d threads, forward and backward: encoder %.1f ms, first round %.1f "
      "ms, later round %.1f ms\n",
      size.c_str(), narrow ? "bf16" : "fp32", static_cast<long long>(images), static_cast<long long>(masks), threads,
      encoder, first, later);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc == 5 || argc == 6, "wanted: segmenter_bench SIZE IMAGES MASKS THREADS [bf16]");
    weft::run(argv[1], std::stol(argv[2]), std::stol(argv[3]), std::stoi(argv[4]), argc == 6);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "segmenter_bench: %s\n", error.what());
    return 2;
  }
}
