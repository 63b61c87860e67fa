// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/eye.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "tests/losses/example_loss.h"

namespace weft {
namespace {

TEST(AddALoss, TheDocumentShowsTheCompiledExample) {
  const std::string source = read_text(Path(WEFT_SOURCE_DIR) / "tests/losses/example_loss.h");
  const size_t begin = source.find("// [example]\n") + 13, end = source.find("// [/example]");
  const std::string document = read_text(Path(WEFT_SOURCE_DIR) / "docs/ADD_A_LOSS.md");
  EXPECT_NE(document.find("```cpp\n" + source.substr(begin, end - begin) + "```"), std::string::npos);
}

TEST(AddALoss, OnlyJudgedCellsMoveTheExample) {
  PairCells cells;  // image 0: text 0 is true, text 1 is false; image 1: nobody said anything
  cells.images = 2;
  cells.texts = 2;
  cells.begin = {0, 2, 2};
  cells.text = {0, 1};
  cells.q = {1, 0};
  cells.w = {1, 1};
  const Tensor image = at::eye(2, at::kFloat), text = at::eye(2, at::kFloat);
  LocalComm comm;
  const Judgement judgement =
      loss_as<PairLoss>(YesNoSettings().build())->judge({image, text, std::log(3.0)}, cells, {}, comm);
  // Hand-derived: logits 3 and 0 give log(1 + e^-3) + log(2).
  EXPECT_NEAR(judgement.terms[0].sum, std::log1p(std::exp(-3.0)) + std::log(2.0), 1e-6);
  EXPECT_EQ(judgement.terms[0].count, 2);
  EXPECT_GT(judgement.image_gradient.select(0, 0).abs().sum().item<double>(), 0);
  EXPECT_EQ(judgement.image_gradient.select(0, 1).abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace weft
