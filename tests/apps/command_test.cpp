// SPDX-License-Identifier: Apache-2.0
/// The real program with a command as its objective.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

/// Best at x = 3 and k = 2.
const std::string kEvaluate =
    "sed -n 's/.*\"x\":\\([^,}]*\\).*\"k\":\\([0-9]*\\).*\"seed\":\\([0-9]*\\).*/\\1 \\2 \\3/p' > "
    "\"$EVOBRNN_SCRATCH/values\"\n"
    "awk '{ printf \"{\\\"score\\\": %.12g, \\\"metrics\\\": {\\\"x\\\": %s}}\\n\", "
    "-($1 - 3) ^ 2 - ($2 - 2) ^ 2 + ($3 % 1000) * 1e-6, $1 }' \"$EVOBRNN_SCRATCH/values\"\n";

class Commands : public Program {
 protected:
  void SetUp() override {
    write("evaluate.sh", kEvaluate);
    settings();
  }

  void settings(const std::string& evaluator = "", const std::string& more = "") const {
    write("s.toml", "name = \"c\"\nseed = 3\n[evaluator]\ncommand = [\"sh\", \"evaluate.sh\"]\n" + evaluator +
                        "\n[search]\npopulation = 6\ngenerations = 3\n" + more +
                        "\n[genes]\nx = { low = 0, high = 9.5 }\nk = { low = 1, high = 5 }\n");
  }

  Outcome run(const std::string& out, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "s.toml", "--out", out});
    return call(more);
  }
  Outcome diff(const std::string& left, const std::string& right) const { return call({"diff", left, right}); }
};

TEST_F(Commands, AreSearchedAndEveryCommandThatNeedsNoNetworkWorks) {
  const auto outcome = run("r");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" trials in "));
  EXPECT_THAT(outcome.out, HasSubstr("test score over 3 fresh seeds"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("default settings")));
  EXPECT_THAT(outcome.out, HasSubstr("run folder r, champion r/champion.json"));
  EXPECT_FALSE(fs::exists(folder() / "r/scratch"));
  const auto champion = nlohmann::json::parse(read(folder() / "r/champion.json"));
  EXPECT_GT(champion.at("score"), -2);
  EXPECT_TRUE(champion.at("genome").at("k").is_number_integer());
  EXPECT_TRUE(champion.at("genome").at("x").is_number_float());

  EXPECT_THAT(call({"status", "r"}).out, HasSubstr("r: complete"));
  EXPECT_THAT(call({"verify", "r", "--trials", "3"}).out, HasSubstr("nothing is wrong"));
  EXPECT_THAT(call({"replay", "r", "2"}).out, HasSubstr("the same bits"));
  EXPECT_THAT(call({"export", "r"}).out, HasSubstr(",params.x,params.k,"));
  EXPECT_EQ(call({"report", "r"}).code, 0);
  EXPECT_THAT(read(folder() / "r/report.html"), HasSubstr("\"score\":\"other\""));
  EXPECT_EQ(call({"resume", "r"}).code, 0);
  EXPECT_THAT(call({"check", "s.toml"}).out, HasSubstr("ok: sh evaluate.sh, 2 genes, strategy ga"));
}

TEST_F(Commands, KilledAndResumedEndAsUninterruptedWithAnyNumberOfWorkers) {
  ASSERT_EQ(run("whole", {"--workers", "1"}).code, 0);
  const Variables kill{{"EVOBRNN_FAULT", "after_commit:4"}};
  ASSERT_EQ(call_with(kill, {"run", "s.toml", "--out", "killed", "--workers", "2"}).code, 128 + SIGKILL);
  ASSERT_EQ(call_with(kill, {"resume", "killed"}).code, 128 + SIGKILL);
  const auto resumed = call({"resume", "killed"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(diff("whole", "killed").code, 0) << diff("whole", "killed").out;
}

TEST_F(Commands, StoppedByCtrlCLeaveNoProcessAndGoOn) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(::mkfifo((folder() / "alive").c_str(), 0600), 0);
  const int alive = ::open((folder() / "alive").c_str(), O_RDWR);
  // Every trial but the first hangs, with a child in a session of its own.
  write("evaluate.sh", "exec 9> alive; echo x >&9; setsid sleep 1000 & sleep 1000\n" + kEvaluate);
  settings("grace_seconds = 0.1\n");
  const auto program = start({"run", "s.toml", "--out", "stopped", "--workers", "2"});
  char byte = 0;
  ASSERT_EQ(::read(alive, &byte, 1), 1);
  ::kill(program, SIGINT);
  EXPECT_EQ(wait_for(program).code, 130);
  ::close(alive);
  // With no writer left the reading end tells so at once.
  const int reader = ::open((folder() / "alive").c_str(), O_RDONLY | O_NONBLOCK);
  std::array<char, 64> rest{};
  EXPECT_EQ(::read(reader, rest.data(), rest.size()), 0);
  ::close(reader);
  EXPECT_THAT(call({"resume", "stopped", "--set", "evaluator.command=[\"true\"]"}).err,
              HasSubstr("evaluator.command: [\"sh\", \"evaluate.sh\"] → [\"true\"]: makes it another run"));
  write("evaluate.sh", kEvaluate);
  EXPECT_THAT(call({"resume", "stopped"}).err, HasSubstr("evaluate.sh has other bytes"));
}

TEST_F(Commands, FailuresFollowTheirPolicies) {
  write("evaluate.sh", "echo no >&2; exit 3\n");
  const auto outcome = run("r", {"--set", "failures.crashed=retry", "--json"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"cause\":\"exited with code 3; its last words: no\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"attempts\":2"));
  EXPECT_THAT(run("a", {"--set", "failures.crashed=abort"}).err, HasSubstr("ended as crashed: exited with code 3"));
}

TEST_F(Commands, LimitsStopARunAndItGoesOn) {
  ASSERT_EQ(run("whole").code, 0);
  const auto stopped = run("limited", {"--set", "run.max_trials=7"});
  EXPECT_EQ(stopped.code, 3);
  ASSERT_EQ(call({"resume", "limited", "--set", "run.max_trials=0"}).code, 0);
  EXPECT_EQ(diff("whole", "limited").code, 0) << diff("whole", "limited").out;
}

TEST_F(Commands, GrowByMoreGenerationsAndExtendOldRuns) {
  ASSERT_EQ(run("longer", {"--set", "search.generations=4"}).code, 0);
  ASSERT_EQ(run("grown").code, 0);
  ASSERT_EQ(call({"resume", "grown", "--set", "search.generations=4"}).code, 0);
  EXPECT_EQ(diff("longer", "grown").code, 0) << diff("longer", "grown").out;
  const auto extended = run("extended", {"--extend-from", "longer"});
  EXPECT_EQ(extended.code, 0) << extended.err;
  EXPECT_THAT(extended.out, HasSubstr("6 first individuals"));
  EXPECT_THAT(extended.out, HasSubstr(" known before"));
}

TEST_F(Commands, DefaultsOfTheirOwnAreAskedForWhereTheSettingsSaySo) {
  write("evaluate.sh", "grep -q '\"genome\":{}' && echo '{\"score\": 7}' || echo '{\"score\": 1}'\n");
  settings("defaults = true\n");
  EXPECT_THAT(run("r").out, HasSubstr("default settings                 7   7, 7 (7 – 7)"));
}

TEST_F(Commands, EveryMistakeOfASettingsFileIsTold) {
  settings(
      "time_limt = 3\nmemory = -1\n[model]\nn = 3\n[train]\nlr = 0.1\n[run]\nisolation = \"process\"\nmax_flops = "
      "1e9\n",
      "flops = 5\n");
  const auto told = call({"check", "s.toml"});
  EXPECT_EQ(told.code, 2);
  for (const auto* line :
       {"s.toml:5: evaluator.time_limt = 3: no such setting", "did you mean evaluator.time_limit?",
        "s.toml:6: evaluator.memory = -1: must be a real number", "model.n = 3: does not go with [evaluator]",
        "train.lr = 0.1: does not go with [evaluator]", "run.isolation = process: does not go with [evaluator]",
        "run.max_flops", "search.flops = 5: does not go with [evaluator]"})
    EXPECT_THAT(told.err, HasSubstr(line));
}

TEST_F(Commands, GenesHaveAnyNameAndAKindOfTheirOwn) {
  const auto check = [this](const std::string& genes) {
    write("g.toml", "[evaluator]\ncommand = [\"true\"]\n[genes]\n" + genes);
    const auto outcome = call({"check", "g.toml", "--resolved"});
    return outcome.out + outcome.err;
  };
  const auto good = check(
      "a = { low = 1, high = 3 }\nb.c = { low = 1, high = 3, kind = \"real\" }\nd = { values = [\"u\", \"v\"] }\n"
      "e = { low = 0.1, high = 1, scale = \"log\", when = { d = \"u\" } }\n");
  for (const auto* line :
       {"a = { low = 1, high = 3 }", "b.c = { low = 1.0, high = 3.0 }", "d = { values = [\"u\", \"v\"] }",
        "e = { low = 0.1, high = 1.0, scale = \"log\", when = { \"d\" = [\"u\"] } }"})
    EXPECT_THAT(good, HasSubstr(line));
  const std::vector<std::pair<std::string, std::string>> bad{
      {"a = { low = 1, hih = 3 }", "did you mean high?"},
      {"a = 3", "must be { low"},
      {"a = { low = 1.5, high = 3, kind = \"integer\" }", "must be an integer"},
      {"a = { low = 1, high = 3, kind = \"whole\" }", "must be \"integer\" or \"real\""},
      {"a = { values = [1, \"x\"] }", "must be of one type"},
      {"a = { low = 1, high = 3, when = { z = 1 } }", "when: z: no such"},
      {"\"a b\" = { low = 1, high = 3 }", "letters, digits"},
      {"a = { low = 1, high = 3, b = { low = 1, high = 2 } }", "continues that of another gene, a"},
      {"", "needs at least one gene"}};
  for (const auto& [genes, part] : bad) EXPECT_THAT(check(genes), HasSubstr(part)) << genes;
}

TEST_F(Commands, WhatIsNotThereOrNeedsNetworksIsOneClearError) {
  ASSERT_EQ(run("r", {"--quiet"}).code, 0);
  EXPECT_THAT(call({"train", "s.toml"}).err, HasSubstr("needs networks"));
  EXPECT_THAT(call({"examine", "r"}).err, HasSubstr("needs networks"));
  EXPECT_THAT(call({"bench", "s.toml"}).err, HasSubstr("needs networks"));
  EXPECT_THAT(call({"replay", "r", "1", "--weights", "w"}).err, HasSubstr("--weights needs networks"));
  write("c.toml", "[evaluator]\ncommand = [\"true\"]\n[arms.a]\nhow = \"ga\"\n");
  EXPECT_THAT(call({"compare", "c.toml"}).err, HasSubstr("a comparison has equal budgets"));
  EXPECT_THAT(run("x", {"--set", "evaluator.command=[\"evobrnn-none\"]"}).err, HasSubstr("no such program in $PATH"));
  EXPECT_THAT(run("x", {"--set", "evaluator.command=[\"./none\"]"}).err, HasSubstr("none: no such file"));
  EXPECT_THAT(run("x", {"--set", "evaluator.folder=nowhere"}).err, HasSubstr("no such folder"));
  EXPECT_FALSE(fs::exists(folder() / "x"));
}

TEST_F(Program, ExamplesOfCommandsRun) {
  const auto examples = fs::path(EVOBRNN_SOURCE) / "examples";
  const auto python = call({"run", (examples / "command_python/search.toml").string(), "--out", "python"});
  ASSERT_EQ(python.code, 0) << python.err;
  EXPECT_THAT(python.out, HasSubstr("\ncommand: python3 train.py\n"));
  EXPECT_THAT(python.out, HasSubstr("default settings "));
  EXPECT_GT(nlohmann::json::parse(read(folder() / "python/champion.json")).at("score"), -0.02);
  const auto shell = call({"run", (examples / "command_shell/search.toml").string(), "--out", "shell"});
  ASSERT_EQ(shell.code, 0) << shell.err;
  EXPECT_GT(nlohmann::json::parse(read(folder() / "shell/champion.json")).at("score"), -0.05);
}

}  // namespace
}  // namespace evobrnn
