// SPDX-License-Identifier: Apache-2.0
// The pairwise losses on a GPU against tests/golden/make_pairwise.py, as on the CPU.
#include "tests/gpu/on_gpu.h"
#include "tests/losses/pair_case.h"

namespace weft {
namespace {

class GpuPairwise : public OnGpus {
 protected:
  GpuPairwise() : OnGpus(1) {}
};

TEST_F(GpuPairwise, SumsCountsAndGradientsEqualTheDenseForm) {
  LocalComm comm;
  for (const auto& [name, wanted] : pair::golden().items())
    for (const int blocks : {1, 4}) {
      SCOPED_TRACE(name);
      PairFeatures features = pair::features_of(wanted);
      features.image_BD = features.image_BD.cuda();
      features.text_TD = features.text_TD.cuda();
      const Judgement found = pair::loss_of(wanted)->judge(features, pair::cells_of(wanted), {blocks, 0, blocks}, comm);
      EXPECT_TRUE(found.image_gradient.is_cuda());
      pair::expect_golden(found, wanted);
    }
}

TEST_F(GpuPairwise, AFeatureThatIsNotANumberIsNotHidden) {
  LocalComm comm;
  const pair::Json& wanted = pair::golden()["clip"];
  PairFeatures features = pair::features_of(wanted);
  features.image_BD.select(0, 1).fill_(std::nanf(""));
  features.image_BD = features.image_BD.cuda();
  features.text_TD = features.text_TD.cuda();
  EXPECT_TRUE(std::isnan(pair::loss_of(wanted)->judge(features, pair::cells_of(wanted), {}, comm).value()));
}

}  // namespace
}  // namespace weft
