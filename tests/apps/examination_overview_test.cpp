// SPDX-License-Identifier: Apache-2.0
#include "apps/examination_overview.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace evobrnn {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNever = std::numeric_limits<double>::infinity();

Decay decay(const std::string& outcome, double half_life = 0, double low = 0, double high = 0) {
  Decay decay;
  decay.name = "delay";
  decay.outcome = outcome;
  decay.half_life = half_life;
  decay.low = low;
  decay.high = high;
  return decay;
}

ExaminationReport report_of(const std::vector<Decay>& decays, const std::string& name = "g") {
  ExaminationReport report{"quick", "dms", ScoreKind::accuracy, {}, {}};
  ExaminedGroup group{name, "stp, 100 units", {}, {}};
  for (std::size_t i = 0; i < decays.size(); ++i) {
    Examination examination;
    examination.numbers = {{"parameters", 1234567},
                           {"score", 0.9 + 0.02 * static_cast<double>(i)},
                           {"score.error", 0.01},
                           {"score.samples", 1000},
                           {"score.of", 10000}};
    examination.decays = {decays[i]};
    examination.verdicts = {{"memory", i == 0 ? "activity-silent" : "both"}};
    group.networks.push_back({"g", static_cast<std::int64_t>(i + 1), {}, "w", 0, {}});
    group.examinations.push_back(examination);
  }
  report.groups = {group};
  return report;
}

std::string cell(const ExaminationReport& report, const std::string& head) {
  const auto table = overview(report);
  const auto found = std::find(table.head.begin(), table.head.end(), head);
  EXPECT_NE(found, table.head.end()) << head;
  return found == table.head.end() ? "" : table.rows[0][static_cast<std::size_t>(found - table.head.begin())];
}

std::string half_life(const std::vector<Decay>& decays) {
  return cell(report_of(decays), "half-life of the score, steps");
}

TEST(ExaminationOverview, TellsHalfLivesByTheirOutcome) {
  EXPECT_EQ(half_life({decay("halves", 60, 50, 70)}), "60 [50,\u00a070]");
  EXPECT_EQ(half_life({decay("halves later", 900, 400, kNever)}), "900 [400,\u00a0not reached], extrapolated");
  EXPECT_EQ(half_life({decay("not reached", kNever, kNever, kNever)}), "not reached");
  EXPECT_EQ(half_life({decay("kept", kNever, kNever, kNever)}), "kept to the end");
  EXPECT_EQ(half_life({decay("nothing")}), "at chance from the start");
  EXPECT_EQ(half_life({decay("below chance")}), "below chance from the start");
}

TEST(ExaminationOverview, OfSeveralNetworksTheMedianOfThoseThatHalve) {
  EXPECT_EQ(half_life({decay("halves", 60), decay("halves", 40), decay("halves", 50)}), "50 [40,\u00a060]");
  EXPECT_EQ(half_life({decay("halves", 60), decay("halves", 40), decay("kept", kNever)}),
            "50 [40,\u00a060]; 1 of 3 kept to the end");
  EXPECT_EQ(half_life({decay("nothing"), decay("nothing")}), "at chance from the start");
  EXPECT_EQ(half_life({decay("nothing"), decay("kept")}), "1 of 2 at chance from the start; 1 of 2 kept to the end");
}

TEST(ExaminationOverview, NamesUnitsAndCountsOfWhatItTells) {
  const auto one = report_of({decay("kept")}), two = report_of({decay("kept"), decay("kept")});
  EXPECT_EQ(cell(one, "test accuracy, %"), "90.0 ± 2.0");
  EXPECT_EQ(cell(two, "test accuracy, %"), "91.0 [78.3,\u00a0100.0]");
  EXPECT_EQ(cell(one, "test samples scored"), "1000 of 10000");
  EXPECT_EQ(cell(one, "parameters"), "1234567");
  EXPECT_EQ(cell(two, "networks"), "2");
  EXPECT_EQ(cell(two, "where the memory lies"), "activity-silent (1), both (1)");
  EXPECT_THAT(overview(one).head, Not(Contains("half-life of the rates' trace, steps"))) << "that no group has";
}

TEST(ExaminationOverview, WhatAUserWroteBreaksNoTableOfMarkdown) {
  const auto text = to_markdown(report_of({decay("kept")}, "a|b<script>\n# c"));
  EXPECT_THAT(text, HasSubstr("| a\\|b&lt;script> # c | stp, 100 units |"));
  EXPECT_THAT(text, HasSubstr("\n## a\\|b&lt;script> # c ("));
}

}  // namespace
}  // namespace evobrnn
