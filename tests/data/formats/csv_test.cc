// SPDX-License-Identifier: Apache-2.0
#include "data/formats/csv.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "tests/support.h"

namespace weft {
namespace {

using Rows = std::vector<std::vector<std::string>>;

CsvReader reader_of(const std::string& text, char separator = 0) {
  return {std::make_unique<std::istringstream>(text), "table.csv", separator};
}

Rows rows_of(const std::string& text, char separator = 0) {
  CsvReader reader = reader_of(text, separator);
  Rows rows;
  while (reader.next()) rows.push_back(reader.fields());
  return rows;
}

TEST(Csv, FieldsAreWhatIsBetweenSeparators) {
  EXPECT_EQ(rows_of("a,b,c\n1,,3\n"), (Rows{{"a", "b", "c"}, {"1", "", "3"}}));
  EXPECT_EQ(rows_of("a, b ,\n"), (Rows{{"a", " b ", ""}}));
}

TEST(Csv, QuotedFieldsHoldSeparatorsQuotesAndLineEnds) {
  EXPECT_EQ(rows_of("a,\"b,\"\"c\"\"\"\r\n\"one\r\ntwo\nthree\",\"\"\r\n"),
            (Rows{{"a", "b,\"c\""}, {"one\r\ntwo\nthree", ""}}));
}

TEST(Csv, AQuoteInsideAnUnquotedFieldStandsForItself) {
  EXPECT_EQ(rows_of("a,5\" disk\n"), (Rows{{"a", "5\" disk"}}));
}

TEST(Csv, LinesEndWithLfCrLfOrCrAndTheLastNeedsNone) {
  const Rows rows = {{"a", "b"}, {"1", "2"}};
  for (const char* text : {"a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "a,b\n1,2",
                           "\xEF\xBB\xBF"
                           "a,b\n1,2"})
    EXPECT_EQ(rows_of(text), rows) << text;
}

TEST(Csv, BlankLinesAreNoRows) {
  EXPECT_EQ(rows_of("\n\na,b\n\r\n1,2\n\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rows_of(""), Rows{});
  EXPECT_EQ(rows_of("\n\n"), Rows{});
}

TEST(Csv, TheSeparatorIsTheOneThatTheFirstRowHasMostOf) {
  EXPECT_EQ(rows_of("a;b;c,d\n"), (Rows{{"a", "b", "c,d"}}));
  EXPECT_EQ(rows_of("a\tb\n"), (Rows{{"a", "b"}}));
  EXPECT_EQ(rows_of("\"x;y;z\",b\n"), (Rows{{"x;y;z", "b"}}));
  EXPECT_EQ(rows_of("a;b\n", ','), (Rows{{"a;b"}}));
  EXPECT_EQ(reader_of("a;b\n").separator(), ';');
  EXPECT_EQ(reader_of("alone\n").separator(), ',');
}

TEST(Csv, ARowNamesTheLineOnWhichItBegins) {
  CsvReader reader = reader_of("a,b\r\n\"two\nlines\",x\r\n\r\nlast,y\r\n");
  std::vector<std::string> places;
  while (reader.next()) places.push_back(reader.place());
  EXPECT_EQ(places, (std::vector<std::string>{"table.csv:1", "table.csv:2", "table.csv:5"}));
}

TEST(Csv, ARaggedRowSaysSoAndReadingGoesOn) {
  CsvReader reader = reader_of("a,b\n1\n1,2,3\n\"x\"y,2\n1,2\n");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.problem(), "");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.problem(), "has 1 fields, but line 1 has 2");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.problem(), "has 3 fields, but line 1 has 2");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.problem(), "has text behind the closing quote of field \"x\"");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.problem(), "");
  EXPECT_EQ(reader.fields(), (std::vector<std::string>{"1", "2"}));
  EXPECT_FALSE(reader.next());
}

TEST(Csv, AQuoteThatIsNeverClosedIsAnErrorWithItsLine) {
  EXPECT_EQ(error_of([] { rows_of("a,b\n1,2\n3,\"four\n5,6\n"); }),
            "table.csv:3: the quote that opens here is never closed");
  const std::string endless = "a,b\n1,\"" + std::string(17 << 20, 'x');
  EXPECT_NE(error_of([&] { rows_of(endless); }).find("table.csv:2: the row that begins here is longer than 16 MiB"),
            std::string::npos);
}

TEST(Csv, Utf16IsRefusedByName) {
  EXPECT_NE(error_of([] {
              rows_of(
                  std::string("\xFF\xFE"
                              "a\0",
                              4));
            }).find("is UTF-16, wanted UTF-8"),
            std::string::npos);
}

TEST(Csv, RowsThatCrossTheBufferAreWhole) {
  std::string text = "n,text\r\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",\"line\r\n" + std::to_string(i) + "\"\r\n";
  CsvReader reader = reader_of(text);
  ASSERT_TRUE(reader.next());
  for (int i = 0; i < 20000; ++i) {
    ASSERT_TRUE(reader.next());
    ASSERT_EQ(reader.line(), static_cast<size_t>(2 + 2 * i));
    ASSERT_EQ(reader.fields()[1], "line\r\n" + std::to_string(i));
  }
  EXPECT_FALSE(reader.next());
}

TEST(Csv, AnyBytesAreRowsOrAnError) {
  std::mt19937 random(7);
  const std::string letters = "a,;\t\"\r\n\xEF\xBB\xBF";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 60, 'x');
    for (char& c : text) c = letters[random() % letters.size()];
    const std::string error = error_of([&] {
      CsvReader reader = reader_of(text);
      size_t bytes = 0;
      while (reader.next())
        for (const std::string& field : reader.fields()) bytes += field.size();
      EXPECT_LE(bytes, text.size());
    });
    EXPECT_TRUE(error.empty() || error.find("never closed") != std::string::npos) << error;
  }
}

TEST(CsvTable, FindsColumnsByName) {
  CsvTable table(reader_of(" a ,b\n1,2\n"));
  EXPECT_EQ(table.find("a"), 0);
  EXPECT_EQ(table.find("c"), -1);
  EXPECT_NE(error_of([&] { table.wanted("c"); }).find("table.csv:1: there is no column \"c\"; there are \"a\", \"b\""),
            std::string::npos);
  ASSERT_TRUE(table.next());
  EXPECT_EQ(table.at(1), "2");
  EXPECT_FALSE(table.next());
}

TEST(CsvTable, ColumnsMayBeNamedFromOutside) {
  CsvTable table(reader_of("1,2\n3,4\n"), {"a", "b"});
  ASSERT_TRUE(table.next());
  EXPECT_EQ(table.at(0), "1");
  ASSERT_TRUE(table.next());
  EXPECT_EQ(table.at(0), "3");
  EXPECT_FALSE(table.next());
  EXPECT_NE(error_of([] { CsvTable(reader_of("1,2\n"), {"a"}); }).find("table.csv:1: has 2 fields, but 1 columns"),
            std::string::npos);
}

TEST(CsvTable, TwoColumnsOfOneNameAndNoHeaderAreErrors) {
  EXPECT_NE(error_of([] { CsvTable(reader_of("a,b,a\n")); }).find("two columns are called \"a\""), std::string::npos);
  EXPECT_NE(error_of([] { CsvTable(reader_of("")); }).find("the table is empty"), std::string::npos);
  EXPECT_EQ(CsvTable(reader_of("a,,\n")).columns().size(), 3u);
}

TEST(Csv, NumbersAreWholeFieldsAndFinite) {
  EXPECT_EQ(number_of(" -1.5e2 "), -150.0);
  EXPECT_EQ(number_of("+3"), 3.0);
  for (const char* text : {"", " ", "1,5", "1 2", "x", "nan", "inf", "1e999", "+-1", "0x10"})
    EXPECT_FALSE(number_of(text).has_value()) << text;
}

}  // namespace
}  // namespace weft
