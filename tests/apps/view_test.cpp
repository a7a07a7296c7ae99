// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "view/views.hpp"

namespace evobrnn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int filled(const std::string& line) {
  int count = 0;
  for (auto at = line.find("█"); at != std::string::npos; at = line.find("█", at + 1)) ++count;
  return count;
}

TEST(ProgressLine, ShowsTheShareOfTheWorkAndNotOfTheTrials) {
  SearchProgress progress;
  progress.total_done = 8;
  progress.total_expected = 14;
  progress.share_done = 0.1;
  progress.remaining_seconds = 90;
  const auto line = progress_line(progress, 0);
  EXPECT_THAT(line, AllOf(HasSubstr("10 % of the work, 8 of at most 14 trials"), HasSubstr("about 1 min 30 s left")));
  EXPECT_EQ(filled(line), 3) << line;
}

TEST(ProgressLine, GoesOnWithTheTimeBetweenTwoEvents) {
  SearchProgress progress;
  progress.share_done = 0.1;
  progress.remaining_seconds = 90;
  const auto line = progress_line(progress, 45);
  EXPECT_THAT(line, AllOf(HasSubstr("55 % of the work"), HasSubstr("about 45 s left")));
  EXPECT_EQ(filled(line), 16) << line;
  EXPECT_EQ(filled(progress_line(progress, 1000)), 30) << "and never beyond its end";
}

TEST(ProgressLine, BeforeThePaceIsKnownStandsStill) {
  const SearchProgress progress;
  EXPECT_THAT(progress_line(progress, 100), AllOf(HasSubstr("0 % of the work"), HasSubstr("estimating the time left")));
  EXPECT_EQ(filled(progress_line(progress, 100)), 0);
}

}  // namespace
}  // namespace evobrnn
