// SPDX-License-Identifier: Apache-2.0
// The mask loss beside tests/evidence/mask_loss_rates' peer: mask_loss_bench [--prompts P] [--small S] [--size S]
// [--threads T] [--repeats R]
// One round of an episode, of three masks and of one: logits [P, M, small, small] judged at [size, size] by SAM's
// focal, dice and IoU, their gradient, and where the chosen mask is positive.  Prints the best time and the loss of the
// kernel, then of dense tensors.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "losses/mask_sums.h"
#include "tests/losses/mask_case.h"

namespace weft {
namespace {

struct Arguments {
  int64_t prompts = 16, small = 64, size = 256, threads = 2, repeats = 20;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    check(i + 1 < argc, "mask_loss_bench: ", key, " wants a value");
    int64_t* number = key == "--prompts"   ? &a.prompts
                      : key == "--small"   ? &a.small
                      : key == "--size"    ? &a.size
                      : key == "--threads" ? &a.threads
                      : key == "--repeats" ? &a.repeats
                                           : nullptr;
    check(number != nullptr, "mask_loss_bench: there is no ", key);
    *number = std::stol(argv[i + 1]);
    check(*number > 0, "mask_loss_bench: ", key, " is ", *number, "; wanted > 0");
  }
  return a;
}

template <class Body>
double best_seconds(int64_t repeats, const Body& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void run(const Arguments& a) {
  at::set_num_threads(static_cast<int>(a.threads));
  const auto loss = mask::loss_of({{"object", 0}});
  for (const int64_t masks : {3, 1}) {
    const mask::Size size{a.prompts, masks, a.small, a.small, a.size, a.size};
    MaskTargets targets;
    targets.inside_PHW = mask::truth_of(size);
    MaskOutputs out = mask::outputs_of(size);
    double value = 0;
    const auto round = [&] {
      out.logits_PMHW = out.logits_PMHW.detach().requires_grad_(true);
      out.iou_PM = out.iou_PM.detach().requires_grad_(true);
      const std::vector<double> counts = loss->count(targets);
      const MaskJudgement judgement = loss->judge(out, targets, {.multimask = masks > 1});
      Tensor total = at::zeros({}, at::kDouble);
      for (size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) total = total + judgement.sums[i] / counts[i];
      torch::autograd::backward({total}, {});
      const Tensor chosen = judgement.chosen_P.view({-1, 1, 1, 1}).expand({-1, 1, a.small, a.small});
      inside_of(out.logits_PMHW.detach().gather(1, chosen).squeeze(1), a.size, a.size);
      value = total.item<double>();
    };
    const double seconds = best_seconds(a.repeats, round);
    const auto dense = [&] {
      const Tensor z = out.logits_PMHW.detach().requires_grad_(true);
      const MaskSums sums = dense_mask_sums(z, targets.inside_PHW, {}, {});
      torch::autograd::backward({(sums.focal_PM + sums.inside_PM + sums.overlap_PM).sum()}, {});
    };
    std::printf("mask.M%ld.time %.4g s\n", masks, seconds);
    std::printf("mask.M%ld.loss %.6f\n", masks, value);
    std::printf("mask.M%ld.dense_sums %.4g s\n", masks, best_seconds(std::max<int64_t>(1, a.repeats / 4), dense));
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::run(weft::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
