// SPDX-License-Identifier: Apache-2.0
// Golden values: tests/golden/make_sentencepiece.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/tokenizer.h"
#include "tests/support.h"

namespace weft {
namespace {

using Ids = std::vector<int32_t>;

class SentencePiece : public testing::Test {
 protected:
  void SetUp() override {
    const Path file = Path(WEFT_SOURCE_DIR) / "tests/golden/sentencepiece.model";
    const std::string error = error_of([&] { tokenizer_ = std::make_unique<Tokenizer>(file); });
    if (error.find("built without the library") != std::string::npos) GTEST_SKIP() << error;
    ASSERT_EQ(error, "");
  }
  std::unique_ptr<Tokenizer> tokenizer_;
  const nlohmann::json golden_ =
      nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/sentencepiece.json"));
};

TEST_F(SentencePiece, GivesTheIdsOfPythonsAfterSigLipsCleaning) {
  EXPECT_EQ(tokenizer_->size(), golden_["size"]);
  for (const auto& entry : golden_["cases"]) {
    EXPECT_EQ(tokenizer_->encode(entry["text"], golden_["context"]), entry["ids"].get<Ids>()) << entry["text"];
    EXPECT_EQ(tokenizer_->encode(entry["text"], golden_["context"], true), entry["filled"].get<Ids>()) << entry["text"];
  }
}

TEST_F(SentencePiece, HasNoStartAndPadsSigLipsTextsWithTheirEnd) {
  EXPECT_EQ(tokenizer_->start(), -1);
  EXPECT_EQ(tokenizer_->end(), 1);
  EXPECT_EQ(tokenizer_->pad(), 1);
}

TEST_F(SentencePiece, DecodesAndIsSavedAsItWas) {
  EXPECT_EQ(tokenizer_->decode(tokenizer_->encode("a photo of the red cat", 64)), "a photo of the red cat");
  EXPECT_NE(error_of([&] { tokenizer_->decode({100000}); }).find("token 100000"), std::string::npos);
  const ScratchFolder scratch;
  tokenizer_->save(scratch / "model");
  EXPECT_EQ(Tokenizer(scratch / "model").size(), tokenizer_->size());
}

TEST(Tokenizer, AFileThatLooksLikeASentencepieceModelAndIsNoneIsNamed) {
  const ScratchFolder scratch;
  write_atomically(scratch / "broken.model", std::string_view("\nbroken"));
  const std::string error = error_of([&] { Tokenizer(scratch / "broken.model"); });
  EXPECT_NE(error.find("broken.model: "), std::string::npos) << error;
  EXPECT_NE(error.find("sentencepiece"), std::string::npos) << error;
}

}  // namespace
}  // namespace weft
