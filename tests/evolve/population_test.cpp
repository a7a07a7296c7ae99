// SPDX-License-Identifier: Apache-2.0
#include "evolve/population.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "tests/evolve/fake_search.hpp"

namespace evobrnn {
namespace {

using testing::ended;
using testing::fake_genome;
using testing::fake_plan;
using testing::ScratchFolder;

class Population : public ::testing::Test {
 protected:
  PopulationEvaluation& start(int workers = 2) {
    // The old evaluation refers to the old executor.
    evaluation_.reset();
    executor_ = std::make_unique<Executor>(workers);
    evaluation_ = std::make_unique<PopulationEvaluation>(plan_, ledger_, *executor_, observer_, stop_);
    return *evaluation_;
  }
  static std::vector<Proposal> proposals(const std::vector<double>& xs) {
    std::vector<Proposal> list;
    for (const double x : xs) list.push_back({fake_genome(x), {}});
    return list;
  }
  /// Counts the calls of the plan's objective.
  void count_calls() {
    plan_.objective = [this, inner = plan_.objective](const Candidate& candidate, const TrialHooks& hooks) {
      ++calls_;
      return inner(candidate, hooks);
    };
  }

  ScratchFolder folder_;
  SearchPlan plan_ = fake_plan("ga");
  Ledger ledger_{folder_ / "ledger.sqlite"};
  SearchObserver observer_;
  std::atomic<bool> stop_{false};
  std::atomic<int> calls_{0};
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<PopulationEvaluation> evaluation_;
};

TEST_F(Population, FitnessIsTheScoreTurnedToBeMinimised) {
  const auto fitness = start().evaluate(proposals({0.5, 0.25}));
  const auto trials = ledger_.trials();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(fitness, (std::vector<double>{-trials[0].result.score, -trials[1].result.score}));
  EXPECT_LT(fitness[1], fitness[0]);
}

TEST_F(Population, TrialsThatGoWrongGetThePenaltyAndTheirCause) {
  auto list = proposals({-0.95, -0.85, 0.85, 0.95, 0.5});
  list.push_back({fake_genome(0, 5), {}});
  const auto fitness = start().evaluate(list);
  for (const std::size_t bad : {0, 1, 2, 3, 5}) EXPECT_EQ(fitness[bad], kPenalty) << bad;
  EXPECT_LT(fitness[4], 0);
  std::vector<std::pair<TrialStatus, std::string>> stored;
  for (const auto& trial : ledger_.trials()) stored.emplace_back(trial.result.status, trial.result.cause);
  using enum TrialStatus;
  EXPECT_EQ(stored, (std::vector<std::pair<TrialStatus, std::string>>{{crashed, "exception: the number 7"},
                                                                      {timeout, "over 1 s"},
                                                                      {diverged, "loss is inf at step 3"},
                                                                      {diverged, "score is infinite or NaN"},
                                                                      {ok, ""},
                                                                      {crashed, "exception: k is 5"}}));
  EXPECT_TRUE(std::isinf(ledger_.trials()[2].result.metrics.at("loss")));
  EXPECT_FALSE(evaluation_->stopped());
}

TEST_F(Population, AWorkerGoesOnWhileItsLastTrialIsOnItsWayToTheDisk) {
  // Another process holds the file until the last candidate trains: who waited for the disk before would never come so
  // far.
  SQLite::Database other((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
  std::optional<SQLite::Transaction> held(std::in_place, other, SQLite::TransactionBehavior::IMMEDIATE);
  plan_.objective = [&, inner = plan_.objective, left = 4](const Candidate& candidate,
                                                           const TrialHooks& hooks) mutable {
    if (--left == 0) held.reset();
    return inner(candidate, hooks);
  };
  const auto fitness = start(1).evaluate(proposals({0.1, 0.2, 0.3, 0.4}));
  EXPECT_FALSE(held) << "the last candidate was trained";
  EXPECT_FALSE(evaluation_->stopped());
  for (const auto f : fitness) EXPECT_LT(f, kPenalty);
}

TEST_F(Population, TellsOfATrialOnceItIsOnTheDiskAndOfAllBeforeItEnds) {
  struct Reader : SearchObserver {
    explicit Reader(const std::filesystem::path& file) : ledger(file, Ledger::Access::read) {}
    void trial_finished(const LedgerTrial& trial, const SearchProgress&) override {
      on_the_disk.push_back(ledger.id_of(trial.key).has_value());
    }
    const Ledger ledger;
    std::vector<bool> on_the_disk;
  } reader(folder_ / "ledger.sqlite");
  Executor executor(4);
  PopulationEvaluation evaluation(plan_, ledger_, executor, reader, stop_);
  std::vector<double> xs;
  for (int i = 0; i < 40; ++i) xs.push_back(0.01 * i);
  evaluation.evaluate(proposals(xs));
  EXPECT_EQ(reader.on_the_disk, std::vector<bool>(40, true));
}

TEST_F(Population, TrainsAGenomeOnceHoweverOftenItIsProposed) {
  count_calls();
  auto& evaluation = start();
  const auto first = evaluation.evaluate(proposals({0.5, 0.5, 0.1}));
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(first[0], first[1]);
  EXPECT_EQ(evaluation.evaluate(proposals({0.1, 0.5})), (std::vector<double>{first[2], first[0]}));
  EXPECT_EQ(calls_, 2);
}

TEST_F(Population, TrainsNothingThatTheLedgerKnowsWhateverItsStatus) {
  count_calls();
  const auto list = proposals({0.5, -0.95, -0.85, 0.85, 0.95, 0.1});
  const auto first = start().evaluate(list);
  EXPECT_EQ(calls_, 6);
  auto& again = start();
  EXPECT_EQ(again.evaluate(list), first);
  EXPECT_EQ(calls_, 6);
  EXPECT_EQ(again.progress().total_reused, 6);
  EXPECT_EQ(again.progress().total_failed, 4);
}

TEST_F(Population, GenomesThatTrainTheSameNetworkAreOne) {
  auto genes = plan_.space.genes();
  genes[0].conditions = {{"model.activation", {std::string("tanh")}}};
  plan_.space = SearchSpace(genes);
  const auto canonical = plan_.space.canonical(fake_genome(0.5, 3, "sigmoid"));
  std::vector<Genome> trained;
  plan_.objective = [&](const Candidate& candidate, const TrialHooks& hooks) {
    trained.push_back(*candidate.genome);
    return testing::fake_trial(candidate, hooks);
  };
  start(1).evaluate({{fake_genome(0.5, 3, "sigmoid"), {}}, {fake_genome(0.7, 3, "sigmoid"), {}}});
  EXPECT_EQ(trained, std::vector<Genome>{canonical});
  EXPECT_EQ(ledger_.trials().at(0).key.genome, plan_.space.text(canonical));
}

TEST_F(Population, NumbersTrialsInTheOrderOfProposal) {
  plan_.cost = [](const Candidate& candidate) {
    return std::get<double>(candidate.genome.value_or(fake_genome(0))[0]);
  };
  auto& evaluation = start(8);
  evaluation.evaluate(proposals({0.1, 0.5, 0.3}));
  evaluation.end_generation();
  evaluation.evaluate(proposals({0.5, 0.6, 0.2}));
  std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> stored, expected;
  for (const auto& trial : ledger_.trials()) stored.emplace_back(trial.id, trial.generation, trial.key.genome);
  const auto text = [&](double x) { return plan_.space.text(fake_genome(x)); };
  expected = {{1, 0, text(0.1)}, {2, 0, text(0.5)}, {3, 0, text(0.3)}, {4, 1, text(0.6)}, {5, 1, text(0.2)}};
  EXPECT_EQ(stored, expected);
}

TEST_F(Population, SeedsAreThoseOfTheKey) {
  start().evaluate(proposals({0.1}));
  const auto trial = ledger_.trials().at(0);
  EXPECT_EQ(trial.key, (TrialKey{"search", plan_.space.text(fake_genome(0.1)), 1, 0}));
  EXPECT_EQ(trial.seed, trial_seed(11, trial.key));
  EXPECT_EQ(trial.result.metrics.at("seed"), static_cast<double>(trial.seed)) << "the candidate had another seed";
}

TEST_F(Population, RecordsTheIdsOfParentsOnce) {
  auto& evaluation = start();
  evaluation.evaluate(proposals({0.1, 0.2}));
  evaluation.evaluate({{fake_genome(0.3), {fake_genome(0.2), fake_genome(0.1), fake_genome(0.2), fake_genome(0.9)}}});
  EXPECT_TRUE(ledger_.trials().at(0).parents.empty());
  EXPECT_EQ(ledger_.trials().at(2).parents, (std::vector<std::int64_t>{2, 1}));
}

TEST_F(Population, StartsTheLongestFirst) {
  std::vector<double> order;
  plan_.objective = [&](const Candidate& candidate, const TrialHooks&) {
    order.push_back(std::get<double>((*candidate.genome)[0]));
    return ended(TrialStatus::ok);
  };
  plan_.cost = [](const Candidate& candidate) {
    return std::get<double>(candidate.genome.value_or(fake_genome(0))[0]);
  };
  start(1).evaluate(proposals({0.1, 0.5, 0.3}));
  EXPECT_EQ(order, (std::vector<double>{0.5, 0.3, 0.1}));
}

TEST_F(Population, StopsAtOnceAndStoresNoCancelledTrial) {
  plan_.objective = [this](const Candidate& candidate, const TrialHooks& hooks) {
    if (++calls_ == 2) stop_ = true;
    return testing::fake_trial(candidate, hooks);
  };
  auto& evaluation = start(1);
  const auto fitness = evaluation.evaluate(proposals({0.1, 0.2, 0.3, 0.4}));
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(ledger_.trials().size(), 1U);
  EXPECT_LT(fitness[0], 0);
  for (const std::size_t i : {1, 2, 3}) EXPECT_EQ(fitness[i], kPenalty);
  EXPECT_TRUE(evaluation.stopped());
  EXPECT_EQ(evaluation.evaluate(proposals({0.1, 0.5})), (std::vector<double>{kPenalty, kPenalty}));
  EXPECT_EQ(calls_, 2);
}

TEST_F(Population, ATrialThatCancelsItselfStopsTheSearch) {
  plan_.objective = [](const Candidate&, const TrialHooks&) { return ended(TrialStatus::cancelled); };
  auto& evaluation = start();
  evaluation.evaluate(proposals({0.1}));
  EXPECT_TRUE(evaluation.stopped());
  EXPECT_TRUE(ledger_.trials().empty());
}

TEST_F(Population, RefusesTheLedgerOfAnotherSearch) {
  start().evaluate(proposals({0.1, 0.2}));
  EXPECT_EQ(start().evaluate(proposals({0.2})), std::vector<double>{kPenalty});
  EXPECT_TRUE(evaluation_->stopped());
  EXPECT_THROW(evaluation_->rethrow_failure(), LedgerError);
  plan_.settings.seed = 12;
  start().evaluate(proposals({0.1}));
  EXPECT_THROW(evaluation_->rethrow_failure(), LedgerError);
}

TEST_F(Population, TheBestIsTheFirstOfEquals) {
  plan_.objective = [](const Candidate& candidate, const TrialHooks&) {
    return ended(TrialStatus::ok, "", std::get<double>((*candidate.genome)[0]) > 0 ? 1.0 : 0.5);
  };
  auto& evaluation = start();
  EXPECT_FALSE(evaluation.best());
  evaluation.evaluate(proposals({-0.5, -0.4}));
  evaluation.end_generation();
  evaluation.evaluate(proposals({0.1, 0.2}));
  EXPECT_EQ(evaluation.best()->id, 3);
  EXPECT_EQ(evaluation.best_of_first_generation()->id, 1);
}

TEST_F(Population, ProgressCountsTheGenerationAndTheRun) {
  auto& evaluation = start();
  evaluation.evaluate(proposals({0.5, 0.5, -0.95, 0.25}));
  auto progress = evaluation.progress();
  EXPECT_EQ(progress.generation, 0);
  EXPECT_EQ(progress.generations, 4);
  EXPECT_EQ(progress.proposed, 3);
  EXPECT_EQ(progress.done, 3);
  EXPECT_EQ(progress.running, 0);
  EXPECT_EQ(progress.total_done, 3);
  EXPECT_EQ(progress.total_failed, 1);
  EXPECT_EQ(progress.total_expected, 4 * 8 + 3 * 2);
  const auto trials = ledger_.trials();
  EXPECT_EQ(progress.best, trials[2].result.score);
  EXPECT_EQ(progress.best_genome, trials[2].key.genome);
  EXPECT_EQ(progress.median, (trials[0].result.score + trials[2].result.score) / 2);
  EXPECT_GT(progress.trials_per_minute, 0);
  EXPECT_GT(progress.remaining_seconds.value(), 0);
  evaluation.end_generation();
  progress = evaluation.progress();
  EXPECT_EQ(progress.generation, 1);
  EXPECT_EQ(progress.proposed, 0);
  EXPECT_EQ(progress.done, 0);
  EXPECT_EQ(progress.total_done, 3);
  EXPECT_FALSE(progress.median);
  EXPECT_EQ(progress.total_expected, 3 + 3 * 8 + 3 * 2)
      << "duplicates of a finished generation are not expected any more";
}

}  // namespace
}  // namespace evobrnn
