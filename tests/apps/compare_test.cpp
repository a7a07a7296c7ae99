// SPDX-License-Identifier: Apache-2.0
/// The real program: comparisons, from the plan to the page.
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kComparison =
    "name = \"small\"\nseed = 3\n[compare]\nquestion = \"Which is better?\"\nrepeats = 2\nflops = 6e7\n[model]\nn = "
    "10\n"
    "[task]\nname = \"digits\"\ntrain_samples = 200\nvalidation_samples = 50\ntest_samples = 50\n[train]\nbatch = 16\n"
    "samples = 64\n[search]\npopulation = 4\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\n"
    "model.n = { low = 8, high = 12 }\n"
    "[arms.gradient]\nhow = \"gradient\"\nwithout = [\"model.n\"]\n[arms.ga]\nhow = \"ga\"\n"
    "[arms.both]\nhow = \"ga_then_gradient\"\n[arms.fixed]\nhow = \"fixed\"\n";

class Compare : public Program {
 protected:
  void SetUp() override { write("c.toml", kComparison); }
  Outcome compare(const std::string& out, std::vector<std::string> more = {}, const Variables& variables = {}) const {
    more.insert(more.begin(), {"compare", "c.toml", "--out", out, "--quiet"});
    return call_with(variables, more);
  }
  /// comparison.json without times.
  std::string result(const std::string& out) const {
    auto json = nlohmann::json::parse(read(folder() / out / "comparison.json"));
    const auto timeless = [](nlohmann::json& of) {
      for (const auto* part : {"search", "final"}) {
        of[part].erase("wall_seconds");
        of[part].erase("cpu_seconds");
      }
    };
    for (auto& arm : json["arms"]) {
      timeless(arm);
      for (auto& repeat : arm["repeats"]) timeless(repeat);
    }
    return json.dump(1);
  }
};

TEST_F(Compare, IsTheSameWithOneAndTwoWorkersAndInProcesses) {
  const auto one = compare("one", {"--workers", "1"});
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(compare("two", {"--workers", "2"}).code, 0);
  EXPECT_EQ(result("one"), result("two"));
  ASSERT_EQ(compare("processes", {"--workers", "2", "--isolation", "process"}).code, 0);
  EXPECT_EQ(result("one"), result("processes"));
}

TEST_F(Compare, KilledAndResumedEndsTheSame) {
  ASSERT_EQ(compare("whole").code, 0);
  for (const auto* fault : {"between_trials:7", "after_commit:30", "before_commit:12"}) {
    fs::remove_all(folder() / "killed");
    EXPECT_EQ(compare("killed", {}, {{"EVOBRNN_FAULT", fault}}).code, 128 + SIGKILL) << fault;
    const auto resumed = call({"resume", "killed", "--quiet"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(result("whole"), result("killed")) << fault;
  }
}

TEST_F(Compare, SpendsTheSameOnEveryArmAndLeavesOrdinaryRuns) {
  const auto outcome = compare("c");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(read(folder() / "c/comparison.json"));
  for (const auto& arm : json["arms"]) {
    for (const auto& repeat : arm["repeats"]) {
      const double flops = repeat["search"]["flops"].get<double>() + repeat["final"]["flops"].get<double>();
      EXPECT_NEAR(flops, 6e7, 0.03 * 6e7) << arm["name"];
    }
  }
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("gradient − ga"), HasSubstr("too few"), Not(HasSubstr("nan"))));
  // Repetitions share their seeds over the arms.
  const auto seed = [this](const std::string& run) {
    const auto toml = read(folder() / "c/arms" / run / "experiment.toml");
    return toml.substr(toml.find("\nseed = "), 30);
  };
  EXPECT_EQ(seed("ga/01"), seed("fixed/01"));
  EXPECT_NE(seed("ga/01"), seed("ga/02"));
  for (const auto& run : {"c/arms/ga/01", "c/arms/gradient/02", "c/arms/both/01", "c/arms/fixed/01"}) {
    EXPECT_EQ(call({"verify", run}).code, 0) << run << call({"verify", run}).out;
    EXPECT_EQ(call({"resume", run, "--quiet"}).code, 0) << run;
  }
  for (const auto* file : {"comparison.md", "repeats.csv", "pairs.csv", "curves.csv", "hyperparameters.csv"})
    EXPECT_FALSE(read(folder() / "c" / file).empty()) << file;
}

TEST_F(Compare, TrainsWhatItsArmsSay) {
  ASSERT_EQ(compare("c").code, 0);
  const auto json = nlohmann::json::parse(read(folder() / "c/comparison.json"));
  for (const auto& arm : json["arms"]) {
    const auto& first = arm["repeats"][0];
    const bool gradients = arm["how"] == "gradient" || arm["how"] == "ga_then_gradient";
    EXPECT_EQ(first["trained"].contains("model.dt"), gradients) << arm["name"];
    if (gradients) {
      EXPECT_NE(first["trained"]["model.dt"]["start"], first["trained"]["model.dt"]["end"]);
    }
    EXPECT_EQ(first["champion"].contains("model.n"), arm["how"] == "ga" || arm["how"] == "ga_then_gradient");
    EXPECT_EQ(first["finer_steps"].size(), 2u);
  }
  // The same search, so the same champion; only the final training differs.
  EXPECT_EQ(json["arms"][1]["repeats"][0]["champion"], json["arms"][2]["repeats"][0]["champion"]);
}

TEST_F(Compare, ThePageHoldsEverything) {
  ASSERT_EQ(compare("c").code, 0);
  const auto page = read(folder() / "c/comparison.html");
  EXPECT_THAT(page, AllOf(HasSubstr("Chart.js"), HasSubstr("Which is better?"), HasSubstr("\"conclusion\"")));
  for (const auto* outside : {"src=", "@import", "fetch(", "XMLHttpRequest("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
}

TEST_F(Compare, ADryRunSaysWhatItWouldDoAndDoesNothing) {
  const auto outcome = compare("c", {"--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("4 arms, 2 repetitions"), HasSubstr("6e+07 FLOPs each"), HasSubstr("about "),
                    HasSubstr("no p can reach alpha = 0.05: the smallest that 2 repetitions can give is 0.5"),
                    HasSubstr("after Holm's correction over 6 pairs of arms"), HasSubstr("compare.repeats = 8")));
  EXPECT_THAT(compare("c", {"--dry-run", "--set", "compare.repeats=8"}).out, Not(HasSubstr("no p can reach")));
  EXPECT_FALSE(fs::exists(folder() / "c"));
}

TEST_F(Compare, BudgetsThatCannotBeEqualAreRefusedUnlessTheyAreToBeReported) {
  const auto refused = compare("c", {"--set", "compare.flops=0", "--set", "search.generations=1"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("equal budgets within 5 %"), HasSubstr("unequal = \"report\"")));
  EXPECT_FALSE(fs::exists(folder() / "c"));
  const auto reported =
      compare("c", {"--set", "compare.flops=0", "--set", "search.generations=1", "--set", "compare.unequal=report"});
  EXPECT_EQ(reported.code, 0) << reported.err;
  EXPECT_THAT(reported.out, HasSubstr("unequal compute"));
}

TEST_F(Compare, MistakesAreToldWithTheirPlace) {
  const auto mistake = [this](const std::vector<std::string>& more, const std::string& text) {
    const auto outcome = compare("c", more);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(text));
    EXPECT_FALSE(fs::exists(folder() / "c"));
  };
  mistake({"--set", "compare.repeat=3"}, "did you mean compare.repeats?");
  mistake({"--set", "arms.ga.how=gaa"}, "did you mean ga?");
  mistake({"--set", "arms.ga.model.trained=[\"dt\"]"}, "holds hyperparameters fixed");
  mistake({"--set", "compare.arms=[\"ga\"]"}, "at least two arms");
  mistake({"--set", "compare.reference=g"}, "no such arm");
  mistake({"--set", "compare.flops=1e6"}, "too small: one training of arm");
  mistake({"--set", "arms.fixed.genes.model.dt.low=0.2"}, "does not go with how = \"fixed\"");
  mistake({"--set", "arms.fixed.without=[\"model.dd\"]"}, "did you mean model.dt?");
  mistake({"--set", "model.n=-3"}, "model.n = -3");
  mistake({"--profile", "quick"}, "the file has no profiles");
  ASSERT_EQ(compare("c", {"--set", "compare.repeats=1"}).code, 0);
  EXPECT_THAT(compare("c").err, HasSubstr("exists already. Go on with it: evobrnn resume"));
  EXPECT_THAT(call({"resume", "c", "--set", "model.n=11"}).err, HasSubstr("stays the same one"));
  EXPECT_EQ(call({"resume", "c", "--workers", "1", "--quiet"}).code, 0);
}

TEST_F(Compare, OneRepetitionAndAnArmThatAlwaysFailsEndInClearWords) {
  const auto failing = compare("failing", {"--set", "compare.repeats=1"}, {{"EVOBRNN_INJECT", "nan=1"}});
  EXPECT_EQ(failing.code, 1) << "no arm has a score";
  EXPECT_THAT(failing.out, AllOf(HasSubstr("cannot be compared"), HasSubstr("diverged"), Not(HasSubstr("p = "))));
  const auto single = compare("single", {"--set", "compare.repeats=1"});
  EXPECT_EQ(single.code, 0);
  EXPECT_THAT(single.out, AllOf(HasSubstr("one repetition says nothing of chance"), Not(HasSubstr("p = 0"))));
}

TEST_F(Compare, CtrlCSaysHowToGoOn) {
  const auto child = start({"compare", "c.toml", "--out", "c", "--set", "compare.flops=2e10"});
  while (read(folder() / "out").find("repetitions") == std::string::npos && kill(child, 0) == 0) sched_yield();
  kill(child, SIGINT);
  const auto outcome = wait_for(child);
  EXPECT_EQ(outcome.code, 130);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("evobrnn resume c"));
}

TEST_F(Compare, EveryShippedComparisonRunsSmall) {
  int comparisons = 0;
  for (const auto& entry : fs::directory_iterator(std::string(EVOBRNN_SOURCE) + "/configs/compare")) {
    ++comparisons;
    for (const auto* profile : {"quick", "full"}) {
      const auto outcome = call({"compare",
                                 entry.path().string(),
                                 "--profile",
                                 profile,
                                 "--out",
                                 entry.path().stem().string() + profile,
                                 "--quiet",
                                 "--set",
                                 "task.name=digits",
                                 "--set",
                                 "task.train_samples=100",
                                 "--set",
                                 "task.validation_samples=50",
                                 "--set",
                                 "task.test_samples=50",
                                 "--set",
                                 "train.samples=32",
                                 "--set",
                                 "compare.repeats=1",
                                 "--set",
                                 "compare.flops=3e9",
                                 "--set",
                                 "search.population=4",
                                 "--dry-run"});
      EXPECT_EQ(outcome.code, 0) << entry.path() << outcome.err;
    }
  }
  EXPECT_EQ(comparisons, 8);
}

}  // namespace
}  // namespace evobrnn
