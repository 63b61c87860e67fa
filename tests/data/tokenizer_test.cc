// SPDX-License-Identifier: Apache-2.0
// Golden values: tests/golden/make_bpe.py.
#include "data/tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "data/text_words.h"

namespace weft {
namespace {

using Merges = std::vector<std::pair<std::string, std::string>>;

const nlohmann::json& golden() {
  static const nlohmann::json values =
      nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/bpe.json"));
  return values;
}

Path temporary(const std::string& name) {
  return Path(testing::TempDir()) / ("weft_tokenizer_test_" + name);
}

Path written(const std::string& name, const std::string& content) {
  write_atomically(temporary(name), content);
  return temporary(name);
}

std::string message_of(const Path& file) {
  try {
    const Tokenizer tokenizer(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Tokenizer, TextsAreCleanedAsTheyAreInPython) {
  for (const auto& entry : golden()["cases"]) EXPECT_EQ(clean_text(entry["text"]), entry["clean"].get<std::string>());
}

TEST(Tokenizer, WordsAreLettersOrSingleDigitsOrRunsOfOtherSigns) {
  for (const auto& entry : golden()["cases"])
    EXPECT_EQ(split_words(entry["clean"]), entry["words"].get<std::vector<std::string>>()) << entry["clean"];
}

TEST(Tokenizer, LearnsTheMergesThatCountingAnewEveryTimeGives) {
  const Path file = temporary("learned");
  train_tokenizer(golden()["texts"], golden()["num_merges"]).save(file);
  std::istringstream lines(read_text(file));
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with('#'));
  Merges merges;
  while (std::getline(lines, line))
    merges.emplace_back(line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
  EXPECT_EQ(merges, golden()["merges"].get<Merges>());
}

TEST(Tokenizer, GivesTheGoldenIdsFromMemoryAndFromAFile) {
  const Tokenizer learned = train_tokenizer(golden()["texts"], golden()["num_merges"]);
  learned.save(temporary("ids"));
  const Tokenizer reread(temporary("ids"));
  for (const auto& entry : golden()["cases"]) {
    const auto ids = entry["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(learned.encode(entry["text"], golden()["context"]), ids) << entry["text"];
    EXPECT_EQ(reread.encode(entry["text"], golden()["context"]), ids) << entry["text"];
  }
}

TEST(Tokenizer, DecodingGivesTheWordsBack) {
  const Tokenizer tokenizer = train_tokenizer(golden()["texts"], golden()["num_merges"]);
  for (const auto& entry : golden()["cases"]) {
    std::string words;
    for (const auto& word : entry["words"]) words += (words.empty() ? "" : " ") + word.get<std::string>();
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(entry["text"], 4096)), words);
  }
  EXPECT_THROW(tokenizer.decode({tokenizer.size()}), Error);
}

TEST(Tokenizer, AnEmptyTextIsStartAndEnd) {
  const Tokenizer tokenizer{Merges{}};
  EXPECT_EQ(tokenizer.size(), 514);
  EXPECT_EQ(tokenizer.encode(" \n ", 8), (std::vector<int32_t>{512, 513}));
}

TEST(Tokenizer, ALongTextIsCutAndStillEnds) {
  const Tokenizer tokenizer{Merges{}};
  const std::vector<int32_t> ids = tokenizer.encode(std::string(1 << 20, '!'), 5);
  EXPECT_EQ(ids, (std::vector<int32_t>{512, 0, 0, 0, 513}));  // "!" is CLIP's id 0
}

// The file's sizes and ids are those of CLIP's vocabulary (49,408 ids); its merges are any distinct pairs of bytes.
TEST(Tokenizer, OfAFileWithClipsHeaderOnlyTheFirst48894MergesCount) {
  std::string content = "\"bpe_simple_vocab_16e6.txt#version: 0.2\n";
  for (size_t i = 0; i < 60000; ++i)
    content += byte_characters()[i / 512] + " " + byte_characters()[i % 256] + (i % 512 < 256 ? "\n" : "</w>\n");
  const Tokenizer tokenizer(written("clip", content));
  EXPECT_EQ(tokenizer.size(), 49408);
  EXPECT_EQ(tokenizer.start(), 49406);
  EXPECT_EQ(tokenizer.end(), 49407);
}

TEST(Tokenizer, AMalformedLineIsNamedWithItsFileAndNumber) {
  const std::string head = "#version: 0.2\na b\n";
  EXPECT_NE(message_of(written("words", head + "abc\n")).find("words:3: wanted two symbols"), std::string::npos);
  EXPECT_NE(message_of(written("three", head + "a b c\n")).find("three:3: wanted two symbols"), std::string::npos);
  EXPECT_NE(message_of(written("empty_line", head + "\n")).find("empty_line:3: wanted two"), std::string::npos);
  EXPECT_NE(message_of(written("unmade", head + "ab cd\n")).find("unmade:3: 'cd' is neither"), std::string::npos);
  EXPECT_NE(message_of(written("twice", head + "c d\na b\n")).find("twice:4: the merge 'a b'"), std::string::npos);
  EXPECT_NE(message_of(written("after_end", head + "a</w> b\n")).find("after_end:3: 'a</w>' ends"), std::string::npos);
  EXPECT_NE(message_of(written("headless", "a b\n")).find("headless:1: wanted a header"), std::string::npos);
  EXPECT_NE(message_of(written("nothing", "")).find("nothing:1: wanted a header"), std::string::npos);
}

TEST(Tokenizer, ATextThatIsNotUtf8IsNamedByItsByte) {
  try {
    Tokenizer{Merges{}}.encode("ab\xff", 8);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("byte 2 of 3 is 0xff"), std::string::npos) << error.what();
  }
}

TEST(Tokenizer, ThreadsGetTheIdsThatOneThreadGets) {
  const Tokenizer tokenizer = train_tokenizer(golden()["texts"], golden()["num_merges"]);
  const auto encode_all = [&] {
    std::vector<std::vector<int32_t>> all;
    for (const auto& entry : golden()["cases"]) all.push_back(tokenizer.encode(entry["text"], 77));
    return all;
  };
  std::vector<std::vector<std::vector<int32_t>>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&result, &encode_all] { result = encode_all(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, encode_all());
}

}  // namespace
}  // namespace weft
