// SPDX-License-Identifier: Apache-2.0
#include "evolve/command_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace evobrnn {
namespace {

template <class T>
bool says(const std::string& line) {
  return std::holds_alternative<T>(read_command_line(line));
}

TEST(CommandLineOfOutput, IsProgressAResultOrTalk) {
  EXPECT_TRUE(says<std::monostate>("epoch 3"));
  EXPECT_TRUE(says<std::monostate>("[1, 2]"));
  EXPECT_TRUE(says<CommandProgress>(R"({"progress": {"step": 0, "steps": 5}})"));
  EXPECT_TRUE(says<TrialResult>(R"(  {"score": 1})"));
  EXPECT_TRUE(says<NoResult>(R"({"epoch": 3})"));
}

TEST(CommandLineOfOutput, ProgressThatIsNoneIsTalk) {
  for (const auto* line :
       {R"({"progress": 3})", R"({"progress": {"step": 1}})", R"({"progress": {"step": 6, "steps": 5}})",
        R"({"progress": {"step": -1, "steps": 5}})", R"({"progress": {"step": 0, "steps": 0}})",
        R"({"progress": {"step": 1, "steps": 18446744073709551615}})"})
    EXPECT_TRUE(says<std::monostate>(line)) << line;
  const auto progress = std::get<CommandProgress>(read_command_line(R"({"progress": {"step": 1, "steps": 5}})"));
  EXPECT_TRUE(std::isnan(progress.loss));
}

TEST(CommandLineOfOutput, NamesOfNumbersInsideOfTextsStay) {
  const auto result =
      std::get<TrialResult>(read_command_line(R"({"status": "diverged", "cause": "\"NaN\" -Infinity", "score": NaN})"));
  EXPECT_EQ(result.cause, "\"NaN\" -Infinity");
}

TEST(CommandLineOfOutput, IsFoundBehindAByteOrderMarkAndEscapeCodes) {
  for (const std::string before :
       {"\xef\xbb\xbf", "\x1b[0m", "\x1b[2K\x1b[1;32m  ", "\x1b]0;title\a", "\x1b]0;title\x1b\\",
        "\xc2\x9b"
        "2K",
        "\x1b"
        "7",
        "\xef\xbb\xbf\x1b[?25h\t"}) {
    const auto heard = read_command_line(before + R"({"score": 0.5})" + "\x1b[0m");
    ASSERT_TRUE(std::holds_alternative<TrialResult>(heard)) << printable(before, 20);
    EXPECT_EQ(std::get<TrialResult>(heard).score, 0.5);
  }
}

TEST(CommandLineOfOutput, CodesWithoutAnEndAreNoError) {
  for (const auto* line : {"\x1b", "\x1b[", "\x1b[12;", "\x1b]0;title", "\x1b]0;title\x1b", "\xc2\x9b"})
    EXPECT_TRUE(says<std::monostate>(line));
}

TEST(CommandLineOfOutput, ThatMayHaveBeenAResultSaysWhyItIsNone) {
  const auto why = [](const std::string& line) { return std::get<NoResult>(read_command_line(line)).why; };
  EXPECT_THAT(why(R"(epoch 3: {"score": 1})"), ::testing::HasSubstr("needs a line of its own"));
  EXPECT_THAT(why(std::string("\xff\xfe{\0\"\0s\0", 8)), ::testing::HasSubstr("UTF-16"));
}

TEST(CommandLineOfOutput, NestedDeeplyIsRefused) {
  std::string line = R"({"score": )";
  line.append(100000, '[');
  EXPECT_TRUE(says<NoResult>(line));
}

TEST(LineCutter, CutsWhereAProgressBarBegins) {
  std::vector<std::string> lines;
  LineCutter cutter([&lines](const std::string& line) { lines.push_back(line); });
  cutter.add("epoch 1/3\repoch 2/3\r{1}\r\n10 %\b\b\b\b{2}\n");
  EXPECT_EQ(lines, (std::vector<std::string>{"epoch 1/3", "epoch 2/3", "{1}", "10 %", "{2}"}));
}

TEST(LineCutter, PassesOverWhatIsTooLongAndKeepsTheLineWithoutEnd) {
  std::vector<std::string> lines;
  LineCutter cutter([&lines](const std::string& line) { lines.push_back(line); });
  cutter.add("one\n\ntw");
  cutter.add("o\n");
  cutter.add(std::string(LineCutter::kLongest, 'x'));
  cutter.add("y");
  cutter.add("y\nthree");
  cutter.end();
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Printable, HasNoControlCharacters) {
  EXPECT_EQ(printable("a\x1b[31mb\xc2\x9b"
                      "c\x7f\xc3\xa9\xc2\xa0",
                      100),
            "a [31mb c \xc3\xa9\xc2\xa0");
}

TEST(LastWords, AreTheLastLinesInOne) {
  LastWords words;
  EXPECT_EQ(words.text(), "");
  words.add(std::string(100000, 'x'));
  words.add("\nfirst\n");
  words.add("second\nthird\nfourth\n\n");
  EXPECT_EQ(words.text(), "second third fourth");
  words.add(std::string(100000, 'y'));
  EXPECT_EQ(words.text(), std::string(400, 'y'));
}

}  // namespace
}  // namespace evobrnn
