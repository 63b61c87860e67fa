// SPDX-License-Identifier: Apache-2.0
// The texts of a step: templates, verified negatives, negations and prefixes, and what is said of them.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "data/image.h"
#include "data/loader.h"
#include "data/order.h"
#include "tests/support.h"

namespace weft {
namespace {

using Words = std::vector<std::string>;

// Eight pictures: even ones show a cat and no dog, odd ones a dog and no cat; of the first nobody knows about the bird
// that all others lack.
class OrderTexts : public testing::Test {
 protected:
  OrderTexts() {
    make("a", 8);
    source_.dataset = (scratch_ / "a").string();
  }
  void make(const std::string& name, int samples) {
    StoreWriter writer(scratch_ / name, {.name = name, .licence = "none"});
    for (int i = 0; i < samples; ++i) {
      Image image(8, 8, 3);
      std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(31 * i + name[0]));
      const Uid uid = writer.add(encode_png(image), name + std::to_string(i), name + std::to_string(i));
      EvidenceWriter& layer = writer.layer("classes");
      layer.add(uid, i % 2 ? "dog" : "cat");
      layer.add(uid, i % 2 ? "cat" : "dog", Kind::neg, 0.5f);
      layer.add(uid, "bird", i == 0 ? Kind::unknown : Kind::neg);
    }
    writer.finish();
  }
  Order::Plan plan(int64_t step = 0) { return Order(sources(), settings_).plan(step); }
  const Sources& sources() {
    sources_ = std::make_unique<Sources>(std::map<std::string, SourceSettings>{{"data", source_}});
    return *sources_;
  }
  static Words words_of(const Order::Plan& plan) {
    Words words;
    for (const StepText& text : plan.texts) words.push_back(text.words);
    std::sort(words.begin(), words.end());
    return words;
  }
  // "" where nothing is said; else q and w.
  std::string cell(const Order::Plan& plan, size_t image, const std::string& words) {
    for (int64_t j = plan.cells.begin[image]; j < plan.cells.begin[image + 1]; ++j) {
      const auto at = static_cast<size_t>(j);
      if (plan.texts[static_cast<size_t>(plan.cells.text[at])].words == words)
        return join("q ", plan.cells.q[at], " w ", plan.cells.w[at]);
    }
    return "";
  }
  bool shows_cat(const Order::Plan& plan, size_t image) { return plan.picks[image].sample % 2 == 0; }

  ScratchFolder scratch_;
  SourceSettings source_;
  OrderSettings settings_{8, 1, 5};
  std::unique_ptr<Sources> sources_;
};

TEST_F(OrderTexts, OneKeywordUnderTwoTemplatesIsTwoTextsOfOneEvidence) {
  source_.templates = {"a photo of a {}.", "{}!"};
  std::set<std::string> seen;
  for (int64_t step = 0; step < 8; ++step) {
    const Order::Plan made = plan(step);
    for (const StepText& text : made.texts) {
      seen.insert(text.words);
      const bool is_cat = text.words.find("cat") != std::string::npos;
      for (size_t image = 0; image < 8; ++image)
        EXPECT_EQ(cell(made, image, text.words), shows_cat(made, image) == is_cat ? "q 1 w 1" : "q 0 w 0.5");
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a photo of a cat.", "a photo of a dog.", "cat!", "dog!"}));
}

TEST_F(OrderTexts, VerifiedNegativesAreColumnsThatNobodyDrewAsTrue) {
  settings_.negatives_per_image = 2;
  const Order::Plan made = plan();
  EXPECT_EQ(words_of(made), (Words{"bird", "cat", "dog"}));
  EXPECT_EQ(made.cells.drawn.size(), 8u);
  for (const auto& [image, text] : made.cells.drawn)
    EXPECT_EQ(made.texts[static_cast<size_t>(text)].words, shows_cat(made, static_cast<size_t>(image)) ? "cat" : "dog");
  for (size_t image = 0; image < 8; ++image)
    EXPECT_EQ(cell(made, image, "bird"), made.picks[image].sample == 0 ? "q 0 w 0" : "q 0 w 1");
}

TEST_F(OrderTexts, ANegationIsTrueWhereItsConceptIsNot) {
  settings_.negatives_per_image = 2;
  source_.negation = {"no {}"};
  const Order::Plan made = plan();
  EXPECT_EQ(words_of(made), (Words{"bird", "cat", "dog", "no bird", "no cat", "no dog"}));
  std::map<std::string, int> drawn;
  for (const auto& [image, text] : made.cells.drawn) ++drawn[made.texts[static_cast<size_t>(text)].words];
  EXPECT_EQ(drawn, (std::map<std::string, int>{{"cat", 4}, {"dog", 4}, {"no bird", 7}, {"no cat", 4}, {"no dog", 4}}));
  for (size_t image = 0; image < 8; ++image) {
    const bool cat = shows_cat(made, image);
    EXPECT_EQ(cell(made, image, "no cat"), cat ? "q 0 w 1" : "q 1 w 0.5");
    EXPECT_EQ(cell(made, image, "cat"), cat ? "q 1 w 1" : "q 0 w 0.5");
    EXPECT_EQ(cell(made, image, "no bird"), made.picks[image].sample == 0 ? "q 0 w 0" : "q 1 w 1");
  }
}

TEST_F(OrderTexts, WordsThatTwoConceptsSpellAreOneTextWithBothEvidences) {
  StoreWriter writer(scratch_ / "b", {.name = "b", .licence = "none"});
  const Uid uid = writer.add(encode_png(Image(8, 8, 3)), "x", "x");
  writer.layer("classes").add(uid, "cat");
  writer.layer("captions").add(uid, "a cat");
  writer.finish();
  SourceSettings captions;
  captions.dataset = (scratch_ / "b").string();
  source_.templates = {"a {}"};
  const Sources both({{"captions", captions}, {"labels", source_}});
  const Order order(both, {4, 2, 5});
  for (int64_t step = 0; step < 4; ++step) {
    const Order::Plan made = order.plan(step);
    std::set<std::string> words;
    for (const StepText& text : made.texts) {
      EXPECT_TRUE(words.insert(text.words).second) << text.words;
      if (text.words == "a cat" && text.claims.size() == 2) return;  // "a cat", and "cat" in the template
    }
  }
  FAIL() << "no step drew both";
}

TEST_F(OrderTexts, APrefixIsThatOfTheSourceOfTheImage) {
  make("b", 8);
  SourceSettings labels = source_;
  labels.dataset = (scratch_ / "b").string();
  labels.prefix = "[label] ";
  const Sources both({{"captions", source_}, {"labels", labels}});
  const Order::Plan made = Order(both, settings_).plan(0);
  ASSERT_EQ(made.cells.drawn.size(), 8u);
  for (const auto& [image, text] : made.cells.drawn)
    EXPECT_EQ(made.texts[static_cast<size_t>(text)].words.starts_with("[label] "),
              made.picks[static_cast<size_t>(image)].sample >= 8);
}

TEST_F(OrderTexts, AreTheSameOnEveryRankAndAfterAResume) {
  source_.templates = {"a {}", "the {}", "{}"};
  source_.negation = {"no {}", "without {}"};
  DataSettings data;
  data.one = source_;
  data.texts_per_image = 2;
  data.negatives_per_image = 1;
  const Tokenizer tokenizer{std::vector<std::pair<std::string, std::string>>{}};
  const Sources all(data.all_sources());
  const auto tables = [&](int rank, int ranks, int64_t first) {
    Loader loader(all, tokenizer, data, {8, 16, 16, 5, rank, ranks}, first);
    std::vector<std::vector<std::vector<int32_t>>> texts;
    std::vector<std::vector<float>> q;
    for (int64_t step = first; step < 4; ++step) {
      const Batch& batch = loader.next();
      texts.push_back(batch.tokens);
      q.push_back(batch.cells.q);
    }
    return std::pair(texts, q);
  };
  const auto whole = tables(0, 1, 0);
  EXPECT_EQ(tables(0, 2, 0), whole);
  EXPECT_EQ(tables(1, 2, 0), whole);
  const auto resumed = tables(1, 2, 3);
  EXPECT_EQ(resumed.first.at(0), whole.first.at(3));
  EXPECT_EQ(resumed.second.at(0), whole.second.at(3));
  EXPECT_NE(whole.first.at(0), whole.first.at(1));
}

TEST_F(OrderTexts, MistakesAreNamed) {
  source_.templates = {"a photo"};
  EXPECT_NE(error_of([&] { plan(); }).find("templates has \"a photo\"; wanted one {}"), std::string::npos);
  source_.templates = {"{} and {}"};
  EXPECT_NE(error_of([&] { plan(); }).find("wanted one {}"), std::string::npos);
  source_.templates = {};
  source_.negation = {"no {}"};
  EXPECT_NE(error_of([&] { plan(); }).find("data.negatives_per_image is 0"), std::string::npos);
  DataSettings data;
  data.one.prefix = "x ";
  data.sources["a"] = source_;
  EXPECT_NE(error_of([&] { data.all_sources(); }).find("belong into the sections"), std::string::npos);
}

}  // namespace
}  // namespace weft
