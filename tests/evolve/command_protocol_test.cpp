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

TEST(CommandLineOfOutput, NestedDeeplyIsRefused) {
  std::string line = R"({"score": )";
  line.append(100000, '[');
  EXPECT_TRUE(says<NoResult>(line));
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
