// SPDX-License-Identifier: Apache-2.0
/// The program on a run that a user's own program made by evolve().
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/evolution.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Embedded : public Program {
 protected:
  Embedded() {
    auto plan = minimising(SearchSpace({real_gene("x", -1, 1), integer_gene("layers.count", 1, 4)}),
                           [](const Values& genes, std::uint64_t) {
                             if (genes.integer("layers.count") == 4) throw std::runtime_error("four is too many");
                             return genes.number("x") * genes.number("x");
                           });
    plan.settings.population = 6;
    plan.settings.generations = 3;
    plan.settings.final_seeds = 1;
    plan.first = {{0.5, std::int64_t{2}}};
    evolve(plan, folder() / "mine");
  }
};

TEST_F(Embedded, IsReadByWhateverOnlyReads) {
  EXPECT_THAT(call({"status", "mine"}).out, HasSubstr("mine: complete"));
  EXPECT_THAT(call({"verify", "mine"}).out, HasSubstr("nothing is wrong"));
  EXPECT_THAT(call({"export", "mine"}).out, HasSubstr("score,params.x,params.layers.count"));
  EXPECT_THAT(call({"diff", "mine", "mine"}).out, HasSubstr("the same: "));
  EXPECT_EQ(call({"report", "mine"}).code, 0);
  EXPECT_THAT(read(folder() / "mine/report.html"), HasSubstr("a function of the program that made the run"));
}

/// The objective is a square: never negative.
TEST_F(Embedded, AMinimisedScoreIsToldAsTheUserKnowsIt) {
  const auto state = nlohmann::json::parse(call({"status", "mine", "--json"}).out);
  const double best = state.at("champion").at("score");
  EXPECT_GE(best, 0);
  EXPECT_THAT(call({"status", "mine"}).out, Not(HasSubstr("best -")));
  std::istringstream lines(call({"export", "mine", "--format", "jsonl"}).out);
  double smallest = 1e9;
  for (std::string line; std::getline(lines, line);) {
    const auto trial = nlohmann::json::parse(line);
    if (trial.at("status") == "ok") smallest = std::min(smallest, trial.at("score").get<double>());
  }
  EXPECT_EQ(smallest, best);
  EXPECT_EQ(nlohmann::json::parse(read(folder() / "mine/champion.json")).at("score"), best);
  ASSERT_EQ(call({"report", "mine"}).code, 0);
  EXPECT_THAT(read(folder() / "mine/report.html"), HasSubstr("\"minimised\":true"));
}

TEST_F(Embedded, IsLeftToItsProgramByWhateverEvaluates) {
  for (const auto& words :
       {std::vector<std::string>{"resume", "mine"}, {"replay", "mine", "2"}, {"run", "mine/experiment.toml"}}) {
    const auto outcome = call(words);
    EXPECT_EQ(outcome.code, 2) << words[0];
    EXPECT_THAT(outcome.err, HasSubstr("start that program again")) << words[0];
  }
  EXPECT_FALSE(fs::exists(folder() / "runs"));
  EXPECT_THAT(call({"examine", "mine"}).err, HasSubstr("needs networks"));
}

}  // namespace
}  // namespace evobrnn
