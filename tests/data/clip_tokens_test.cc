// SPDX-License-Identifier: Apache-2.0
// Golden values: tests/golden/make_clip_tokens.py.  CLIP's vocabulary file is not ours to keep: WEFT_CLIP_VOCABULARY
// names it, or the peers' open_clip has it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "data/tokenizer.h"
#include "tests/support.h"

namespace weft {
namespace {

using Ids = std::vector<int32_t>;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Path vocabulary_file() {
  if (const std::string named = variable("WEFT_CLIP_VOCABULARY"); !named.empty()) return named;
  const std::string cache = variable("WEFT_CACHE");
  const Path libraries = Path(cache.empty() ? variable("HOME") + "/.cache/weft" : cache) / "peers" / "lib";
  if (!std::filesystem::exists(libraries)) return {};
  for (const auto& python : std::filesystem::directory_iterator(libraries))
    if (const Path file = python.path() / "site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz";
        std::filesystem::exists(file))
      return file;
  return {};
}

class ClipTokens : public testing::Test {
 protected:
  void SetUp() override {
    if (vocabulary_file().empty()) GTEST_SKIP() << "needs CLIP's vocabulary file: WEFT_CLIP_VOCABULARY=...";
    tokenizer_ = std::make_unique<Tokenizer>(vocabulary_file());
  }
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(ClipTokens, AreThoseOfThePublishedExamples) {
  EXPECT_EQ(tokenizer_->size(), 49408);
  EXPECT_EQ(tokenizer_->pad(), 0);
  const auto ids = [&](const char* text) { return tokenizer_->encode(text, 77); };
  EXPECT_EQ(ids("a photo of a cat"), (Ids{49406, 320, 1125, 539, 320, 2368, 49407}));
  EXPECT_EQ(ids("A photo of a {dog}."), (Ids{49406, 320, 1125, 539, 320, 346, 1929, 92, 269, 49407}));
  EXPECT_EQ(ids("it's 2024!!"), (Ids{49406, 585, 568, 273, 271, 273, 275, 748, 49407}));
  EXPECT_EQ(ids("chest x-ray: no pleural effusion"),
            (Ids{49406, 10563, 343, 268, 3077, 281, 871, 926, 33948, 1490, 9364, 49407}));
}

TEST_F(ClipTokens, AreOpenClipsForTextsOfManyScripts) {
  const std::string other = variable("WEFT_CLIP_TOKENS");
  const Path file = other.empty() ? Path(WEFT_SOURCE_DIR) / "tests/golden/clip_tokens.json" : Path(other);
  const auto golden = nlohmann::json::parse(read_text(file));
  for (const auto& entry : golden["cases"])
    EXPECT_EQ(tokenizer_->encode(entry["text"], golden["context"]), entry["ids"].get<Ids>()) << entry["text"];
}

TEST_F(ClipTokens, ComeFromTheUnpackedFileToo) {
  const ScratchFolder scratch;
  tokenizer_->save(scratch / "merges.txt");
  const Tokenizer again(scratch / "merges.txt");
  EXPECT_EQ(again.size(), tokenizer_->size());
  EXPECT_EQ(again.encode("An astronaut riding a horse", 77), tokenizer_->encode("An astronaut riding a horse", 77));
}

}  // namespace
}  // namespace weft
