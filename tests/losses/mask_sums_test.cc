// SPDX-License-Identifier: Apache-2.0
// The sums of the kernel beside dense tensors, on every instruction set and any number of threads.
#include "losses/mask_sums.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/losses/mask_case.h"

namespace weft {
namespace {

using mask::Size;

constexpr Size kSizes[] = {{},
                           {.P = 2, .M = 1, .h = 5, .w = 7, .H = 67, .W = 83},
                           {.P = 1, .M = 2, .h = 9, .w = 9, .H = 9, .W = 9},
                           {.P = 2, .M = 2, .h = 16, .w = 13, .H = 5, .W = 4},
                           {.P = 1, .M = 1, .h = 1, .w = 1, .H = 40, .W = 33}};

Tensor weighed(const MaskSums& sums) {
  return at::stack({0.3 * sums.focal_PM, -0.7 * sums.inside_PM, 1.1 * sums.overlap_PM}).sum();
}

TEST(MaskSums, TheKernelAndItsSlopeAreThoseOfDenseTensors) {
  for (const Size& size : kSizes)
    for (const int gamma : {2, 0, 5})
      for (const bool squared : {false, true}) {
        const PixelCost cost{0.3f, gamma, squared};
        const Tensor truth = mask::truth_of(size, squared), known = gamma == 5 ? Tensor() : mask::known_of(size);
        Tensor z = mask::outputs_of(size, 6).logits_PMHW.requires_grad_(true);
        Tensor exact = z.detach().to(at::kDouble).requires_grad_(true);
        const MaskSums found = mask_sums(z, truth, known, cost), wanted = dense_mask_sums(exact, truth, known, cost);
        for (const auto of : {&MaskSums::focal_PM, &MaskSums::weight_PM, &MaskSums::inside_PM, &MaskSums::overlap_PM,
                              &MaskSums::hard_PM, &MaskSums::hard_overlap_PM})
          EXPECT_LT((found.*of - wanted.*of).abs().max().item<double>(),
                    1e-6 * (1 + (wanted.*of).max().item<double>()));
        torch::autograd::backward({weighed(found)}, {});
        torch::autograd::backward({weighed(wanted)}, {});
        const double far = (z.grad() - exact.grad()).abs().max().item<double>();
        EXPECT_LT(far, 1e-5 * std::max(1., exact.grad().abs().max().item<double>()))
            << size.H << " x " << size.W << " gamma " << gamma;
      }
}

TEST(MaskSums, AreTheSameForAnyNumberOfThreads) {
  const Size size{.P = 5, .M = 3, .h = 16, .w = 16, .H = 61, .W = 64};
  const auto found = [&](int threads) {
    at::set_num_threads(threads);
    Tensor z = mask::outputs_of(size).logits_PMHW.requires_grad_(true);
    const MaskSums sums = mask_sums(z, mask::truth_of(size), Tensor(), {});
    torch::autograd::backward({weighed(sums)}, {});
    at::set_num_threads(1);
    return std::pair{sums.focal_PM, z.grad()};
  };
  const auto one = found(1), many = found(4);
  EXPECT_TRUE(at::equal(one.first, many.first));
  EXPECT_TRUE(at::equal(one.second, many.second));
}

TEST(MaskSums, AnExtremeLogitCostsItsSizeAndKeepsItsSlope) {
  Tensor z = at::tensor(std::vector<float>{-200, 200, 90, -90}).view({1, 1, 1, 4}).requires_grad_(true);
  const Tensor truth = at::tensor(std::vector<float>{1, 0, 1, 0}).view({1, 1, 4});
  const MaskSums sums = mask_sums(z, truth, Tensor(), {0.5f, 0, false});
  EXPECT_NEAR(sums.focal_PM.item<double>(), 0.5 * 400, 1e-3);
  torch::autograd::backward({sums.focal_PM.sum()}, {});
  EXPECT_EQ(z.grad().view({4})[0].item<float>(), -0.5f);
  EXPECT_EQ(z.grad().view({4})[1].item<float>(), 0.5f);
  EXPECT_EQ(z.grad().view({4})[2].item<float>(), 0);
}

TEST(MaskSums, InsideIsWhereTheStretchedLogitsArePositive) {
  for (const Size& size : kSizes) {
    const Tensor z = mask::outputs_of(size).logits_PMHW.select(1, 0);
    const Tensor wanted = at::upsample_bilinear2d(z.unsqueeze(1), {size.H, size.W}, false).squeeze(1);
    const Tensor found = inside_of(z, size.H, size.W).to(at::kBool);
    EXPECT_EQ(((found != (wanted > 0)) & (wanted.abs() > 1e-5)).sum().item<int64_t>(), 0);
  }
}

class EveryMaskPath : public testing::TestWithParam<size_t> {};

TEST_P(EveryMaskPath, RoundsAsThePortableOneDoes) {
  const MaskPath &path = mask_paths()[GetParam()], &portable = mask_paths()[0];
  for (const int64_t n : {1, 31, 32, 77, 256})
    for (const PixelCost& cost : {PixelCost{}, PixelCost{0.5f, 0, true}, PixelCost{0.7f, 7, false}}) {
      const auto numbers = [&](double shift) {
        return mask::counted({n + 1}, [&](double i, double, double, double) { return 5 * std::sin(shift + 0.37 * i); });
      };
      const Tensor above = numbers(0), below = numbers(1), truth = numbers(2).gt(1).to(at::kFloat),
                   known = numbers(3).lt(4).to(at::kFloat);
      const MaskRow row{above.data_ptr<float>(), below.data_ptr<float>(), 0.375f,
                        truth.data_ptr<float>(), known.data_ptr<float>(), n};
      const auto run = [&](const MaskPath& by) {
        const Tensor out = at::zeros({(kMaskSums + kTruthSums) * kMaskLanes + 3 * n}, at::kFloat);
        float *lanes = out.data_ptr<float>(), *rows = lanes + (kMaskSums + kTruthSums) * kMaskLanes;
        by.add(row, cost, lanes);
        by.add_truth(row.truth, row.known, n, cost, lanes + kMaskSums * kMaskLanes);
        const float factors[] = {0.3f, -1.7f, 0.9f};
        by.slope(row, cost, factors, rows, rows + n);
        std::vector<int32_t> left(static_cast<size_t>(n));
        for (size_t i = 0; i < left.size(); ++i) left[i] = static_cast<int32_t>(i / 4);
        by.stretch(row.above, left.data(), row.known, n, rows + 2 * n);
        return out;
      };
      EXPECT_TRUE(at::equal(run(path), run(portable))) << path.name << ", " << n << " pixels, gamma " << cost.gamma;
    }
}

INSTANTIATE_TEST_SUITE_P(Paths, EveryMaskPath, testing::Range<size_t>(0, mask_paths().size()),
                         [](const auto& info) { return std::string(mask_paths()[info.param].name); });

}  // namespace
}  // namespace weft
