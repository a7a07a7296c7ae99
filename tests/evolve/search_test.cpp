// SPDX-License-Identifier: Apache-2.0
#include "evolve/search.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "evolve/conformance.hpp"
#include "tests/check_suite.hpp"
#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::fake_genome;
using testing::fake_plan;
using testing::run_fake;
using testing::ScratchFolder;

/// Every property of the conformance kit, of every strategy of the registry.
const bool kEveryStrategy = testing_support::register_checks("EveryStrategy", [] {
  std::vector<conformance::Check> all;
  for (const auto& strategy : strategies()) {
    const auto checks = conformance::strategy_checks(strategy.name);
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}());

class Search : public ::testing::Test {
 protected:
  ScratchFolder folder_;
  SearchPlan plan_ = fake_plan("list");
  Ledger ledger_{folder_ / "ledger"};
};

TEST_F(Search, GoesOnWhenTrialsGoWrong) {
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.progress.total_failed, 5);
  std::multiset<std::string> causes;
  for (const auto& trial : ledger_.trials()) {
    if (trial.result.status != TrialStatus::ok) causes.insert(trial.result.cause);
  }
  EXPECT_EQ(causes, (std::multiset<std::string>{"exception: k is 5", "exception: the number 7", "loss is inf at step 3",
                                                "over 1 s", "score is infinite or NaN"}));
}

TEST_F(Search, AStrategyThatThrowsIsNamedWithItsReasonAlone) {
  plan_.settings.strategy = "cmaes";
  plan_.settings.population = 2;  // pagmo2 needs five
  plan_.first.clear();
  try {
    run_fake(plan_, ledger_);
    FAIL() << "it went on";
  } catch (const StrategyError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find("the strategy cmaes could not go on: "), 0U) << text;
    for (const auto* raw : {"where:", "function:", ".cpp", "\n"}) EXPECT_EQ(text.find(raw), std::string::npos) << text;
    EXPECT_NE(text.find("at least 5"), std::string::npos) << text;
  }
  EXPECT_EQ(ledger_.trials().size(), 2U) << "what was evaluated is kept";
}

TEST_F(Search, TestsChampionFirstGenerationAndDefaultOnFreshSeeds) {
  std::mutex mutex;
  std::vector<Candidate> finals;
  plan_.objective = [&, inner = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    const std::lock_guard lock(mutex);
    if (candidate.final) finals.push_back(candidate);
    return inner(candidate, hooks);
  };
  const auto outcome = run_fake(plan_, ledger_);
  ASSERT_EQ(outcome.finals.size(), 3U);
  EXPECT_EQ(outcome.finals[0].role, "champion");
  EXPECT_EQ(outcome.finals[0].genome, plan_.space.text(fake_genome(0.2)));
  EXPECT_EQ(outcome.finals[1].role, "generation0");
  EXPECT_EQ(outcome.finals[2].role, "default");
  EXPECT_EQ(outcome.finals[2].genome, "{}");
  std::set<std::uint64_t> seeds{outcome.champion->seed};
  for (const auto& row : outcome.finals) {
    ASSERT_EQ(row.trials.size(), 2U);
    for (std::size_t repeat = 0; repeat < 2; ++repeat) {
      const auto& trial = row.trials[repeat];
      EXPECT_EQ(trial.generation, -1);
      EXPECT_EQ(trial.key, (TrialKey{row.role, row.genome, 1, static_cast<std::int64_t>(repeat)}));
      EXPECT_TRUE(ledger_.find(trial.key));
      seeds.insert(trial.seed);
    }
  }
  EXPECT_EQ(seeds.size(), 1U + 6U);
  ASSERT_EQ(finals.size(), 6U);
  for (const auto& candidate : finals) EXPECT_EQ(candidate.genome.has_value(), candidate.key.role != "default");
}

TEST_F(Search, SkipsFinalTestsWhereNoneAreWanted) {
  plan_.settings.final_seeds = 0;
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_TRUE(outcome.complete);
  EXPECT_TRUE(outcome.champion);
  EXPECT_TRUE(outcome.finals.empty());
  EXPECT_EQ(ledger_.trials().size(), 8U);
}

TEST_F(Search, EndsWithoutAChampionWhereEveryTrialFailed) {
  plan_.objective = [](const Candidate&, const TrialHooks&) -> TrialResult { throw std::runtime_error("never"); };
  const auto outcome = run_fake(plan_, ledger_);
  EXPECT_TRUE(outcome.complete);
  EXPECT_FALSE(outcome.champion);
  EXPECT_TRUE(outcome.finals.empty());
  EXPECT_EQ(outcome.progress.total_failed, 8);
}

TEST_F(Search, TrainsNothingWhereItWasStoppedBefore) {
  EXPECT_FALSE(conformance::run_interrupted(plan_, ledger_, 1, 0).complete);
  EXPECT_TRUE(ledger_.trials().empty());
}

TEST_F(Search, EndsWithALedgerErrorWhenTheLedgerCannotStore) {
  for (const std::string strategy : {"list", "ga", "gaco"}) {
    Ledger ledger(folder_ / strategy);
    // Stands for a full disk: the fifth trial cannot be stored.
    SQLite::Database((folder_ / strategy).string(), SQLite::OPEN_READWRITE)
        .exec(
            "CREATE TRIGGER full BEFORE INSERT ON trials WHEN NEW.id = 5 BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    const auto plan = fake_plan(strategy);
    try {
      run_fake(plan, ledger);
      ADD_FAILURE() << strategy << " did not notice";
    } catch (const LedgerError& error) {
      EXPECT_NE(std::string(error.what()).find("disk full"), std::string::npos) << error.what();
    }
    EXPECT_FALSE(ledger.trials().empty());
    for (const auto& trial : ledger.trials()) EXPECT_NE(trial.id, 5);
  }
}

TEST_F(Search, EndsWithNothingStoredOfATrialThatTheDiskFailed) {
  plan_.objective = [inner = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    if (candidate.key.role == "champion") throw StorageError("weights: the disk is full");
    return inner(candidate, hooks);
  };
  EXPECT_THROW(run_fake(plan_, ledger_), StorageError);
  for (const auto& trial : ledger_.trials()) EXPECT_NE(trial.key.role, "champion");
}

TEST_F(Search, TakesOverSpareTrialsOfTheSameContent) {
  const auto content = [](const Candidate& c) { return c.key.role + c.key.genome + std::to_string(c.key.repeat); };
  plan_.content = content;
  run_fake(plan_, ledger_);
  auto spare = ledger_.trials();
  ASSERT_EQ(spare.front().content, "search" + spare.front().key.genome + "0");
  for (auto& trial : spare) trial.origin = "old trial " + std::to_string(trial.id);
  spare.erase(spare.begin());  // this one has to be trained
  Ledger other(folder_ / "other");
  other.add_spare(spare);
  std::atomic<int> trained{0};
  plan_.objective = [&, inner = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
    ++trained;
    return inner(candidate, hooks);
  };
  const auto outcome = run_fake(plan_, other);
  EXPECT_EQ(trained, 1);
  EXPECT_EQ(outcome.progress.total_reused, static_cast<std::int64_t>(spare.size()));
  EXPECT_EQ(differences(ledger_, other), std::vector<std::string>{});
  for (const auto& trial : other.trials())
    EXPECT_EQ(trial.origin, trial.id == 1 ? "" : "old trial " + std::to_string(trial.id));
}

/// Checks that events come one at a time and add up.
class CheckingObserver : public SearchObserver {
 public:
  void trial_started(const LedgerTrial&, const SearchProgress& progress) override { enter(progress), ++started; }
  void trial_finished(const LedgerTrial& trial, const SearchProgress& progress) override {
    enter(progress);
    ++finished;
    if (trial.id == throw_at) throw std::runtime_error("the terminal is gone");
  }
  void generation_finished(const SearchProgress& progress) override {
    enter(progress);
    EXPECT_EQ(progress.generation, generations++);
    EXPECT_EQ(progress.running, 0);
    EXPECT_EQ(progress.done, progress.proposed);
  }
  void final_tests_started(const SearchProgress& progress) override { enter(progress), ++final_tests; }

  std::int64_t started = 0, finished = 0, generations = 0, final_tests = 0,
               throw_at = 0;  // unguarded: a race here is a failure
  std::int64_t workers = 0;

 private:
  void enter(const SearchProgress& progress) const {
    EXPECT_LE(progress.running, workers);
    EXPECT_LE(progress.done + progress.running, progress.proposed);
    EXPECT_LE(progress.total_done, progress.total_expected);
  }
};

TEST_F(Search, TellsTheObserverOfEveryTrial) {
  auto plan = fake_plan("random");
  Executor executor(4);
  CheckingObserver observer;
  observer.workers = 4;
  const std::atomic<bool> stop{false};
  const auto outcome = run_search(plan, ledger_, executor, observer, stop);
  const auto trials = static_cast<std::int64_t>(ledger_.trials().size());
  EXPECT_EQ(observer.started, trials);
  EXPECT_EQ(observer.finished, trials);
  EXPECT_EQ(observer.generations, 4);
  EXPECT_EQ(observer.final_tests, 1);
  EXPECT_EQ(outcome.progress.total_done, trials);
  EXPECT_EQ(outcome.progress.total_expected, trials);
  EXPECT_EQ(outcome.progress.remaining_seconds, 0);
}

TEST_F(Search, PassesOnWhatTheObserverThrows) {
  Executor executor(2);
  CheckingObserver observer;
  observer.workers = 2;
  observer.throw_at = 3;
  const std::atomic<bool> stop{false};
  EXPECT_THROW(run_search(plan_, ledger_, executor, observer, stop), std::runtime_error);
}

TEST_F(Search, RefusesTheLedgerOfAnotherSearch) {
  run_fake(plan_, ledger_);
  plan_.settings.seed = 12;
  EXPECT_THROW(run_fake(plan_, ledger_), LedgerError);
}

TEST_F(Search, KnowsNoOtherStrategies) {
  plan_.settings.strategy = "magic";
  EXPECT_THROW(run_fake(plan_, ledger_), std::out_of_range);
}

}  // namespace
}  // namespace evobrnn
