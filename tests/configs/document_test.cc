// SPDX-License-Identifier: Apache-2.0
#include "configs/document.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(Document, EveryKeyAndSectionHasItsLine) {
  const Document document = parse_document("a = 1\n\n[b.c]\nd = \"x\" # said\n[e]\nf.g = [\n\"h\"]\n", "r.toml");
  EXPECT_EQ(document.keys.at("a").place.where, "r.toml:1");
  EXPECT_EQ(document.keys.at("b.c.d").place.where, "r.toml:4");
  EXPECT_EQ(document.keys.at("e.f.g").place.where, "r.toml:6");
  EXPECT_EQ(document.sections.at("b.c").place.where, "r.toml:3");
  EXPECT_EQ(document.sections.at("e.f").parent, "e");
}

TEST(Document, ASyntaxErrorIsNamedWithLineAndColumn) {
  const std::string message = error_of([] { parse_document("a = 1\nb = = 2\n", "r.toml"); });
  EXPECT_EQ(message.rfind("r.toml:2:5: is not valid TOML: ", 0), 0u) << message;
}

TEST(Document, AKeyOrSectionTwiceIsAnError) {
  EXPECT_NE(error_of([] { parse_document("a = 1\na = 2\n", "r.toml"); }).find("r.toml:2:"), std::string::npos);
  EXPECT_NE(error_of([] { parse_document("[a]\n[b]\n[a]\n", "r.toml"); }).find("r.toml:3:"), std::string::npos);
}

TEST(Document, TheReadersNotesAreLeftOut) {
  const Document document = parse_document("x-why = 1\n[x-more]\na = 2\n[b]\nx-kept = 3\n", "r.toml");
  EXPECT_EQ(document.keys.size(), 1u);
  EXPECT_TRUE(document.keys.contains("b.x-kept"));
}

TEST(Document, AnOverrideIsTomlOrElseAPlainString) {
  const auto value = [](const std::string& text) { return parse_override("a.b=" + text).keys.at("a.b").value; };
  EXPECT_EQ(value("3"), TomlValue(int64_t{3}));
  EXPECT_EQ(value("1e-4"), TomlValue(1e-4));
  EXPECT_EQ(value("true"), TomlValue(true));
  EXPECT_EQ(value("'3'"), TomlValue(std::string("3")));
  EXPECT_EQ(value("[\"x\", \"y\"]"), TomlValue(std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(value("/data/a b.toml"), TomlValue(std::string("/data/a b.toml")));
  EXPECT_EQ(value("x=y"), TomlValue(std::string("x=y")));
  EXPECT_EQ(value("a \"quote\" and \\"), TomlValue(std::string("a \"quote\" and \\")));
  EXPECT_EQ(value(""), TomlValue(std::string()));
  EXPECT_EQ(value("1\nc=2"), TomlValue(std::string("1\nc=2")));
  EXPECT_TRUE(parse_override("loss.infonce={}").sections.contains("loss.infonce"));
}

TEST(Document, AnOverrideOfAnotherFormIsRefused) {
  for (const std::string text : {"steps", "=3", "a..b=3", ".a=3", "a.=3", "a b=3"})
    EXPECT_EQ(error_of([&] { parse_override(text); }), "command line: " + text + ": wanted section.key=value");
  EXPECT_NE(error_of([] { parse_override("a=\xff"); }).find("not UTF-8"), std::string::npos);
}

TEST(TomlText, RealsAreWrittenInTheirShortestForm) {
  EXPECT_EQ(toml_text(1e-4), "1e-4");
  EXPECT_EQ(toml_text(1e-5), "1e-5");
  EXPECT_EQ(toml_text(0.1), "0.1");
  EXPECT_EQ(toml_text(1.0), "1.0");
  EXPECT_EQ(toml_text(-2.5e-10), "-2.5e-10");
  EXPECT_EQ(toml_text(1e300), "1e300");
  EXPECT_EQ(toml_text(std::numeric_limits<double>::infinity()), "inf");
}

TEST(TomlText, EveryRealReadsBackAsItself) {
  Stream stream(1, Purpose::split, 0, 0);
  for (int i = 0; i < 2000; ++i) {
    const double value = stream.normal() * std::pow(10.0, stream.uniform(-300, 300));
    const Document document = parse_document("a = " + toml_text(value), "r.toml");
    EXPECT_EQ(document.keys.at("a").value, TomlValue(value));
  }
}

TEST(TomlText, EveryStringReadsBackAsItself) {
  std::string all = "\"quotes\" \\ 'single' \u00e9 \U0001F600 # = [";
  for (char c = 1; c < 0x20; ++c) all += c;
  all += '\x7f';
  const TomlValue list = std::vector<std::string>{all, "", "\"\"\""};
  EXPECT_EQ(parse_document("a = " + toml_text(all), "r.toml").keys.at("a").value, TomlValue(all));
  EXPECT_EQ(parse_document("a = " + toml_text(list), "r.toml").keys.at("a").value, list);
}

TEST(Document, LettersBeyondAsciiStandInQuotesAndCommentsAlone) {
  parse_document("# \u00e9\na = \"\u00e9 \\\" \u00e9\"\nb = '\u00e9'\nc = \"\"\"\n\u00e9\"\"\"\n\"\u00e9\" = 1\n",
                 "r.toml");
  EXPECT_EQ(error_of([] { parse_document("a = 1\n\u00e9 = 2\n", "r.toml"); }),
            "r.toml:2: is not valid TOML: a letter beyond ASCII stands outside quotes");
  EXPECT_EQ(parse_override("a=\u00e9").keys.size(), 1u);
}

}  // namespace
}  // namespace weft
