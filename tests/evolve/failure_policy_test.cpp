// SPDX-License-Identifier: Apache-2.0
#include "evolve/failure_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/settings/diagnostic.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::ended;
using testing::fake_genome;
using testing::fake_plan;
using ::testing::HasSubstr;
using testing::run_fake;
using testing::ScratchFolder;
using enum TrialStatus;

/// Trains the results one after the other, and counts how often it was asked.
struct Script {
  std::vector<TrialResult> results;
  int trained = 0;
  std::vector<bool> gentler;

  TrialResult operator()(const Candidate& candidate) {
    gentler.push_back(candidate.gentler);
    return results.at(static_cast<std::size_t>(trained++));
  }
};

TrialResult run(const FailureSettings& settings, Script& script) {
  return train_with_policies(settings, {}, [&script](const Candidate& candidate) { return script(candidate); });
}

TEST(FailurePolicy, PenalisesEveryCauseByDefault) {
  for (const auto status : {diverged, nan_input, timeout, out_of_memory, crashed, lost, invalid}) {
    Script script{{ended(status, "why")}, 0, {}};
    const auto result = run({}, script);
    EXPECT_EQ(result.status, status);
    EXPECT_EQ(script.trained, 1);
    EXPECT_TRUE(result.metrics.empty()) << "a trial that was trained once says nothing of it";
    EXPECT_EQ(attempts(result), 1);
  }
}

TEST(FailurePolicy, EachCauseHasItsOwn) {
  const FailureSettings settings{"a", "b", "c", "d", "e", "f", "g", 1};
  std::string all;
  for (const auto status : {diverged, nan_input, timeout, out_of_memory, crashed, lost, invalid, ok, cancelled})
    all += failure_policy(settings, status);
  EXPECT_EQ(all, "abcdefgpenalisepenalise");
}

TEST(FailurePolicy, TellsWhetherATrialWouldHaveEndedTheSameUnderAnother) {
  const FailureSettings penalise;
  FailureSettings gentler, retry, retry_more, abort;
  gentler.diverged = "gentler";
  retry.crashed = retry_more.crashed = "retry";
  retry_more.retries = retry.retries + 1;
  abort.diverged = "abort";
  const auto fine = ended(ok), steep = ended(diverged), dead = ended(crashed);
  auto fine_at_last = fine, dead_at_last = dead;
  set_attempts(fine_at_last, 2, false);
  set_attempts(dead_at_last, 2, false);
  for (const auto* other : {&gentler, &retry, &abort}) {
    EXPECT_TRUE(ends_the_same(penalise, *other, fine)) << "nothing followed from it";
    EXPECT_TRUE(ends_the_same(*other, penalise, fine));
  }
  EXPECT_FALSE(ends_the_same(penalise, gentler, steep));
  EXPECT_FALSE(ends_the_same(penalise, abort, steep)) << "the run would have ended there";
  EXPECT_TRUE(ends_the_same(penalise, retry, steep)) << "another cause";
  EXPECT_FALSE(ends_the_same(penalise, retry, dead));
  EXPECT_FALSE(ends_the_same(retry, retry_more, dead_at_last));
  EXPECT_FALSE(ends_the_same(retry, penalise, dead_at_last));
  EXPECT_FALSE(ends_the_same(retry, penalise, fine_at_last));
  EXPECT_TRUE(ends_the_same(retry, abort, fine));
}

TEST(FailurePolicy, RetriesSoOftenAndRecordsTheAttempts) {
  FailureSettings settings;
  settings.crashed = "retry";
  settings.retries = 2;
  auto slow = ended(crashed, "SIGSEGV");
  slow.cost.wall_seconds = 1;
  Script saved{{slow, slow, ended(ok, "", 0.5)}, 0, {}};
  const auto result = run(settings, saved);
  EXPECT_EQ(result.status, ok);
  EXPECT_EQ(result.score, 0.5);
  EXPECT_EQ(attempts(result), 3);
  EXPECT_EQ(result.cost.wall_seconds, 2) << "the time of all attempts";
  EXPECT_FALSE(trained_gentler(result));
  Script hopeless{{slow, slow, slow}, 0, {}};
  EXPECT_EQ(run(settings, hopeless).status, crashed);
  EXPECT_EQ(hopeless.trained, 3);
}

TEST(FailurePolicy, GentlerIsTriedOnceAndRecordedAsSuch) {
  FailureSettings settings;
  settings.diverged = "gentler";
  Script saved{{ended(diverged), ended(ok, "", 0.5)}, 0, {}};
  const auto result = run(settings, saved);
  EXPECT_EQ(saved.gentler, (std::vector<bool>{false, true}));
  EXPECT_EQ(result.status, ok);
  EXPECT_TRUE(trained_gentler(result));
  EXPECT_EQ(attempts(result), 2);
  Script hopeless{{ended(diverged), ended(diverged)}, 0, {}};
  EXPECT_EQ(run(settings, hopeless).status, diverged);
  EXPECT_EQ(hopeless.trained, 2);
}

TEST(FailurePolicy, ACancelledAttemptIsTheEnd) {
  FailureSettings settings;
  settings.crashed = "retry";
  settings.retries = 5;
  Script script{{ended(crashed), ended(cancelled)}, 0, {}};
  EXPECT_EQ(run(settings, script).status, cancelled);
}

/// The same in a whole search: a list of genomes of which one goes wrong.
class PolicyInASearch : public ::testing::Test {
 protected:
  PolicyInASearch() {
    plan_.settings.final_seeds = 0;
    plan_.first = {fake_genome(0.5), fake_genome(0.85), fake_genome(0.1)};  // the second diverges
  }

  ScratchFolder folder_;
  SearchPlan plan_ = fake_plan("list");
  Ledger ledger_{folder_ / "ledger"};
};

TEST_F(PolicyInASearch, AbortNamesTheTrialAndKeepsItOutOfTheLedger) {
  plan_.settings.failures.diverged = "abort";
  try {
    run_fake(plan_, ledger_, 1);
    ADD_FAILURE() << "went on";
  } catch (const RunAborted& error) {
    EXPECT_THAT(error.what(), HasSubstr("trial 2 ({\"model.gain\":0.85"));
    EXPECT_THAT(error.what(), HasSubstr("ended as diverged: loss is inf at step 3"));
    EXPECT_THAT(error.what(), HasSubstr("failures.diverged = \"abort\""));
  }
  for (const auto& trial : ledger_.trials()) EXPECT_EQ(trial.result.status, ok);
  // Once the cause is gone, or the policy another one, the run goes on to the end it would have had.
  plan_.settings.failures.diverged = "penalise";
  EXPECT_TRUE(run_fake(plan_, ledger_).complete);
  Ledger whole(folder_ / "whole");
  run_fake(plan_, whole);
  EXPECT_EQ(differences(whole, ledger_), std::vector<std::string>{});
}

TEST_F(PolicyInASearch, WhatWasRecordedIsReplayedWithItsAttempts) {
  plan_.settings.failures.diverged = "gentler";
  plan_.objective = [](const Candidate& candidate, const TrialHooks& hooks) {
    return candidate.gentler ? ended(ok, "", 0.125) : testing::fake_trial(candidate, hooks);
  };
  run_fake(plan_, ledger_);
  const auto trial = ledger_.trials().at(1);
  EXPECT_EQ(trial.result.score, 0.125);
  EXPECT_TRUE(trained_gentler(trial.result));
  EXPECT_EQ(attempts(trial.result), 2);
  plan_.objective = [](const Candidate&, const TrialHooks&) -> TrialResult { throw std::logic_error("trained again"); };
  const auto again = run_fake(plan_, ledger_);
  EXPECT_EQ(again.progress.total_reused, 3);
  EXPECT_EQ(again.progress.total_failed, 0);
}

TEST_F(PolicyInASearch, ExceptionsAreSortedByTheirCause) {
  plan_.first = {fake_genome(0.1), fake_genome(0.2), fake_genome(0.3), fake_genome(0.4)};
  plan_.objective = [](const Candidate& candidate, const TrialHooks&) -> TrialResult {
    const auto x = std::get<double>((*candidate.genome)[0]);
    if (x == 0.1) throw SettingsError({{"", "model.n", "1", "must be at least 2"}});
    if (x == 0.2) throw DataError("train.idx: truncated");
    if (x == 0.3) throw std::bad_alloc();
    throw std::logic_error("what?");
  };
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_EQ(outcome.progress.failures,
            (std::map<TrialStatus, std::int64_t>{{out_of_memory, 1}, {crashed, 1}, {invalid, 2}}));
  EXPECT_EQ(ledger_.trials()[0].result.cause, "model.n = 1: must be at least 2");
  EXPECT_EQ(ledger_.trials()[1].result.cause, "train.idx: truncated");
  EXPECT_EQ(ledger_.trials()[3].result.cause, "exception: what?");
}

}  // namespace
}  // namespace evobrnn
