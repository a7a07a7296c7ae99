// SPDX-License-Identifier: Apache-2.0
/// Trials that go wrong in every way, limits, and worker processes, with the real program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "core/injected_failure.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/ledger.hpp"
#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Failures : public Program {
 protected:
  ~Failures() override { ::unsetenv("EVOBRNN_INJECT"); }

  static void inject(const std::string& shares) { ::setenv("EVOBRNN_INJECT", shares.c_str(), 1); }

  /// Candidates that do not depend on results, and no final tests.
  std::string independent(int population) const {
    auto text = small_search();
    text.replace(text.find("population = 6\ngenerations = 3"), 30,
                 "strategy = \"sobol\"\npopulation = " + std::to_string(population) + "\ngenerations = 1");
    text.replace(text.find("seeds = 2"), 9, "seeds = 0");
    return write("s.toml", text);
  }

  Outcome run(const std::string& file, const std::string& out, const std::vector<std::string>& settings = {}) const {
    return call(arguments(file, out, settings));
  }

  static std::vector<std::string> arguments(const std::string& file, const std::string& out,
                                            const std::vector<std::string>& settings) {
    std::vector<std::string> all{"run", file, "--workers", "2", "--out", out};
    for (const auto& setting : settings) all.insert(all.end(), {"--set", setting});
    return all;
  }

  std::vector<LedgerTrial> trials(const std::string& out) const {
    return Ledger(folder() / out / "ledger.sqlite").trials();
  }

  std::vector<std::string> differing(const std::string& left, const std::string& right) const {
    const Ledger one(folder() / left / "ledger.sqlite"), other(folder() / right / "ledger.sqlite");
    return differences(one, other, 100'000);
  }

  /// A child of the program, once it has one.
  static pid_t worker_of(pid_t program) {
    const auto tasks = fs::path("/proc") / std::to_string(program) / "task";
    for (;;) {
      std::error_code gone;
      for (const auto& task : fs::directory_iterator(tasks, gone)) {
        std::istringstream children(read(task.path() / "children"));
        if (pid_t child = 0; children >> child) return child;
      }
      if (gone) return 0;
      sched_yield();
    }
  }

  /// Returns once the process has used so much processor time that it must be well into its trial.
  static void wait_until_busy(pid_t process) {
    const auto ticks = [process] {
      const auto stat = read(fs::path("/proc") / std::to_string(process) / "stat");
      std::istringstream fields(stat.substr(stat.rfind(')') + 1));
      std::string skipped;
      for (int i = 0; i < 11; ++i) fields >> skipped;
      long user = 0;
      fields >> user;
      return user;
    };
    while (ticks() < ::sysconf(_SC_CLK_TCK)) sched_yield();
  }
};

/// What a trial must end as where this happens to it.
void expect_cause(const LedgerTrial& trial, InjectedFailure failure) {
  const auto& result = trial.result;
  const std::map<InjectedFailure, std::pair<TrialStatus, std::string>> causes{
      {InjectedFailure::nan, {TrialStatus::diverged, "infinite or NaN at step 1"}},
      {InjectedFailure::exception, {TrialStatus::crashed, "exception: injected"}},
      {InjectedFailure::segfault, {TrialStatus::crashed, "SIGSEGV"}},
      {InjectedFailure::hang, {TrialStatus::timeout, "hung"}},
      {InjectedFailure::hog, {TrialStatus::out_of_memory, "an allocation failed"}}};
  EXPECT_EQ(to_text(result.status), to_text(causes.at(failure).first)) << result.cause;
  EXPECT_THAT(result.cause, HasSubstr(causes.at(failure).second)) << trial.id;
}

TEST_F(Failures, InNearlyAThirdOfTheTrialsCostThoseAloneUnderIsolation) {
  const std::string shares = "nan=0.06,throw=0.06,segfault=0.06,hang=0.06,hog=0.06";
  const auto file = independent(40);
  const std::string seed = "seed=8";  // of a run in which every way of failing occurs
  ASSERT_EQ(run(file, "healthy", {seed}).code, 0);
  inject(shares);
  // Healthy trials take milliseconds: the limits strike those alone that have no end.
  const auto outcome =
      run(file, "struck",
          {seed, "run.isolation=process", "run.trial_memory=0.1", "train.time_limit=2", "run.grace_seconds=0.2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto struck = trials("struck");
  ASSERT_EQ(struck.size(), 40U);
  std::set<InjectedFailure> seen;
  std::set<std::string> names;  // of the struck trials, as differences() begins its lines
  for (const auto& trial : struck) {
    const auto failure = injected_failure(trial.seed, parse_injections(shares));
    if (!failure) {
      EXPECT_EQ(trial.result.status, TrialStatus::ok) << trial.id << ": " << trial.result.cause;
      continue;
    }
    expect_cause(trial, *failure);
    seen.insert(*failure);
    names.insert("trial " + std::to_string(trial.id));
  }
  EXPECT_EQ(seen.size(), 5U) << "every way of failing";
  EXPECT_EQ(names.size(), 13U);
  for (const auto& line : differing("healthy", "struck"))
    EXPECT_TRUE(names.count(line.substr(0, line.find(':')))) << "a healthy trial differs: " << line;
  for (const auto* cause : {" diverged", " timeout", " out_of_memory", " crashed"})
    EXPECT_THAT(outcome.out.substr(outcome.out.find("of them failed (")), HasSubstr(cause));
}

TEST_F(Failures, ProcessesAndThreadsLeaveTheSameBits) {
  const auto file = write("s.toml", small_search());
  ASSERT_EQ(run(file, "threads").code, 0);
  const auto outcome = call({"run", file, "--workers", "2", "--out", "processes", "--isolation", "process"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto diff = call({"diff", "threads", "processes"});  // of the champion's weights too
  EXPECT_EQ(diff.code, 0) << diff.out;
  EXPECT_EQ(call({"resume", "processes", "--isolation", "thread"}).code, 0);
}

TEST_F(Failures, AHangingWorkerHoldsNobodyUpWhoStopsTheRun) {
  const auto file = independent(4);
  ASSERT_EQ(run(file, "whole").code, 0);
  inject("hang=1");
  const auto program = start(arguments(file, "stopped", {"run.isolation=process", "run.grace_seconds=0.1"}));
  wait_until_busy(worker_of(program));
  kill(program, SIGINT);
  const auto outcome = wait_for(program);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("evobrnn resume stopped"));
  EXPECT_TRUE(trials("stopped").empty());
  inject("hang=0");
  ASSERT_EQ(call({"resume", "stopped"}).code, 0);
  EXPECT_EQ(differing("whole", "stopped"), std::vector<std::string>{});
}

TEST_F(Failures, WorkersEndWithTheProgramEvenWhereTheyHang) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that orphans become ours, and can be waited for
  inject("hang=1");
  const auto program = start(arguments(independent(1), "killed", {"run.isolation=process"}));
  const auto worker = worker_of(program);
  wait_until_busy(worker);
  kill(program, SIGKILL);
  wait_for(program);
  int status = 0;
  EXPECT_EQ(waitpid(worker, &status, 0), worker);
  EXPECT_TRUE(WIFEXITED(status)) << "it noticed by itself";
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(Failures, AWorkerThatWasKilledIsTriedAgainWhereTheSettingsSaySo) {
  const auto file = independent(1);
  ASSERT_EQ(run(file, "plain").code, 0);
  for (const std::string policy : {"retry", "penalise"}) {
    const auto program = start(arguments(file, policy, {"run.isolation=process", "failures.crashed=" + policy}));
    kill(worker_of(program), SIGKILL);
    const auto outcome = wait_for(program);
    const auto trial = trials(policy).at(0);
    if (policy == "penalise") {
      EXPECT_EQ(outcome.code, 1) << "the only trial failed";
      EXPECT_EQ(trial.result.cause, "ended by SIGKILL (Killed)");
      EXPECT_EQ(to_text(trial.result.status), "crashed");
    } else {
      EXPECT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_THAT(outcome.out, HasSubstr("trial 1: ok, attempt 2"));
      EXPECT_EQ(differing("plain", policy), std::vector<std::string>{"trial 1: metrics.attempts: absent, 2.0"});
    }
  }
}

TEST_F(Failures, DivergedTrainingIsTriedGentlerAndSaidToBe) {
  // A squared error grows with every step that is too long, unless the gradient is clipped.
  const auto file = write(
      "s.toml",
      "name = \"steep\"\n[model]\nname = \"vanilla\"\ndale = false\nn = 8\n[task]\nname = \"adding\"\nsteps = 10\n"
      "train_samples = 500\nvalidation_samples = 50\ntest_samples = 50\n[train]\noptimizer = \"sgd\"\nschedule = "
      "\"constant\"\nbatch = 10\nsamples = 2000\n[search]\nstrategy = \"sobol\"\npopulation = 2\ngenerations = "
      "1\n[final]\nseeds = 0\n[genes]\nmodel.n = { low = 6, high = 12 }\n");
  const std::string lr = "train.lr=100", clip = "train.clip=0";
  const auto outcome = run(file, "gentler", {lr, clip, "failures.diverged=gentler"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("trial 1: ok, trained gentler, attempt 2"));
  EXPECT_THAT(outcome.out, HasSubstr("trained gentler, for it diverged"));
  // It is the training of half the learning rate and a clip of 1, and has its weights.
  ASSERT_EQ(run(file, "plain", {"train.lr=50", "train.clip=1"}).code, 0);
  for (const auto& line : differing("gentler", "plain"))
    EXPECT_THAT(line, ::testing::AnyOf(HasSubstr("metrics.attempts"), HasSubstr("metrics.gentler")));
  const auto weights = fs::path("weights") / "champion.safetensors";
  EXPECT_EQ(read(folder() / "gentler" / weights), read(folder() / "plain" / weights));

  const auto aborted = run(file, "aborted", {lr, clip, "failures.diverged=abort"});
  EXPECT_EQ(aborted.code, 1);
  EXPECT_THAT(aborted.err, HasSubstr("ended as diverged: loss or gradient became infinite or NaN at step"));
  EXPECT_THAT(aborted.err, HasSubstr("go on with: evobrnn resume aborted"));
  EXPECT_TRUE(trials("aborted").empty());
}

TEST_F(Failures, TooMuchMemoryEndsATrialTheSameInThreadsAndProcesses) {
  const auto file = independent(3);
  ASSERT_EQ(run(file, "free").code, 0);
  const auto peak = trials("free").at(0).result.cost.peak_bytes;
  ASSERT_LT(peak, 1'000'000);
  // One MB is enough for tensors, and no process is refused what LibTorch itself needs.
  const auto enough = run(file, "enough", {"run.isolation=process", "run.trial_memory=0.001"});
  EXPECT_EQ(enough.code, 0) << enough.err;
  EXPECT_EQ(differing("free", "enough"), std::vector<std::string>{});
  const std::vector<std::string> large{"task.validation_samples=2000", "run.trial_memory=0.001"};
  EXPECT_EQ(run(file, "threads", large).code, 1);
  EXPECT_EQ(trials("threads").at(0).result.status, TrialStatus::out_of_memory);
  auto processes = large;
  processes.emplace_back("run.isolation=process");
  EXPECT_EQ(run(file, "processes", processes).code, 1);
  EXPECT_EQ(differing("threads", "processes"), std::vector<std::string>{});
}

TEST_F(Failures, EachProcessesCopyOfTheDataCountsAsMemoryOfItsCandidate) {
  const auto file = independent(12);
  // Room for the networks of two candidates, and for those and the data of one alone.
  const std::vector<std::string> room{"task.validation_samples=2000", "task.train_samples=4000", "run.memory=0.012"};
  auto processes = room;
  processes.emplace_back("run.isolation=process");
  const auto outcome = run(file, "processes", processes);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("at most 1 trained at once; 12.0 MB are allowed"));
}

TEST_F(Failures, ALimitStopsARunThatGoesOnLaterToTheSameEnd) {
  const auto file = write("s.toml", small_search());
  ASSERT_EQ(run(file, "whole").code, 0);
  const auto outcome = run(file, "limited", {"run.max_trials=8"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("stopped at the limit run.max_trials = 8: 8 trials kept. Go on with: evobrnn resume "
                        "limited --set run.max_trials=MORE"));
  EXPECT_EQ(trials("limited").size(), 8U);
  const auto experiment = folder() / "limited/experiment.toml";
  auto text = read(experiment);
  text.replace(text.find("max_trials = 8"), 14, "max_trials = 0");
  std::ofstream(experiment) << text;
  ASSERT_EQ(call({"resume", "limited"}).code, 0);
  EXPECT_EQ(differing("whole", "limited"), std::vector<std::string>{});

  auto json = arguments(file, "timed", {"run.max_seconds=0.000001"});
  json.emplace_back("--json");
  const auto timed = call(json);
  EXPECT_EQ(timed.code, 3);
  EXPECT_THAT(timed.out, HasSubstr("\"limit\":\"run.max_seconds = 1e-06\""));
}

TEST_F(Failures, TheWorkerIsNoCommandForUsers) {
  const auto outcome = call({"worker"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("started by evobrnn itself"));
  EXPECT_THAT(call({"--help"}).out, Not(HasSubstr("\n  worker")));
  EXPECT_EQ(run(write("s.toml", small_search()), "odd", {"run.isolation=fork"}).code, 2);
  EXPECT_EQ(run(write("s.toml", small_search()), "odd", {"failures.diverged=ignore"}).code, 2);
}

}  // namespace
}  // namespace evobrnn
