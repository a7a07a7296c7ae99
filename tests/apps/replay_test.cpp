// SPDX-License-Identifier: Apache-2.0
/// replay and verify on trials with a history: taken over, resumed with other settings, trained gentler, tried again,
/// crashed, out of time or memory. What they say is true.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>

#include "core/injected_failure.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/ledger.hpp"
#include "evolve/ledger_schema.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Replay : public Program {
 protected:
  ~Replay() override { ::unsetenv("EVOBRNN_INJECT"); }

  Outcome run(const std::string& out, const std::vector<std::string>& settings,
              const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"run", "s.toml", "--workers", "2", "--out", out, "--quiet"};
    for (const auto& setting : settings) all.insert(all.end(), {"--set", setting});
    all.insert(all.end(), more.begin(), more.end());
    return call(all);
  }

  LedgerTrial first_trial(const std::string& run, TrialStatus status) const {
    const Ledger ledger(folder() / run / "ledger.sqlite", Ledger::Access::read);
    for (const auto& trial : ledger.trials()) {
      if (trial.result.status == status) return trial;
    }
    ADD_FAILURE() << "no trial ended as " << to_text(status);
    return {};
  }

  Outcome replay(const std::string& run, std::int64_t id) const { return call({"replay", run, std::to_string(id)}); }

  /// Candidates that do not depend on results, and no final tests.
  void write_independent() const {
    auto text = small_search();
    text.replace(text.find("population = 6\ngenerations = 3"), 30,
                 "strategy = \"sobol\"\npopulation = 8\ngenerations = 1");
    text.replace(text.find("seeds = 2"), 9, "seeds = 0");
    write("s.toml", text);
  }

  /// A squared error grows with every step that is too long, unless the gradient is clipped.
  void write_steep() const {
    write("s.toml",
          "name = \"steep\"\n[model]\nname = \"vanilla\"\ndale = false\nn = 8\n[task]\nname = \"adding\"\nsteps = "
          "10\ntrain_samples = 500\nvalidation_samples = 50\ntest_samples = 50\n[train]\noptimizer = \"sgd\"\nlr = "
          "100\nclip = 0\nschedule = \"constant\"\nbatch = 10\nsamples = 2000\n[search]\nstrategy = \"sobol\"\n"
          "population = 2\ngenerations = 1\n[final]\nseeds = 0\n[genes]\nmodel.n = { low = 6, high = 12 }\n");
  }
};

TEST_F(Replay, OfATrialThatWasTakenOverNamesItsOriginAndComesToItsBits) {
  write("s.toml", small_search());
  ASSERT_EQ(run("old", {}).code, 0);
  ASSERT_EQ(run("new", {}, {"--extend-from", "old"}).code, 0);
  const Ledger ledger(folder() / "new/ledger.sqlite", Ledger::Access::read);
  int taken = 0;
  for (const auto& trial : ledger.trials()) {
    if (trial.origin.empty()) continue;
    EXPECT_NE(trial.key.role, "champion") << "its weights are this run's";
    if (++taken > 2) continue;
    const auto outcome = replay("new", trial.id);
    EXPECT_EQ(outcome.code, 0) << outcome.out;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("the same bits"), HasSubstr("taken over from " + trial.origin)));
  }
  EXPECT_GT(taken, 0);
  const auto verified = call({"verify", "new", "--trials", "1000"});
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("it was taken over from old trial "), HasSubstr("nothing is wrong")));
}

TEST_F(Replay, OfARunThatWasResumedWithOtherSettingsComesToTheSameBits) {
  write("s.toml", small_search());
  ASSERT_EQ(run("r", {}).code, 0);
  ASSERT_EQ(call({"resume", "r", "--quiet", "--set", "search.generations=4", "--set", "final.seeds=3", "--set",
                  "train.time_limit=1000", "--set", "run.trial_memory=4"})
                .code,
            0);
  const auto verified = call({"verify", "r", "--trials", "1000"});
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("nothing is wrong"), Not(HasSubstr("differs"))));
}

TEST_F(Replay, OfAGentlerTrainingIsOfTheGentlerOne) {
  write_steep();
  ASSERT_EQ(run("r", {"failures.diverged=gentler"}).code, 0);
  const auto outcome = replay("r", 1);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("trial 1: the same bits (ok"), HasSubstr("of the gentler training")));
  const auto verified = call({"verify", "r", "--trials", "1000"});
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("of the gentler training"));
}

TEST_F(Replay, OfADivergedTrialComesToItsStep) {
  write_steep();
  EXPECT_EQ(run("r", {}).code, 1) << "all of them diverge";
  const auto outcome = replay("r", 1);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("the same bits (diverged: loss or gradient became infinite or NaN at step"));
}

TEST_F(Replay, OfATrialThatWasTriedAgainIsOfItsLastAttempt) {
  write_independent();
  // Struck while it trains, and healthy at the second attempt: as by a machine's fault. The ledger says so.
  ASSERT_EQ(run("r", {}).code, 0);
  const auto file = folder() / "r/ledger.sqlite";
  auto trial = Ledger(file).trials().at(2);
  set_attempts(trial.result, 2, false);
  {
    SQLite::Database ledger(file, SQLite::OPEN_READWRITE);
    ledger.exec("DELETE FROM trials WHERE id = 3");
    seal_anew(ledger);
  }
  Ledger(file).store(trial);
  const auto outcome = replay("r", 3);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("the same bits (ok"), HasSubstr("its record is of attempt 2")));
}

TEST_F(Replay, OfACrashedTrialIsInAProcessOfItsOwnAndTellsWhatItComesTo) {
  write_independent();
  ::setenv("EVOBRNN_INJECT", "segfault=0.5", 1);
  const auto made = run("r", {"run.isolation=process"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto trial = first_trial("r", TrialStatus::crashed);
  const auto again = replay("r", trial.id);  // it crashes again, and takes nothing with it
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("the same bits (crashed: ended by SIGSEGV"));
  ::unsetenv("EVOBRNN_INJECT");
  const auto healthy = replay("r", trial.id);
  EXPECT_EQ(healthy.code, 1);
  EXPECT_THAT(healthy.out, AllOf(HasSubstr("status: crashed, ok"), HasSubstr("its process ended before its training")));
  const auto verified = call({"verify", "r", "--trials", "1000"});
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("the machine had a part in how they ended: "));
  EXPECT_THAT(verified.out, HasSubstr(" crashed\n"));
}

TEST_F(Replay, OfATrialThatHungEndsAtItsLimitToo) {
  write_independent();
  ::setenv("EVOBRNN_INJECT", "hang=0.3", 1);
  ASSERT_EQ(run("r", {"run.isolation=process", "train.time_limit=1", "run.grace_seconds=0.1"}).code, 0);
  const auto trial = first_trial("r", TrialStatus::timeout);
  const auto again = replay("r", trial.id);
  EXPECT_THAT(again.out, HasSubstr("trial " + std::to_string(trial.id) + ": the same bits (timeout: ")) << again.err;
  ::unsetenv("EVOBRNN_INJECT");
  const auto healthy = replay("r", trial.id);
  EXPECT_EQ(healthy.code, 1);
  EXPECT_THAT(healthy.out, AllOf(HasSubstr("status: timeout, ok"), HasSubstr("it had reached a time limit")));
}

TEST_F(Replay, OfATrialOverItsMemoryHasTheSameLimit) {
  write_independent();
  EXPECT_EQ(run("r", {"task.validation_samples=2000", "run.trial_memory=0.001"}).code, 1) << "all of them";
  const auto outcome = replay("r", 1);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("the same bits (out_of_memory: "));
}

}  // namespace
}  // namespace evobrnn
