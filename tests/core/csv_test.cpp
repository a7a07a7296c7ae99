// SPDX-License-Identifier: Apache-2.0
/// Comma-separated values: every text comes back as it was, and what others write is read.
#include "core/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace evobrnn {
namespace {

using Texts = std::vector<std::vector<std::string>>;

Texts texts_of(const std::string& bytes) {
  Texts texts;
  for (const auto& row : read_csv(bytes)) {
    texts.emplace_back();
    for (const auto& cell : row.cells) texts.back().push_back(cell.text);
  }
  return texts;
}

TEST(Csv, EveryTextComesBack) {
  const std::vector<std::string> texts = {"plain",
                                          "a,b",
                                          "a\"b",
                                          "\"quoted\"",
                                          " blank",
                                          "blank ",
                                          "\ttab",
                                          "a\nb",
                                          "a\r\nb",
                                          "\r",
                                          "",
                                          "=1+1",
                                          "-2",
                                          "\xef\xbb\xbf"
                                          "bom",
                                          "ü€",
                                          "\"",
                                          ",",
                                          "\n",
                                          std::string("a\0b", 3)};
  for (const auto& first : texts) {
    for (const auto& second : texts) {
      const auto bytes = csv_row({csv_value(first), csv_cell(second)});
      EXPECT_EQ(texts_of("\xef\xbb\xbf" + bytes), Texts({{first, second}})) << bytes;
      EXPECT_EQ(texts_of(bytes + bytes), Texts({{first, second}, {first, second}})) << bytes;
    }
  }
}

TEST(Csv, QuotesOnlyWhereItMust) {
  EXPECT_EQ(csv_row({csv_cell("a b"), csv_cell("=1"), csv_cell(""), csv_value(""), csv_cell("1,2")}),
            "a b,=1,,\"\",\"1,2\"\n");
}

TEST(Csv, AnEmptyTextIsNotAnEmptyCell) {
  const auto cells = read_csv("a,\"\",, \"\" \n").at(0).cells;
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_TRUE(!cells[0].quoted && cells[1].quoted && !cells[2].quoted && cells[3].quoted);
  EXPECT_EQ(cells[3].text, "");
}

TEST(Csv, NumbersReadBackAsTheSameBits) {
  EXPECT_EQ(csv_cell(0.1), "0.1");
  EXPECT_EQ(csv_cell(-0.0), "-0");
  EXPECT_EQ(csv_cell(1e300), "1e+300");
  EXPECT_EQ(csv_cell(std::nan("")), "nan");
  EXPECT_EQ(csv_cell(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(csv_cell(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Csv, ReadsAnyLineBreakAndTellsLines) {
  const auto rows = read_csv("\xef\xbb\xbfname,value\r\n\r\n\"a\nb\",1\rc,2\n  \n\"\"\nlast,3");
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].cells[0].text, "name");
  EXPECT_EQ(rows[0].cells[1].text, "value") << "without the carriage return";
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[2].line, 5) << "behind a cell of two lines";
  EXPECT_EQ(rows[3].cells.size(), 1U);
  EXPECT_EQ(rows[4].cells[1].text, "3");
}

TEST(Csv, KeepsBlanksOutsideOfQuotesToTheReader) {
  const auto cells = read_csv(" a , \"b\" ,c d").at(0).cells;
  EXPECT_EQ(cells[0].text, " a ");
  EXPECT_EQ(without_blanks(cells[0].text), "a");
  EXPECT_EQ(cells[1].text, "b");
  EXPECT_EQ(cells[2].text, "c d");
}

TEST(Csv, MistakesNameTheirLine) {
  const auto line_of = [](const std::string& bytes) -> std::int64_t {
    try {
      read_csv(bytes);
    } catch (const CsvError& error) {
      return error.line;
    }
    return 0;
  };
  EXPECT_EQ(line_of("a\nb,\"c\nd\n"), 2);
  EXPECT_EQ(line_of("a\n\"b\"c\n"), 2);
  EXPECT_EQ(line_of("a\nb\"c\n"), 0) << "a quote within a cell that does not begin with one is a character";
}

}  // namespace
}  // namespace evobrnn
