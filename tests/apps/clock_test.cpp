// SPDX-License-Identifier: Apache-2.0
/// The real program under a clock of the day that jumps.
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using nlohmann::json;

constexpr double kLongestTest = 3600;  // seconds

class JumpingClock : public Program {
 protected:
  void SetUp() override { write("s.toml", small_search()); }

  pid_t start_under(const std::string& clock, const std::vector<std::string>& command) const {
    return start_with({{"LD_PRELOAD", EVOBRNN_JUMPING_CLOCK}, {"EVOBRNN_CLOCK", clock}}, command);
  }
  Outcome call_under(const std::string& clock, const std::vector<std::string>& command) const {
    return wait_for(start_under(clock, command));
  }

  /// Times of the ledger: numbers, none before its cause.
  void expect_times_in_order(const std::string& run) const {
    const Ledger ledger(folder() / run / "ledger.sqlite", Ledger::Access::read);
    double last = 0;
    std::map<std::int64_t, LedgerGeneration> generations;
    for (const auto& generation : ledger.generations()) {
      ASSERT_TRUE(generation.finished) << generation.generation;
      EXPECT_GE(generation.started, last) << generation.generation;
      EXPECT_GE(*generation.finished, generation.started) << generation.generation;
      EXPECT_TRUE(std::isfinite(*generation.finished));
      last = *generation.finished;
      generations[generation.generation] = generation;
    }
    for (const auto& trial : ledger.trials()) {
      const auto& generation = generations.at(trial.generation);
      EXPECT_GE(trial.started, generation.started) << trial.id;
      EXPECT_LE(trial.started, *generation.finished) << trial.id;
      EXPECT_GE(trial.result.cost.wall_seconds, 0) << trial.id;
      EXPECT_LT(trial.result.cost.wall_seconds, kLongestTest) << trial.id;
    }
  }
};

/// What a run tells while it runs: no time in it is negative or longer than the test.
void expect_sane_events(const std::string& lines) {
  std::istringstream stream(lines);
  int times = 0;
  for (std::string line; std::getline(stream, line);) {
    const auto event = json::parse(line);
    for (const auto& [name, value] : event.items()) {
      if (name.find("seconds") == std::string::npos && name.find("per_minute") == std::string::npos) continue;
      if (value.is_null()) continue;  // not known yet
      ++times;
      EXPECT_GE(value.get<double>(), 0) << line;
      if (name.find("seconds") != std::string::npos) {
        EXPECT_LT(value.get<double>(), kLongestTest) << line;
      }
    }
  }
  EXPECT_GT(times, 0) << lines;
}

TEST_F(JumpingClock, ChangesNothingButTimesAndThoseStaySane) {
  ASSERT_EQ(call({"run", "s.toml", "--out", "whole", "--quiet"}).code, 0);
  // By a clock that jumps for days these limits would strike at once.
  const auto jumping = call_under("jump:3", {"run", "s.toml", "--out", "jumping", "--json", "--workers", "2", "--set",
                                             "run.max_seconds=3600", "--set", "train.time_limit=3600"});
  ASSERT_EQ(jumping.code, 0) << jumping.err;
  expect_sane_events(jumping.out);
  EXPECT_EQ(call({"diff", "whole", "jumping"}).code, 0) << call({"diff", "whole", "jumping"}).out;
  expect_times_in_order("jumping");
  const auto state = json::parse(call_under("jump:3", {"status", "jumping", "--json"}).out);
  EXPECT_EQ(state.at("state"), "complete");
  EXPECT_GE(state.at("trials_per_minute").get<double>(), 0);
  EXPECT_EQ(call_under("jump:3", {"verify", "jumping"}).code, 0);
}

TEST_F(JumpingClock, SetBackBeforeAnEarlierStartGoesOnInOrder) {
  ASSERT_EQ(call({"run", "s.toml", "--out", "whole", "--quiet"}).code, 0);
  ASSERT_EQ(call({"run", "s.toml", "--out", "r", "--quiet", "--set", "run.max_trials=8"}).code, 3);
  const auto resumed = call_under("back:3", {"resume", "r", "--json", "--set", "run.max_trials=0"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  expect_sane_events(resumed.out);
  expect_times_in_order("r");
  EXPECT_EQ(call({"diff", "whole", "r"}).code, 0) << call({"diff", "whole", "r"}).out;
  const auto state = json::parse(call_under("back:3", {"status", "r", "--json"}).out);
  EXPECT_GT(state.at("trials_per_minute").get<double>(), 1) << "of the work, not of the days in between";
}

TEST_F(JumpingClock, StatusOfARunningRunStaysSane) {
  const auto child =
      start_under("jump:3", {"run", "s.toml", "--out", "r", "--json", "--set", "search.generations=1000"});
  const auto trials_told = [&] {
    const auto told = read(scratch_ / "out");
    std::size_t count = 0;
    for (auto at = told.find("\"event\":\"trial\""); at != std::string::npos;
         at = told.find("\"event\":\"trial\"", at + 1))
      ++count;
    return count;
  };
  while (trials_told() < 20 && waitpid(child, nullptr, WNOHANG) == 0) sched_yield();
  // Its output goes to the same file, whose first line it then is: what the run writes lies behind.
  const auto status = call_under("back:3", {"status", "r", "--json"});
  kill(child, SIGKILL);
  wait_for(child);
  const auto state = json::parse(status.out.substr(0, status.out.find('\n')));
  EXPECT_EQ(state.at("state"), "running");
  EXPECT_GE(state.at("done").get<int>(), 20);
  EXPECT_GT(state.at("trials_per_minute").get<double>(), 0);
  EXPECT_GT(state.at("remaining_seconds").get<double>(), 0);
}

}  // namespace
}  // namespace evobrnn
