// SPDX-License-Identifier: Apache-2.0
#include "data/formats/label_text.h"

#include <gtest/gtest.h>

#include "data/formats/yolo_text.h"
#include "tests/support.h"

namespace weft {
namespace {

using Parts = std::vector<std::string>;
using Views = std::vector<std::string_view>;

TEST(LabelText, NumbersAreTheWholeTextAndFinite) {
  EXPECT_EQ(number_in(" 2.5 "), 2.5);
  EXPECT_EQ(number_in("+1e2"), 100);
  for (const char* bad : {"", " ", "1x", "1,5", "nan", "inf", "1e999", "+-1", "0x10", "1 2"})
    EXPECT_EQ(number_in(bad), std::nullopt) << bad;
  EXPECT_EQ(whole_number_in("-7"), -7);
  for (const char* bad : {"7.0", "", "99999999999999999999", "1e3"})
    EXPECT_EQ(whole_number_in(bad), std::nullopt) << bad;
}

TEST(LabelText, LinesLoseTheirEndsAndTheByteOrderMark) {
  EXPECT_EQ(lines_of("\xEF\xBB\xBF"
                     "a\r\nb\n\nc"),
            (Views{"a", "b", "", "c"}));
  EXPECT_EQ(lines_of(""), Views{});
  EXPECT_EQ(lines_of("a\n"), (Views{"a"}));
}

TEST(LabelText, PathsOfOtherComputersBecomeRelativeParts) {
  EXPECT_EQ(path_parts("C:\\work\\a b.jpg"), (Parts{"work", "a b.jpg"}));
  EXPECT_EQ(path_parts("../train/./images/"), (Parts{"train", "images"}));
  EXPECT_EQ(path_parts("/a/../../b"), (Parts{"b"}));
  EXPECT_EQ(path_parts(" . "), Parts{});
}

TEST(LabelText, ElementsKnowTheirLine) {
  const XmlText xml("<a>\n<b/>\n\n  <c>x</c></a>", "f.xml");
  EXPECT_EQ(xml.line_of(xml.root()), 1u);
  EXPECT_EQ(xml.line_of(xml.root().child("b")), 2u);
  EXPECT_EQ(xml.line_of(xml.root().child("c")), 4u);
  EXPECT_EQ(error_of([] { XmlText("<a>\n<b></a>", "f.xml"); }).substr(0, 17), "f.xml:2: not XML:");
}

TEST(LabelText, Latin1BecomesUtf8) {
  EXPECT_EQ(utf8_of_latin1("k\xE4"
                           "fer"),
            "k\xC3\xA4"
            "fer");
  EXPECT_TRUE(declares_latin1("<?xml version='1.0' encoding='iso-8859-1'?><a/>"));
  EXPECT_FALSE(declares_latin1("<?xml version='1.0' encoding='utf-8'?><a b='iso-8859-1'/>"));
  EXPECT_FALSE(declares_latin1("<a/>"));
}

TEST(SmallYaml, ReadsWhatDatasetsUse) {
  const auto yaml = parse_small_yaml(
      "---\n# head\nplain: a text # comment\nquoted: 'it''s: here # not a comment'\nflow: [a, \"b, c\",\n  'd']\n"
      "pairs: {0: x, 1: \"y, z\"}\nblock:\n- one\n- two # 2\ndeep:\n  0: zero\n  10: ten\nempty:\ncode: |\n  - x: [\n\n"
      "  }\nurl: http://a/b#c\nlast: 3\n",
      "d.yaml");
  EXPECT_EQ(yaml.at("plain").text, "a text");
  EXPECT_EQ(yaml.at("quoted").text, "it's: here # not a comment");
  EXPECT_EQ(yaml.at("flow").list, (Parts{"a", "b, c", "d"}));
  EXPECT_EQ(yaml.at("pairs").map, (std::map<std::string, std::string>{{"0", "x"}, {"1", "y, z"}}));
  EXPECT_EQ(yaml.at("block").list, (Parts{"one", "two"}));
  EXPECT_EQ(yaml.at("deep").map, (std::map<std::string, std::string>{{"0", "zero"}, {"10", "ten"}}));
  EXPECT_TRUE(yaml.at("empty").text.empty() && yaml.at("empty").list.empty());
  EXPECT_EQ(yaml.at("url").text, "http://a/b#c");
  EXPECT_EQ(yaml.at("last").text, "3");
  EXPECT_EQ(yaml.at("last").line, 19u);
}

TEST(SmallYaml, SaysWhereItIsNotUnderstood) {
  const auto error = [](const std::string& text) { return error_of([&] { parse_small_yaml(text, "d.yaml"); }); };
  EXPECT_EQ(error("a: 1\na: 2\n"), "d.yaml:2: the key \"a\" is there twice");
  EXPECT_EQ(error("a: 1\nnothing\n"), "d.yaml:2: \"nothing\" has no \"key:\"");
  EXPECT_EQ(error("a: [1,\n2\n"), "d.yaml:1: [ has no end");
  EXPECT_EQ(error("a: [[1], 2]\n"), "d.yaml:1: a list or map inside another one");
  EXPECT_EQ(error("a: &x 1\n"),
            "d.yaml:1: \"&x 1\" is YAML that this reader does not know; wanted a text, a list or a map");
  EXPECT_EQ(error("a: 1\n  b: 2\n"), "d.yaml:2: \"b: 2\" is further in than any key before it asks for");
}

TEST(YoloText, RowsKeepTheirLinesAndMistakesTheirs) {
  const YoloLabels labels = parse_yolo("\n0 0.5 1e-1\r\n1.0 0,25\nx 1\n2 y\n2.5 1\n");
  ASSERT_EQ(labels.rows.size(), 2u);
  EXPECT_EQ(labels.rows[0].line, 2u);
  EXPECT_EQ(labels.rows[0].values, (std::vector<double>{0.5, 0.1}));
  EXPECT_EQ(labels.rows[1].label, 1);
  EXPECT_TRUE(labels.rows[1].has_comma_decimals);
  ASSERT_EQ(labels.complaints.size(), 3u);
  EXPECT_EQ(labels.complaints[1].line, 5u);
  EXPECT_EQ(labels.complaints[1].what, "\"y\" is no number");
}

TEST(YoloText, DarknetsDataAreKeysAndValues) {
  EXPECT_EQ(parse_darknet_data("classes = 2 # two\n\nnames=a/b.names\n", "obj.data"),
            (std::map<std::string, std::string>{{"classes", "2"}, {"names", "a/b.names"}}));
  EXPECT_EQ(error_of([] { parse_darknet_data("classes\n", "obj.data"); }),
            "obj.data:1: \"classes\" is not key = value");
}

}  // namespace
}  // namespace weft
