// SPDX-License-Identifier: Apache-2.0
// Pixels: tests/golden/make_emoji_pixels.py.  The font and CLDR are Debian's packages.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/error.h"
#include "data/emoji_font.h"
#include "data/emoji_groups.h"
#include "data/emoji_names.h"
#include "data/importers/import_emoji.h"

namespace weft {
namespace {

using Texts = std::vector<std::string>;

std::string base_key(const std::u32string& sequence) {
  return emoji_key(emoji_base(sequence));
}

Path fresh_folder(const std::string& name) {
  const Path folder = Path(testing::TempDir()) / ("weft_emoji_test_" + name);
  std::filesystem::remove_all(folder);
  return folder;
}

// A CLDR of a few annotations.
Path small_cldr(const std::string& name, const std::string& single, const std::string& derived) {
  const Path cldr = fresh_folder(name);
  const auto file = [](const std::string& annotations) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ldml><annotations>" + annotations + "</annotations></ldml>\n";
  };
  for (const char* folder : {"annotations", "annotationsDerived"}) make_folder(cldr / folder);
  write_atomically(cldr / "annotations" / "en.xml", file(single));
  write_atomically(cldr / "annotationsDerived" / "en.xml", file(derived));
  return cldr;
}

std::string annotation(const std::string& emoji, const std::string& name, const std::string& keywords) {
  return "<annotation cp=\"" + emoji + "\">" + keywords + "</annotation><annotation cp=\"" + emoji +
         "\" type=\"tts\">" + name + "</annotation>";
}

template <class Body>
std::string message_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Texts said(const Store& store, const std::string& key, const std::string& layer) {
  Texts texts;
  for (size_t i = 0; i < store.size(); ++i)
    for (const TextStatement& statement : store.texts(i))
      if (store.info(i).key == key && store.layers()[statement.layer] == layer)
        texts.push_back(store.vocabulary().text(statement.row));
  std::sort(texts.begin(), texts.end());
  return texts;
}

Texts keys_of(const Store& store, const std::string& split) {
  Texts keys;
  for (const uint32_t sample : store.split(split)) keys.push_back(store.info(sample).key);
  return keys;
}

TEST(EmojiGroups, SkinTonesAndGendersHaveTheBaseOfThePlainEmoji) {
  EXPECT_EQ(base_key(U"👍🏽"), "1f44d");
  EXPECT_EQ(base_key(U"☝🏿"), "261d");
  EXPECT_EQ(base_key(U"🤷🏻\u200d♀\ufe0f"), "1f937");
  EXPECT_EQ(base_key(U"👩🏾\u200d💻"), "1f9d1-200d-1f4bb");
  EXPECT_EQ(base_key(U"👨\u200d💻"), "1f9d1-200d-1f4bb");
  EXPECT_EQ(base_key(U"🏿"), base_key(U"🏻"));
}

TEST(EmojiGroups, PeopleOfOneRoleAreOneGroup) {
  for (const char32_t* person : {U"👨", U"👩", U"🧑", U"👩🏽\u200d🦰", U"👨\u200d🦲"})
    EXPECT_EQ(base_key(person), "1f9d1");
  for (const char32_t* child : {U"👦", U"👧🏿", U"🧒"}) EXPECT_EQ(base_key(child), "1f9d2");
  for (const char32_t* elder : {U"👴", U"👵🏻", U"🧓"}) EXPECT_EQ(base_key(elder), "1f9d3");
  for (const char32_t* crowned : {U"🤴", U"👸🏼", U"🫅"}) EXPECT_EQ(base_key(crowned), "1fac5");
  for (const char32_t* dancer : {U"💃🏽", U"🕺"}) EXPECT_EQ(base_key(dancer), "1f483");
  for (const char32_t* claus : {U"🎅", U"🤶🏽", U"🧑🏿\u200d🎄"}) EXPECT_EQ(base_key(claus), "1f9d1-200d-1f384");
  for (const char32_t* pregnant : {U"🤰", U"🫃🏽", U"🫄"}) EXPECT_EQ(base_key(pregnant), "1fac4");
}

TEST(EmojiGroups, CouplesKissesFamiliesAndHandshakesAreOneGroupEach) {
  for (const char32_t* pair : {U"👫", U"👬🏻", U"👭", U"👩🏻\u200d🤝\u200d👨🏿", U"🧑🏽\u200d🤝\u200d🧑🏼"})
    EXPECT_EQ(base_key(pair), "1f9d1-200d-1f91d-200d-1f9d1");
  for (const char32_t* kiss : {U"💏🏽", U"👩\u200d❤\ufe0f\u200d💋\u200d👨", U"🧑🏻\u200d❤\u200d💋\u200d🧑🏿"})
    EXPECT_EQ(base_key(kiss), "1f48f");
  for (const char32_t* couple : {U"💑", U"👨🏻\u200d❤\u200d👨🏿"}) EXPECT_EQ(base_key(couple), "1f491");
  for (const char32_t* family : {U"👪", U"👨\u200d👩\u200d👧\u200d👦", U"👩\u200d👦"})
    EXPECT_EQ(base_key(family), "1f46a");
  for (const char32_t* hands : {U"🤝🏽", U"🫱🏻\u200d🫲🏿"}) EXPECT_EQ(base_key(hands), "1f91d");
}

TEST(EmojiGroups, WhatIsNoVariantIsItsOwnBase) {
  EXPECT_EQ(base_key(U"🇳🇴"), "1f1f3-1f1f4");
  EXPECT_EQ(base_key(U"9\ufe0f⃣"), "39-20e3");
  EXPECT_EQ(base_key(U"❤\u200d🔥"), "2764-200d-1f525");
  EXPECT_EQ(base_key(U"🐻\u200d❄"), "1f43b-200d-2744");
  EXPECT_EQ(base_key(U"🦰"), "1f9b0");
  EXPECT_EQ(base_key(U"♀"), "2640");
  EXPECT_NE(base_key(U"🕐"), base_key(U"🕑"));
}

TEST(EmojiFont, DrawsThePixelsOfTheFontsOwnPngFiles) {
  const EmojiFont font(EmojiImporter().font);
  const auto golden = nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/emoji_pixels.json"));
  for (const auto& entry : golden) {
    const std::optional<Image> image = font.draw({entry["code_point"].get<char32_t>()});
    ASSERT_TRUE(image);
    EXPECT_EQ(image->width, entry["width"]);
    EXPECT_EQ(image->height, entry["height"]);
    uint64_t alpha = 0;
    for (size_t i = 3; i < image->pixels.size(); i += 4) alpha += image->pixels[i];
    EXPECT_EQ(alpha, entry["alpha_sum"]);
    for (const auto& point : entry["opaque"]) {
      const uint8_t* pixel = image->row(point[1]) + 4 * point[0].get<int>();
      for (size_t c = 0; c < 3; ++c) EXPECT_EQ(pixel[c], point[2 + c]) << point;
    }
  }
}

TEST(EmojiFont, ASequenceIsAnEmojiOnlyWhereItIsOneGlyph) {
  const EmojiFont font(EmojiImporter().font);
  EXPECT_TRUE(font.draw(U"👩🏽\u200d🚀"));
  EXPECT_TRUE(font.draw(U"🇯🇵"));
  EXPECT_FALSE(font.draw(U"👩👩"));
  EXPECT_FALSE(font.draw(U"🍎\u200d🚀"));
  EXPECT_FALSE(font.draw(U"!"));
}

TEST(EmojiFont, AMissingFontNamesThePackageThatHasIt) {
  const std::string message = message_of([] { EmojiFont("/nowhere/emoji.ttf"); });
  EXPECT_NE(message.find("/nowhere/emoji.ttf"), std::string::npos);
  EXPECT_NE(message.find("fonts-noto-color-emoji"), std::string::npos);
}

TEST(EmojiFont, AFileThatIsNoFontIsNamed) {
  const Path file = Path(testing::TempDir()) / "weft_no_font.ttf";
  write_atomically(file, std::string_view("not a font"));
  EXPECT_NE(message_of([&] { EmojiFont font(file); }).find("weft_no_font.ttf: FreeType cannot read"),
            std::string::npos);
}

TEST(EmojiNames, NamesAndKeywordsComeFromBothFiles) {
  const Path cldr = small_cldr(
      "names", annotation("😀", "grinning face", "face | grin |face | grinning &amp; face"),
      annotation("👍🏽", "thumbs up: medium skin tone", "hand") + "<annotation cp=\"❤\ufe0f\">heart</annotation>");
  const std::vector<EmojiTexts> texts = read_emoji_texts(cldr, "en");
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(texts[0].sequence, U"❤");
  EXPECT_EQ(texts[0].name, "");
  EXPECT_EQ(texts[1].keywords, (Texts{"face", "grin", "grinning & face"}));
  EXPECT_EQ(texts[2].name, "thumbs up: medium skin tone");
}

TEST(EmojiNames, AMissingOrBrokenFileIsNamed) {
  const std::string missing = message_of([] { read_emoji_texts("/nowhere", "xx"); });
  EXPECT_NE(missing.find("/nowhere/annotations/xx.xml"), std::string::npos);
  EXPECT_NE(missing.find("unicode-cldr-core"), std::string::npos);
  const Path cldr = small_cldr("broken", "<annotation cp=\"😀\">face", "");
  EXPECT_NE(message_of([&] { read_emoji_texts(cldr, "en"); }).find("en.xml: is not XML"), std::string::npos);
}

class SmallEmoji : public testing::Test {
 protected:
  EmojiImporter importer;
  Path dataset = fresh_folder("dataset");
  ImportReport report;

  // Two hands, two people, three countries of one flag, a face, and an arrow that the font does not draw.
  Store imported() {
    importer.cldr = small_cldr(
        "cldr",
        annotation("👍", "thumbs up", "hand | up") + annotation("👩", "woman", "adult") +
            annotation("😀", "grinning face", "face | grin") + annotation("→", "right-pointing arrow", "arrow"),
        annotation("👍🏽", "thumbs up: medium skin tone", "hand | up") +
            annotation("👨🏽", "man: medium skin tone", "adult") + annotation("🇧🇻", "flag: Bouvet Island", "flag") +
            annotation("🇳🇴", "flag: Norway", "flag") + annotation("🇸🇯", "flag: Svalbard", "flag"));
    report = importer.run({.source = "-", .dataset = dataset, .name = "emoji"});
    return Store(dataset);
  }
};

TEST_F(SmallEmoji, AreSamplesWithAlphaThatCarryTheirNamesAndKeywords) {
  const Store store = imported();
  EXPECT_EQ(store.size(), 6u);
  EXPECT_EQ(said(store, "1f600", "names"), (Texts{"grinning face"}));
  EXPECT_EQ(said(store, "1f600", "keywords"), (Texts{"face", "grin"}));
  for (size_t i = 0; i < store.size(); ++i) EXPECT_EQ(store.info(i).channels, 4);
  ASSERT_EQ(report.left_out.size(), 1u);
  EXPECT_EQ(report.left_out.begin()->second, (Texts{"2192 (right-pointing arrow)"}));
}

TEST_F(SmallEmoji, OfOnePictureAreOneSampleInOneGroupWithAllTheirNames) {
  const Store store = imported();
  EXPECT_EQ(report.merged, 2u);
  EXPECT_EQ(said(store, "1f1e7-1f1fb", "names"), (Texts{"flag: Bouvet Island", "flag: Norway", "flag: Svalbard"}));
  EXPECT_EQ(said(store, "1f1e7-1f1fb", "keywords"), (Texts{"flag"}));
}

TEST_F(SmallEmoji, HaveAGalleryOfOnePictureAGroup) {
  importer.held_back = 1;
  const Store store = imported();
  EXPECT_EQ(keys_of(store, "held_back").size(), 6u);
  EXPECT_EQ(keys_of(store, "held_back_gallery"), (Texts{"1f44d", "1f469", "1f600", "1f1e7-1f1fb"}));
  EXPECT_TRUE(keys_of(store, "train").empty());
}

TEST_F(SmallEmoji, WithoutVariantsAreOnePictureAGroup) {
  importer.variants = false;
  EXPECT_EQ(keys_of(imported(), "all"), (Texts{"1f44d", "1f469", "1f600", "1f1e7-1f1fb"}));
}

TEST_F(SmallEmoji, WhoseKeywordIsAnAsteriskHaveThatText) {
  importer.cldr = small_cldr("asterisk", annotation("✳", "eight-spoked asterisk", "* | asterisk"), "");
  importer.run({.source = "-", .dataset = dataset, .name = "emoji"});
  EXPECT_EQ(said(Store(dataset), "2733", "keywords"), (Texts{"*", "asterisk"}));
}

TEST_F(SmallEmoji, OfTwoLanguagesHaveALayerOfEach) {
  importer.languages = {"en", "de"};
  importer.cldr = small_cldr(
      "two", annotation("😀", "grinning face", "face | grin | ok") + annotation("👍", "thumbs up", "ok"), "");
  for (const char* folder : {"annotations", "annotationsDerived"})
    write_atomically(
        Path(importer.cldr) / folder / "de.xml",
        "<ldml><annotations>" +
            (std::string(folder) == "annotations"
                 ? annotation("😀", "grinsendes Gesicht", "Gesicht | ok") + annotation("🐶", "Hund", "Tier")
                 : std::string()) +
            "</annotations></ldml>");
  report = importer.run({.source = "-", .dataset = dataset, .name = "emoji"});
  const Store store(dataset);
  EXPECT_EQ(store.size(), 2u);  // of the first language
  EXPECT_EQ(store.layers(), (Texts{"keywords.de", "keywords.en", "names.de", "names.en"}));
  EXPECT_EQ(said(store, "1f600", "names.de"), (Texts{"grinsendes Gesicht"}));
  EXPECT_EQ(said(store, "1f600", "keywords.de"), (Texts{"Gesicht", "ok"}));
  EXPECT_EQ(said(store, "1f600", "keywords.en"), (Texts{"face", "grin", "ok"}));
  EXPECT_EQ(store.vocabulary().size(), 7u);  // "ok" is one row
  EXPECT_EQ(std::count(report.notes.begin(), report.notes.end(), "de has no texts of 1f44d"), 1);
}

TEST_F(SmallEmoji, OfALanguageNamedTwiceAreRefused) {
  importer.languages = {"en", "en"};
  EXPECT_NE(message_of([&] { imported(); }).find("has en twice"), std::string::npos);
}

TEST_F(SmallEmoji, TakeNoSource) {
  const std::string message =
      message_of([&] { importer.run({.source = "pictures", .dataset = dataset, .name = "x"}); });
  EXPECT_NE(message.find("its SOURCE is \"pictures\""), std::string::npos);
}

// docs/protocols/emoji_retrieval.md and the list beside it.
TEST(EmojiProtocol, TheHeldBackGroupsAreTheFrozenOnes) {
  const Path dataset = fresh_folder("protocol");
  const EmojiImporter importer;
  importer.run({.source = "-", .dataset = dataset, .name = "emoji"});
  const Store store(dataset);
  std::set<std::string> held_back, elsewhere;
  for (const uint32_t sample : store.split("held_back")) held_back.insert(store.info(sample).group);
  for (const char* split : {"train", "dev"})
    for (const uint32_t sample : store.split(split)) elsewhere.insert(store.info(sample).group);
  const std::string list = std::accumulate(held_back.begin(), held_back.end(), std::string(),
                                           [](const auto& text, const auto& group) { return text + group + "\n"; });
  EXPECT_EQ(list, read_text(Path(WEFT_SOURCE_DIR) / "docs/protocols/emoji_held_back_groups.txt"));
  for (const std::string& group : held_back) EXPECT_FALSE(elsewhere.contains(group)) << group;
  EXPECT_GE(store.split("held_back_gallery").size(), 300u);
}

// docs/protocols/two_languages.md.
TEST(EmojiProtocol, ASecondLanguageMovesNoGroup) {
  EmojiImporter importer;
  importer.tokenizer_merges = 0;
  const auto samples_of = [&](const std::string& name, std::vector<std::string> languages) {
    importer.languages = std::move(languages);
    const Path dataset = fresh_folder(name);
    importer.run({.source = "-", .dataset = dataset, .name = "emoji"});
    const Store store(dataset);
    std::map<std::string, Texts> keys;
    for (const char* split : {"train", "held_back_gallery", "dev_gallery"}) keys[split] = keys_of(store, split);
    return keys;
  };
  EXPECT_EQ(samples_of("both", {"en", "de"}), samples_of("english", {"en"}));
}

}  // namespace
}  // namespace weft
